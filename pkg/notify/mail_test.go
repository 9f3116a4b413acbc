package notify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kactl/kactl/pkg/event"
	"github.com/kactl/kactl/pkg/health"
	"github.com/kactl/kactl/pkg/vrrp"
)

// A fakeServer takes mails. The time is that since began.
type fakeServer struct {
	began  time.Time
	takes  time.Duration
	dead   bool
	refuse string // mails that have it in their subject
	lost   int    // how often the connection is lost after the first recipient
	mails  []message
	lines  []string
	tried  int
}

func (f *fakeServer) send(ctx context.Context, s MailSettings, mails []message) (done int, refused []error, err error) {
	f.tried++
	for n, m := range mails {
		select {
		case <-time.After(f.takes):
		case <-ctx.Done():
			return done, refused, ctx.Err()
		}
		if f.dead {
			return done, refused, errors.New("connection refused")
		}
		to := s.recipients(&m)
		if f.lost > 0 {
			f.lost--
			if len(to) > 1 {
				mails[n].to, to = to[1:], to[:1]
				f.mails = append(f.mails, m)
				f.lines = append(f.lines, fmt.Sprintf("%v %s %s", time.Since(f.began), to[0], m.subject))
			}
			return done, refused, errors.New("connection lost")
		}
		done++
		if f.refuse != "" && strings.Contains(m.subject, f.refuse) {
			refused = append(refused, errors.New("550 no"))
			continue
		}
		f.mails = append(f.mails, m)
		f.lines = append(f.lines, fmt.Sprintf("%v %s %s", time.Since(f.began), strings.Join(to, ","), m.subject))
	}
	return done, refused, nil
}

var someMail = MailSettings{To: []string{"ops@example.org"}, Server: "192.0.2.1", Port: 25, RouterID: "LB", VRRP: true, Servers: true, Services: true}

func mailTo(f *fakeServer, log *bytes.Buffer) *Mail {
	f.began = time.Now()
	return newMail(someMail, f, slog.New(slog.NewTextHandler(log, nil)))
}

func named(name string, s vrrp.State) event.Instance {
	e := enters(s, nil)
	e.Settings = &vrrp.Instance{Name: name}
	return e
}

func down(n int) event.Check {
	e := checked(health.TCP, false, false, nil)
	e.Key.Addr = netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(n >> 8), byte(n)}), 80)
	return e
}

func TestMail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeServer{refuse: "VI_9"}
		var log bytes.Buffer
		m := mailTo(f, &log)
		m.Handle(named("VI_1", vrrp.Master))
		m.Handle(event.Reload{})
		m.Handle(named("VI_2", vrrp.Fault))
		time.Sleep(time.Minute)
		m.Handle(named("VI_9", vrrp.Fault))
		m.Handle(named("VI_1", vrrp.Backup))
		time.Sleep(time.Second)
		changed := someMail
		changed.To = []string{"a@example.org", "b@example.org"}
		m.Configure(changed)
		m.Handle(named("VI_1", vrrp.Master))
		time.Sleep(time.Second)
		m.Configure(MailSettings{VRRP: true})
		m.Handle(named("VI_1", vrrp.Backup))
		if err := m.Close(t.Context()); err != nil {
			t.Error(err)
		}
		want := []string{
			"200ms ops@example.org [LB] VRRP Instance VI_1 - Entering MASTER state",
			"200ms ops@example.org [LB] VRRP Instance VI_2 - Entering FAULT state",
			"1m0.2s ops@example.org [LB] VRRP Instance VI_1 - Entering BACKUP state",
			"1m1.2s a@example.org,b@example.org [LB] VRRP Instance VI_1 - Entering MASTER state",
		}
		if diff := cmp.Diff(want, f.lines); diff != "" {
			t.Error(diff)
		}
		if n := strings.Count(log.String(), "The mail server refused a mail"); n != 1 {
			t.Errorf("the log says it %d times:\n%s", n, &log)
		}
	})
}

// A burst is few mails, and nothing of it is lost.
func TestMailBurst(t *testing.T) {
	for name, test := range map[string]struct {
		servers int
		over    time.Duration
	}{
		"at once":        {1000, 0},
		"in a second":    {1000, time.Second},
		"in six seconds": {1000, 6 * time.Second},
		"slow start":     {1000, 9 * time.Second},
		"more than wait": {5000, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &fakeServer{takes: 10 * time.Millisecond}
				var log bytes.Buffer
				m := mailTo(f, &log)
				for n := range test.servers {
					m.Handle(down(n))
					if test.over > 0 {
						time.Sleep(test.over / time.Duration(test.servers))
					}
				}
				time.Sleep(time.Hour)
				if err := m.Close(t.Context()); err != nil {
					t.Error(err)
				}
				if len(f.mails) > 10 {
					t.Errorf("%d mails", len(f.mails))
				}
				var all strings.Builder
				for _, m := range f.mails {
					all.WriteString(m.subject + "\n" + m.body)
				}
				got := strings.Count(all.String(), "=> TCP CHECK failed")
				if test.servers > mostWaiting {
					var dropped int
					if _, err := fmt.Sscanf(all.String()[strings.LastIndex(all.String(), "<=\r\n")+4:], "%d older state changes are not in this list", &dropped); err != nil {
						t.Error(err)
					}
					got += dropped
				}
				if got != test.servers {
					t.Errorf("%d of %d servers are in the mails", got, test.servers)
				}
			})
		})
	}
}

