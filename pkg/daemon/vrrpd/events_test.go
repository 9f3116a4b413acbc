package vrrpd

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kactl/kactl/pkg/command"
	"github.com/kactl/kactl/pkg/event"
	"github.com/kactl/kactl/pkg/netstate"
	"github.com/kactl/kactl/pkg/status"
	"github.com/kactl/kactl/pkg/vrrp"
)

// instanceEvents waits for the transitions and ends of an instance.
func (r *rig) instanceEvents(name string, want ...string) {
	r.t.Helper()
	var got []string
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		got = nil
		r.mu.Lock()
		for _, e := range r.emitted {
			if e, ok := e.(event.Instance); ok && e.Settings.Name == name {
				switch e.Effect.Kind {
				case vrrp.Transition:
					got = append(got, e.Effect.From.String()+" -> "+e.Effect.To.String())
				case vrrp.Stopped:
					got = append(got, "stopped")
				case vrrp.Note:
					got = append(got, "note")
				}
				if e.At.IsZero() {
					r.t.Errorf("%v has no time", e)
				}
			}
		}
		r.mu.Unlock()
		if strings.Join(got, ", ") == strings.Join(want, ", ") {
			return
		}
	}
	r.t.Errorf("events %q, want %q", got, want)
}

func TestEvents(t *testing.T) { inFakeTime(t, testEvents) }

func testEvents(t *testing.T) {
	cfg := owner("VI_1", 51, "198.51.100.1/24")
	r := start(t, cfg)
	r.wait("notify VI_1 MASTER 255")
	r.instanceEvents("VI_1", "INIT -> MASTER")
	r.down("eth0", 2)
	r.wait("notify VI_1 FAULT 255")
	r.up("eth0", 2)
	r.wait("notify VI_1 BACKUP 255", "notify VI_1 MASTER 255")
	r.reload(vrrp.Settings{})
	r.wait("notify VI_1 STOP 255")
	r.instanceEvents("VI_1", "INIT -> MASTER", "MASTER -> FAULT", "FAULT -> BACKUP", "BACKUP -> MASTER", "stopped")
}

func (r *rig) status() status.VRRP {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), 20*time.Second)
	defer cancel()
	s, err := r.daemon.Status(ctx)
	if err != nil {
		r.t.Fatal(err)
	}
	return s
}

func TestStatus(t *testing.T) {
	cfg := owner("VI_1", 51, "198.51.100.1/24", "198.51.100.2/24")
	cfg.Tracks = []vrrp.Track{{Kind: vrrp.TrackScript, Name: "chk", Weight: -10}, {Kind: vrrp.TrackInterface, Name: "eth0"}}
	r := start(t, cfg)
	<-r.daemon.Ready()
	r.scripts.verdicts <- verdict{"chk", false}
	r.wait("notify VI_1 MASTER 255")
	r.flush("VI_1")
	s := r.status()
	if len(s.Instances) != 1 {
		t.Fatalf("%d instances", len(s.Instances))
	}
	i := s.Instances[0]
	if i.Name != "VI_1" || i.Interface != "eth0" || i.VRID != 51 || i.State != vrrp.Master || i.Priority != 255 || i.Base != 255 || i.Transitions < 1 {
		t.Errorf("got %+v", i)
	}
	if i.Master.IsValid() || time.Since(i.Since) > time.Minute || !strings.Contains(i.Why, "owner") {
		t.Errorf("got %+v", i)
	}
	for _, a := range i.Addresses {
		if !a.Present || a.Device != "eth0" || a.Err != "" {
			t.Errorf("address %+v", a)
		}
	}
	if len(i.Addresses) != 2 || len(i.Tracks) != 2 || i.Tracks[0].Name != "chk" || !i.Tracks[1].Up || i.Tracks[1].Fault {
		t.Errorf("addresses %+v, tracks %+v", i.Addresses, i.Tracks)
	}

	r.down("eth0", 2)
	r.wait("notify VI_1 FAULT 255")
	i = r.status().Instances[0]
	if i.State != vrrp.Fault || !strings.Contains(i.Why, "down") {
		t.Errorf("got %+v", i)
	}
	for _, a := range i.Addresses {
		if a.Present {
			t.Errorf("address %+v", a)
		}
	}
	if got := i.Tracks[1]; got.Up || !got.Fault {
		t.Errorf("track %+v", got)
	}
	r.reload(vrrp.Settings{})
	if s := r.status(); len(s.Instances) != 0 {
		t.Errorf("without settings: %+v", s)
	}
}

func TestStatusOfBackup(t *testing.T) {
	cfg := owner("VI_1", 51, "198.51.100.1/24")
	cfg.Priority, cfg.InitialState = 100, vrrp.Backup
	r := start(t, cfg)
	r.wait("notify VI_1 BACKUP 100")
	r.hear(cfg, 150)
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		i := r.status().Instances[0]
		if i.Master == theirs && i.MasterPriority == 150 && i.State == vrrp.Backup {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("got %+v", i)
		}
	}
}

