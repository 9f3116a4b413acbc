package notify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/kactl/kactl/pkg/command"
	"github.com/kactl/kactl/pkg/event"
	"github.com/kactl/kactl/pkg/lvs"
	"github.com/kactl/kactl/pkg/vrrp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A fakeRunner's programs take a while and write down their start and end.
type fakeRunner struct {
	takes map[string]time.Duration // by first word
	fails map[string]error
	// lacks is what the machine lacks to start programs, until that time.
	lacks error
	until time.Duration
	// immortal programs do not end when they are killed.
	immortal bool

	mu     sync.Mutex // guards all following
	begin  time.Time
	events []string
	most   int
	now    int
}

func newRunner() *fakeRunner {
	return &fakeRunner{takes: map[string]time.Duration{}, fails: map[string]error{}, begin: time.Now()}
}

func (r *fakeRunner) note(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, fmt.Sprintf("%v ", time.Since(r.begin))+fmt.Sprintf(format, args...))
}

func (r *fakeRunner) Run(ctx context.Context, c command.Command, extra ...string) error {
	line := strings.Join(append(append([]string(nil), c.Words...), extra...), " ")
	if r.lacks != nil && time.Since(r.begin) < r.until {
		r.note("- %s", line)
		return fmt.Errorf("run %s: %w", line, r.lacks)
	}
	r.note("+ %s", line)
	r.mu.Lock()
	r.now++
	r.most = max(r.most, r.now)
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		r.now--
		r.mu.Unlock()
	}()
	select {
	case <-time.After(r.takes[c.Words[0]]):
	case <-ctx.Done():
		r.note("killed %s", line)
		if r.immortal {
			time.Sleep(time.Hour)
		}
		return ctx.Err()
	}
	return r.fails[c.Words[0]]
}

func program(words ...string) *command.Command { return &command.Command{Words: words} }

func instance(name string) *vrrp.Instance {
	return &vrrp.Instance{Name: name, Notify: vrrp.Notify{
		Master: program("master", name), Backup: program("backup", name),
		Fault: program("fault", name), Stop: program("stop", name), Any: program("any"),
	}}
}

// logTo writes the messages down, each with its time.
func (r *fakeRunner) logTo(buf *bytes.Buffer) *slog.Logger {
	return slog.New(slog.NewTextHandler(buf, &slog.HandlerOptions{
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Duration(slog.TimeKey, time.Since(r.begin))
			}
			return a
		},
	}))
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// What follows within the time of a program waits for its end.
func TestOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRunner()
		r.takes["master"], r.takes["any"], r.takes["backup"] = 4*time.Second, time.Second, time.Second
		q := New(r, quiet())
		i := instance("VI_1")
		q.Notify(i, Backup, 100)
		time.Sleep(time.Millisecond)
		q.Notify(i, Master, 101)
		time.Sleep(3 * time.Second)
		q.Notify(i, Master, 101) // the same again is told again
		time.Sleep(5 * time.Second)
		q.Notify(i, Stop, 99)
		if err := q.Close(t.Context()); err != nil {
			t.Error(err)
		}
		want := []string{
			"0s + backup VI_1",
			"1s + any INSTANCE VI_1 BACKUP 100",
			"2s + master VI_1",
			"6s + any INSTANCE VI_1 MASTER 101",
			"7s + master VI_1",
			"11s + any INSTANCE VI_1 MASTER 101",
			"12s + stop VI_1",
			"12s + any INSTANCE VI_1 STOP 99",
		}
		if diff := cmp.Diff(want, r.events); diff != "" {
			t.Error(diff)
		}
	})
}

// TestGroupPrograms: those of a group get its name and the priority 0, as keepalived
// has it, and run beside those of its members.
func TestGroupPrograms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRunner()
		q := New(r, slog.New(slog.DiscardHandler))
		s := NewScripts(q)
		g := &vrrp.SyncGroup{Name: "G", Notify: vrrp.Notify{
			Master: program("master"), Backup: program("backup"), Fault: program("fault"), Stop: program("stop"), Any: program("any"),
		}}
		for _, e := range []event.GroupSettled{{State: vrrp.Backup}, {State: vrrp.Master}, {State: vrrp.Fault}, {State: vrrp.Fault, Ended: true}} {
			e.Settings = g
			s.Handle(e)
			synctest.Wait()
		}
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
		want := []string{
			"0s + backup", "0s + any GROUP G BACKUP 0", "0s + master", "0s + any GROUP G MASTER 0",
			"0s + fault", "0s + any GROUP G FAULT 0", "0s + stop", "0s + any GROUP G STOP 0",
		}
		if d := cmp.Diff(want, r.events); d != "" {
			t.Error(d)
		}
	})
}