// Who flaps for a day causes some mails at first, and ever fewer then.
func TestMailFlapping(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeServer{}
		var log bytes.Buffer
		m := mailTo(f, &log)
		for range 24 * 3600 {
			m.Handle(down(1))
			time.Sleep(time.Second)
		}
		first := len(f.mails)
		if first > 200 {
			t.Errorf("%d mails in a day", first)
		}
		time.Sleep(time.Hour) // calm
		m.Handle(named("VI_1", vrrp.Master))
		time.Sleep(time.Second)
		if last := f.lines[len(f.lines)-1]; !strings.HasSuffix(last, "VI_1 - Entering MASTER state") {
			t.Errorf("after a calm hour the mail is %s", last)
		}
		if err := m.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// What happens while the server is dead is sent when it lives again.
func TestMailDeadServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeServer{dead: true}
		var log bytes.Buffer
		m := mailTo(f, &log)
		m.Handle(named("VI_1", vrrp.Master))
		time.Sleep(time.Hour)
		m.Handle(named("VI_1", vrrp.Fault))
		if f.tried < 12 || f.tried > 30 {
			t.Errorf("it was tried %d times in an hour", f.tried)
		}
		f.dead = false
		time.Sleep(10 * time.Minute)
		f.dead = true
		m.Handle(named("VI_1", vrrp.Backup))
		time.Sleep(time.Second)
		f.dead = false
		m.Configure(someMail) // whoever repaired it reloads
		time.Sleep(time.Second)
		if err := m.Close(t.Context()); err != nil {
			t.Error(err)
		}
		var got []string
		for _, m := range f.mails {
			got = append(got, m.subject)
		}
		want := []string{
			"[LB] VRRP Instance VI_1 - Entering MASTER state", "[LB] VRRP Instance VI_1 - Entering FAULT state", "[LB] VRRP Instance VI_1 - Entering BACKUP state",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		lines := strings.Split(strings.TrimSpace(log.String()), "\n")
		if len(lines) != 4 || !strings.Contains(lines[0], `"Mails cannot be sent, trying again" error="connection refused"`) || !strings.Contains(lines[1], "Mails can be sent again") {
			t.Errorf("the log:\n%s", &log)
		}
	})
}

// A slow server delays nobody who emits, and what came meanwhile is one mail.
func TestMailSlowServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeServer{takes: 20 * time.Second}
		var log bytes.Buffer
		m := mailTo(f, &log)
		s := NewStream(quiet())
		s.Add("mail", m)
		began := time.Now()
		s.Emit(named("VI_1", vrrp.Master))
		time.Sleep(time.Second)
		for n := range 50 {
			s.Emit(down(n))
		}
		if time.Since(began) != time.Second {
			t.Errorf("Emit took %v", time.Since(began)-time.Second)
		}
		time.Sleep(time.Minute)
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
		want := []string{"20.2s ops@example.org [LB] VRRP Instance VI_1 - Entering MASTER state", "40.4s ops@example.org [LB] 50 state changes: 50 DOWN"}
		if diff := cmp.Diff(want, f.lines); diff != "" {
			t.Error(diff)
		}
	})
}

// The stop sends what waits, and does not wait for a server that hangs.
func TestMailClose(t *testing.T) {
	for name, test := range map[string]struct {
		server fakeServer
		mails  int
		err    string
	}{
		"fine":    {fakeServer{}, 9, ""},
		"hanging": {fakeServer{takes: time.Hour}, 0, "no mail was sent about 10 state changes: stopping"},
		"dead":    {fakeServer{dead: true}, 0, "no mail was sent about 10 state changes: stopping"},
		"slow":    {fakeServer{takes: 600 * time.Millisecond}, 3, "no mail was sent about 2 state changes: stopping"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := test.server
				var log bytes.Buffer
				m := mailTo(&f, &log)
				for n := range 10 {
					if name == "slow" && n > 4 {
						break
					}
					if name == "fine" && n > 7 {
						break
					}
					m.Handle(down(n))
				}
				time.Sleep(time.Millisecond)
				began := time.Now()
				err := m.Close(t.Context())
				if took := time.Since(began); took > mailAtEnd {
					t.Errorf("the stop took %v", took)
				}
				if fmt.Sprint(err) != test.err && (err != nil || test.err != "") {
					t.Errorf("got %v, want %q", err, test.err)
				}
				if name == "fine" {
					test.mails = 8
				}
				if len(f.mails) != test.mails {
					t.Errorf("%d mails, want %d", len(f.mails), test.mails)
				}
			})
		})
	}
}