// Whoever asks after the end, or gives up, is not kept waiting.
func TestContractEnds(t *testing.T) {
	r := start(t, owner("VI_1", 51, "198.51.100.1/24"))
	<-r.daemon.Ready()
	ended, cancel := context.WithCancelCause(t.Context())
	reason := errors.New("given up")
	cancel(reason)
	busy := make(chan struct{}) // the loop does not answer before
	r.daemon.loop.tasks.post(func() { <-busy })
	if _, err := r.daemon.Status(ended); !errors.Is(err, reason) {
		t.Errorf("got %v, want %v", err, reason)
	}
	if err := r.daemon.Reload(ended, vrrp.Settings{}); !errors.Is(err, reason) {
		t.Errorf("got %v, want %v", err, reason)
	}
	close(busy)
	r.stop()
	if err := <-r.done; err != nil {
		t.Error(err)
	}
	r.done <- nil // for the cleanup
	if err := r.daemon.Reload(t.Context(), vrrp.Settings{}); !errors.Is(err, errEnded) {
		t.Errorf("got %v", err)
	}
	if _, err := r.daemon.Status(t.Context()); !errors.Is(err, errEnded) {
		t.Errorf("got %v", err)
	}
}

// It is not ready, and no reload in force, before the interfaces are known.
func TestReadyWaits(t *testing.T) {
	sys := newFakeSystem(t)
	daemon, err := New(Config{
		Settings: vrrp.Settings{Instances: []vrrp.Instance{owner("VI_1", 51, "198.51.100.1/24")}}, System: sys,
		Scripts: fakeScripts{}, Log: testLog(t),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- daemon.Run(ctx) }()
	brief, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer stop()
	if err := daemon.Reload(brief, vrrp.Settings{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	select {
	case <-daemon.Ready():
		t.Error("it is ready too early")
	default:
	}
	sys.links <- Link{Name: "eth0", Index: 2, Up: true, MTU: 1500, Addrs: []netip.Prefix{netip.PrefixFrom(ours, 24)}}
	sys.links <- Link{Synced: true}
	<-daemon.Ready()
	if err := daemon.Reload(t.Context(), vrrp.Settings{}); err != nil {
		t.Error(err)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// No program starts for a state before the event of its transition is out, although
// some states have nothing to wait for.
func TestTransitionsBeforeScripts(t *testing.T) {
	cfg := owner("VI_1", 51)
	cfg.Notify.MasterHeardLower = &command.Command{Words: []string{"lower"}}
	r := start(t, cfg)
	r.wait("notify VI_1 MASTER 255")
	r.hear(cfg, 100)
	r.wait("notify VI_1 lower priority")
	r.down("eth0", 2)
	r.wait("notify VI_1 FAULT 255")
	r.up("eth0", 2)
	r.wait("notify VI_1 BACKUP 255", "notify VI_1 MASTER 255")
	r.stop()
	r.wait("notify VI_1 STOP 255")
	r.mu.Lock()
	defer r.mu.Unlock()
	var due []string
	for _, e := range r.emitted {
		switch e := e.(type) {
		case event.Instance:
			switch e.Effect.Kind {
			case vrrp.Transition:
				due = append(due, e.Effect.To.String())
			case vrrp.Stopped:
				due = append(due, "end")
			case vrrp.Note:
				if e.Effect.Reason == vrrp.ReasonNewElection {
					due = append(due, "lower")
				}
			}
		case event.Settled:
			state := e.State.String()
			if e.Ended {
				state = "end"
			}
			if len(due) == 0 || due[0] != state {
				t.Fatalf("%v comes before its transition; those before it were %v", e, due)
			}
			due = due[1:]
		case event.LowerAdvert:
			if len(due) == 0 || due[0] != "lower" {
				t.Fatalf("%v comes before its note", e)
			}
			due = due[1:]
		}
	}
	if len(due) > 0 {
		t.Errorf("nothing is settled of %v", due)
	}
}

// Of transitions that come too often the log gets the number; the others get each.
func TestEventsOfFlaps(t *testing.T) {
	l, cfg, emitted := newQuietLoop(t)
	i := l.instances[cfg.Name]
	i.quiet, i.resigned, i.state = true, true, vrrp.Backup
	i.flaps.dropped, i.refused[vrrp.RejectTTL] = 3, 2
	often := 0
	emit := l.out.emit
	l.out.emit = func(e event.Event) {
		if e, ok := e.(event.Instance); ok && e.Often {
			often++
		}
		emit(e)
	}
	of := func(e vrrp.Effect) vrrp.Effect {
		e.Instance = cfg
		return e
	}
	effects := []vrrp.Effect{
		of(vrrp.Effect{Kind: vrrp.SetAddresses, Addresses: cfg.Addresses}), of(vrrp.Effect{Kind: vrrp.Transition, From: vrrp.Backup, To: vrrp.Master, Reason: vrrp.ReasonOwner}),
		of(vrrp.Effect{Kind: vrrp.Note, Reason: vrrp.ReasonNewElection}), of(vrrp.Effect{Kind: vrrp.Note, Reason: vrrp.ReasonPriority, Priority: 9, OldPriority: 8}),
		of(vrrp.Effect{Kind: vrrp.Stopped, From: vrrp.Master}), {Kind: vrrp.GroupTransition, Group: &vrrp.SyncGroup{Name: "G"}, Member: cfg, From: vrrp.Backup, To: vrrp.Master},
	}
	l.noteAll(effects...)
	l.countFlaps(i)
	if d := cmp.Diff([]string{
		"INSTANCE VI_1: BACKUP -> MASTER at priority 0: address owner",
		"INSTANCE VI_1: note: priority 9, was 8",
		"INSTANCE VI_1: stopped in MASTER at priority 0",
		"GROUP G: BACKUP -> MASTER: VI_1",
		"INSTANCE VI_1: 3 more transitions, in BACKUP",
	}, *emitted); d != "" {
		t.Error(d)
	}
	if often != 3 || i.flaps.dropped != 0 || l.deferring {
		t.Errorf("%d of 3 are marked, %d not counted, deferred: %v", often, i.flaps.dropped, l.deferring)
	}
	i.quiet, i.resigned, *emitted = false, true, nil
	effects[0].Addresses = nil
	l.noteAll(effects...)
	if d := cmp.Diff([]string{
		"INSTANCE VI_1: BACKUP -> MASTER at priority 0: address owner",
		"INSTANCE VI_1: send advert, priority 0",
		"INSTANCE VI_1: set addresses none",
		"INSTANCE VI_1: note: beat priority 0 from invalid IP",
		"INSTANCE VI_1: note: priority 9, was 8",
		"INSTANCE VI_1: refused 2 messages: TTL",
		"INSTANCE VI_1: stopped in MASTER at priority 0",
		"GROUP G: BACKUP -> MASTER: VI_1",
	}, *emitted); d != "" {
		t.Error(d)
	}
}

// What happens to addresses is an event, limited by interface where others cause it.
func TestEventsOfAddresses(t *testing.T) {
	l, _, emitted := newQuietLoop(t)
	l.log = testLog(t)
	addr := netip.MustParsePrefix("198.51.100.1/24")
	for _, r := range []netstate.Report{
		{Kind: netstate.Failed, Owner: "A", Device: "eth0", Err: errors.New("why"), Again: time.Second},
		{Kind: netstate.Failed, Owner: "B", Device: "eth0", Err: errors.New("limited")},
		{Kind: netstate.Restored, Owner: "A", Device: "eth0", Item: netstate.AddressItem(vrrp.Address{Prefix: addr})},
		{Kind: netstate.Unannounced, Owner: "A", Device: "eth0", Addr: addr.Addr(), Err: errors.New("why")},
		{Kind: netstate.Unannounced, Owner: "A", Device: "eth1", Addr: addr.Addr(), Err: errors.New("why")},
		{Kind: netstate.Announcing, Owner: "A", Device: "eth0", Addr: addr.Addr()},
		{Kind: netstate.Announcing, Owner: "A", Device: "eth0", Addr: addr.Addr()},
	} {
		l.addressReport(r)
	}
	l.log = slog.New(slog.DiscardHandler)
	l.addressReport(netstate.Report{Kind: netstate.Announcing, Owner: "unwanted"})
	if d := cmp.Diff([]string{
		"INSTANCE A: why, again after 1s",
		"INSTANCE A: 198.51.100.1/24 restored on eth0",
		"INSTANCE A: 198.51.100.1 not announced on eth0: why",
		"INSTANCE A: 198.51.100.1 not announced on eth1: why",
		"INSTANCE A: announcing 198.51.100.1 on eth0",
		"INSTANCE A: announcing 198.51.100.1 on eth0",
	}, *emitted); d != "" {
		t.Error(d)
	}
}

// An advert that does not go out is an event, and the next one like it is counted.
func TestEventsOfUnsentAdverts(t *testing.T) {
	l, cfg, emitted := newQuietLoop(t)
	i := l.instances[cfg.Name]
	fail := func(at vrrp.Time) {
		i.now, i.tried, i.lastError = at, true, errors.New("network is down")
		l.reportSent(i)
	}
	fail(vrrp.Time(time.Hour))
	fail(vrrp.Time(time.Hour + time.Second))
	fail(vrrp.Time(2 * time.Hour))
	i.tried, i.sent, i.lastError = true, true, nil
	l.reportSent(i)
	if d := cmp.Diff([]string{"INSTANCE VI_1: advert not sent: network is down", "INSTANCE VI_1: advert not sent: network is down, 1 more"}, *emitted); d != "" {
		t.Error(d)
	}
}