// A state that is over is left out: what runs and the latest one are all there is.
func TestLatest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRunner()
		r.takes["any"] = time.Second
		var log bytes.Buffer
		q := New(r, r.logTo(&log))
		i := &vrrp.Instance{Name: "VI_1", Notify: vrrp.Notify{Any: program("any")}}
		q.Notify(i, Backup, 100)
		time.Sleep(time.Millisecond)
		for range 643 {
			q.Notify(i, Backup, 100)
			q.Notify(i, Master, 100)
		}
		time.Sleep(3 * time.Second)
		q.Notify(i, Backup, 100)
		synctest.Wait()
		for range 100 {
			q.Notify(i, Backup, 100)
			q.Notify(i, Fault, 100)
		}
		q.Notify(i, Stop, 100)
		if err := q.Close(t.Context()); err != nil {
			t.Error(err)
		}
		want := []string{
			"0s + any INSTANCE VI_1 BACKUP 100",
			"1s + any INSTANCE VI_1 MASTER 100",
			"3.001s + any INSTANCE VI_1 BACKUP 100",
			"4.001s + any INSTANCE VI_1 STOP 100",
		}
		if diff := cmp.Diff(want, r.events); diff != "" {
			t.Error(diff)
		}
		lines := strings.Split(strings.TrimSpace(log.String()), "\n")
		if len(lines) != 2 || !strings.Contains(lines[0], `time=1.001s level=INFO msg="Notify scripts of INSTANCE VI_1: 1285 states were over`) ||
			!strings.Contains(lines[1], "200 states were over") {
			t.Errorf("the log does not count what was left out, once a flood:\n%s", &log)
		}
	})
}

// Both programs of a state wait together, and are left out together.
func TestLatestOfBoth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRunner()
		r.takes["master"] = time.Second
		q := New(r, quiet())
		i := instance("VI_1")
		q.Notify(i, Master, 100)
		time.Sleep(time.Millisecond)
		q.Notify(i, Fault, 100)
		q.Notify(i, Backup, 90)
		if err := q.Close(t.Context()); err != nil {
			t.Error(err)
		}
		want := []string{
			"0s + master VI_1", "1s + any INSTANCE VI_1 MASTER 100",
			"1s + backup VI_1", "1s + any INSTANCE VI_1 BACKUP 90",
		}
		if diff := cmp.Diff(want, r.events); diff != "" {
			t.Error(diff)
		}
	})
}

// The end of an instance runs its programs, even if it comes back before its turn; what it
// was before is not.
func TestEndIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRunner()
		r.takes["any"] = time.Second
		q := New(r, quiet())
		i := &vrrp.Instance{Name: "VI_1", Notify: vrrp.Notify{Any: program("any")}}
		for _, state := range []string{Master, Fault, Stop, Backup, Master} {
			q.Notify(i, state, 100)
			if state == Master {
				time.Sleep(time.Millisecond)
			}
		}
		if err := q.Close(t.Context()); err != nil {
			t.Error(err)
		}
		want := []string{
			"0s + any INSTANCE VI_1 MASTER 100", "1s + any INSTANCE VI_1 STOP 100", "2s + any INSTANCE VI_1 MASTER 100",
		}
		if diff := cmp.Diff(want, r.events); diff != "" {
			t.Error(diff)
		}
	})
}

// A state without a program makes the one that waits obsolete all the same.
func TestLatestWithoutProgram(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRunner()
		r.takes["down"] = time.Second
		q := New(r, quiet())
		q.NotifyServer(lvs.RealKey{}, program("down"))
		time.Sleep(time.Millisecond)
		q.NotifyServer(lvs.RealKey{}, program("up"))
		q.NotifyServer(lvs.RealKey{}, nil)
		if err := q.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff([]string{"0s + down"}, r.events); diff != "" {
			t.Error(diff)
		}
	})
}

// A program that goes on holds nothing up for more than some seconds, and is not
// killed for it.
func TestLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRunner()
		r.takes["master"], r.takes["up"] = time.Hour, time.Hour
		var log bytes.Buffer
		q := New(r, r.logTo(&log))
		i := instance("VI_1")
		i.Notify.Any = nil
		q.Notify(i, Master, 100)
		q.NotifyServer(lvs.RealKey{}, program("up"))
		time.Sleep(2 * time.Second)
		q.Notify(i, Fault, 100)
		time.Sleep(10 * time.Second)
		q.NotifyServer(lvs.RealKey{}, program("down"))
		q.Notify(i, Backup, 100)
		time.Sleep(time.Second)
		want := []string{"12s + backup VI_1", "12s + down", "5s + fault VI_1"} // as text
		if diff := cmp.Diff(want, sorted(r.events[2:])); diff != "" {
			t.Error(diff)
		}
		if !strings.Contains(log.String(), `Notify script master VI_1 of INSTANCE VI_1 has been running for 5 s; it goes on, and what follows runs beside it`) {
			t.Errorf("the log does not say so:\n%s", &log)
		}
		time.Sleep(time.Hour)
		if strings.Contains(fmt.Sprint(r.events), "killed") {
			t.Errorf("something was killed: %v", r.events)
		}
		if err := q.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// The second program of a state does not wait for the first for ever.
func TestLateFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRunner()
		r.takes["master"] = time.Hour
		q := New(r, quiet())
		q.Notify(instance("VI_1"), Master, 100)
		time.Sleep(6 * time.Second)
		q.Notify(instance("VI_1"), Stop, 100)
		if err := q.Close(t.Context()); err != nil {
			t.Error(err)
		}
		want := []string{
			"0s + master VI_1", "5s + any INSTANCE VI_1 MASTER 100",
			"6s + stop VI_1", "6s + any INSTANCE VI_1 STOP 100", "6s killed master VI_1",
		}
		if diff := cmp.Diff(want, r.events); diff != "" {
			t.Error(diff)
		}
	})
}

// Programs that go on take no place from others.
func TestLateFreesItsPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRunner()
		r.takes["master"] = time.Hour
		q := New(r, quiet())
		for n := range atOnce {
			i := instance(fmt.Sprint("VI_", n))
			i.Notify.Any = nil
			q.Notify(i, Master, 100)
		}
		q.NotifyServer(lvs.RealKey{}, program("up"))
		time.Sleep(6 * time.Second)
		if got := len(r.events); got != atOnce+1 {
			t.Errorf("%d programs were started, want %d", got, atOnce+1)
		}
		if err := q.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// What comes with every advert of a peer waits once, and holds up no transition.
func TestLower(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRunner()
		r.takes["lower"] = 3 * time.Second
		q := New(r, quiet())
		i := instance("VI_1")
		i.Notify.Any, i.Notify.MasterHeardLower = nil, program("lower")
		for range 10 {
			q.NotifyLower(i)
			time.Sleep(500 * time.Millisecond)
		}
		q.Notify(i, Backup, 100)
		if err := q.Close(t.Context()); err != nil {
			t.Error(err)
		}
		want := []string{"0s + lower", "3s + lower", "5s + backup VI_1"}
		if diff := cmp.Diff(want, r.events); diff != "" {
			t.Error(diff)
		}
	})
}

// One that goes on is not joined by another for each advert.
func TestLowerAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRunner()
		r.takes["lower"] = 30 * time.Second
		q := New(r, quiet())
		i := instance("VI_1")
		i.Notify.MasterHeardLower = program("lower")
		for range 40 {
			q.NotifyLower(i)
			time.Sleep(time.Second)
		}
		if err := q.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff([]string{"0s + lower", "30s + lower", "40s killed lower"}, r.events); diff != "" {
			t.Error(diff)
		}
	})
}

func TestSideBySide(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRunner()
		r.takes["master"] = time.Second
		q := New(r, quiet())
		for n := range atOnce + 10 {
			i := instance(fmt.Sprint("VI_", n))
			i.Notify.Any = nil
			q.Notify(i, Master, 100)
		}
		time.Sleep(3 * time.Second)
		if err := q.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if r.most != atOnce {
			t.Errorf("%d at a time, want %d", r.most, atOnce)
		}
		if len(r.events) != atOnce+10 {
			t.Errorf("%d ran", len(r.events))
		}
	})
}

func TestFewPrograms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRunner()
		q := New(r, quiet())
		q.NotifyServer(lvs.RealKey{}, &command.Command{Words: []string{"up"}})
		synctest.Wait()
		q.NotifyServer(lvs.RealKey{}, nil)
		q.Notify(&vrrp.Instance{Name: "G1"}, Master, 1) // it has no programs
		q.Notify(instance("x"), "INIT", 1)
		if err := q.Close(t.Context()); err != nil {
			t.Error(err)
		}
		want := map[string]bool{"0s + up": true, "0s + any INSTANCE x INIT 1": true}
		got := map[string]bool{}
		for _, e := range r.events {
			got[e] = true
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRunner()
		r.fails["any"] = errors.New("exited with status 7")
		var log bytes.Buffer
		q := New(r, r.logTo(&log))
		q.Notify(instance("VI_1"), Master, 100)
		if err := q.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if says := `"Notify script any of INSTANCE VI_1 failed" error="exited with status 7"`; !strings.Contains(log.String(), says) {
			t.Errorf("the log does not say %s:\n%s", says, &log)
		}
	})
}