// A mail that some of its recipients have goes to the others first, once; what it lists
// is not sent to anybody again.
func TestMailInPart(t *testing.T) {
	for _, tt := range []struct {
		name   string
		events int // more than 8 are one mail
		mails  int
		last   string
	}{
		{"a mail each", 2, 4, "[LB] VRRP Instance VI_1 - Entering MASTER state"},
		{"one mail of many", 20, 3, "[LB] 1 state changes: 1 Entering MASTER state"},
	} {
		synctest.Test(t, func(t *testing.T) {
			f := &fakeServer{lost: 1}
			var log bytes.Buffer
			m := mailTo(f, &log)
			two := someMail
			two.To = []string{"a@example.org", "b@example.org"}
			m.Configure(two)
			for n := range tt.events {
				m.Handle(down(n))
			}
			time.Sleep(time.Second)
			m.Handle(named("VI_1", vrrp.Master))
			time.Sleep(time.Hour)
			if err := m.Close(t.Context()); err != nil {
				t.Error(err)
			}
			var subjects, to []string
			for n, line := range f.lines {
				subjects = append(subjects, f.mails[n].subject)
				to = append(to, strings.Fields(line)[1])
			}
			if len(to) < 3 || to[0] != "a@example.org" || to[1] != "b@example.org" || subjects[0] != subjects[1] || to[2] != "a@example.org,b@example.org" {
				t.Errorf("%s: the mails are %q", tt.name, f.lines)
			}
			if n := len(subjects); n != tt.mails || subjects[n-1] != tt.last {
				t.Errorf("%s: %d mails: %q", tt.name, n, f.lines)
			}
		})
	}
}

// What is left of a mail goes the way of the others: it is said at the stop, ends when
// mail is switched off, and leaves out who is no recipient any more.
func TestMailInPartEnds(t *testing.T) {
	two := someMail
	two.To = []string{"a@example.org", "b@example.org"}
	for _, tt := range []struct {
		name  string
		after func(m *Mail)
		err   string
	}{
		{"stop", func(*Mail) {}, `the mail "[LB] VRRP Instance VI_1 - Entering MASTER state" did not reach b@example.org: stopping`},
		{"off", func(m *Mail) {
			m.Configure(MailSettings{})
			time.Sleep(time.Hour)
		}, "<nil>"},
	} {
		synctest.Test(t, func(t *testing.T) {
			f := &fakeServer{lost: 100}
			var log bytes.Buffer
			m := mailTo(f, &log)
			m.Configure(two)
			m.Handle(named("VI_1", vrrp.Master))
			time.Sleep(time.Second)
			tried := f.tried
			tt.after(m)
			synctest.Wait()
			if f.tried != tried {
				t.Errorf("%s: it was tried again", tt.name)
			}
			if err := m.Close(t.Context()); fmt.Sprint(err) != tt.err {
				t.Errorf("%s: got %v, want %s", tt.name, err, tt.err)
			}
		})
	}
	one := two
	one.To = two.To[:1]
	if got := one.recipients(&message{to: two.To[1:]}); len(got) != 0 {
		t.Errorf("the rest goes to %q", got)
	}
}

// Attempts that failed make no burst: what waited is a mail each, as it would have been.
func TestMailUnsentIsNoBurst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeServer{dead: true}
		var log bytes.Buffer
		m := mailTo(f, &log)
		for n := range 8 {
			m.Handle(down(n))
		}
		time.Sleep(20 * time.Second) // tried at 0.2, 5.4 and 15.6 s
		if f.tried < 3 {
			t.Errorf("it was tried %d times", f.tried)
		}
		f.dead = false
		time.Sleep(time.Hour)
		if err := m.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if len(f.mails) != 8 {
			t.Errorf("%d mails: %q", len(f.mails), f.lines)
		}
	})
}

// A reload that switches mail off ends what is being sent, too: nothing of it comes
// when mail is switched on again.
func TestMailSwitchedOffWhileSending(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeServer{dead: true, takes: 10 * time.Second}
		var log bytes.Buffer
		m := mailTo(f, &log)
		m.Handle(named("VI_1", vrrp.Master))
		time.Sleep(5 * time.Second)
		m.Configure(MailSettings{})
		time.Sleep(10 * time.Second)
		f.dead = false
		m.Configure(someMail)
		m.Handle(named("VI_2", vrrp.Master))
		time.Sleep(time.Hour)
		if err := m.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if len(f.mails) != 1 || !strings.Contains(f.mails[0].subject, "VI_2") {
			t.Errorf("the mails are %q", f.lines)
		}
		if strings.Contains(log.String(), "cannot be sent") {
			t.Errorf("the log:\n%s", &log)
		}
	})
}
