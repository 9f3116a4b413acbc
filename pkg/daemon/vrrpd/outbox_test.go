package vrrpd

import (
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kactl/kactl/pkg/event"
	"github.com/kactl/kactl/pkg/vrrp"
)

// newQuietLoop returns a loop that nobody runs, with an instance, and what it emits.
func newQuietLoop(t *testing.T) (l *loop, cfg *vrrp.Instance, emitted *[]string) {
	p, err := newPoller()
	if err != nil {
		t.Fatal(err)
	}
	l = newLoop(p, newFakeSystem(t), nil, slog.New(slog.DiscardHandler))
	t.Cleanup(l.close)
	emitted = new([]string)
	l.out.emit = func(e event.Event) { *emitted = append(*emitted, e.String()) }
	i := owner("VI_1", 51, "198.51.100.1/24")
	cfg = &i
	l.instances[cfg.Name] = newInstance(cfg)
	return l, cfg, emitted
}

func (l *loop) noteAll(effects ...vrrp.Effect) {
	l.out.hold()
	l.note(effects)
	l.out.release(l.news, l.deferring)
	l.news = nil
}

// What the log leaves out for its number is an event in its order all the same, and
// no event overtakes those of a take-over.
func TestEventsKeepTheirOrder(t *testing.T) {
	l, cfg, emitted := newQuietLoop(t)
	to := func(s vrrp.State) vrrp.Effect {
		return vrrp.Effect{Kind: vrrp.Transition, Instance: cfg, To: s}
	}
	l.noteAll(vrrp.Effect{Kind: vrrp.SetAddresses, Instance: cfg, Addresses: cfg.Addresses}, to(vrrp.Master))
	l.out.put(event.Settled{Settings: cfg, State: vrrp.Master})
	l.instances[cfg.Name].quiet = true
	l.noteAll(to(vrrp.Backup))
	if len(*emitted) > 0 || !l.deferring {
		t.Errorf("the events of a take-over do not wait: %q", *emitted)
	}
	l.flushEvents()
	l.noteAll(to(vrrp.Fault))
	l.out.put(event.Settled{Settings: cfg, State: vrrp.Fault})
	if d := cmp.Diff([]string{
		"INSTANCE VI_1: INIT -> MASTER at priority 0: reason(0)",
		"INSTANCE VI_1: set addresses 198.51.100.1/24 on eth0",
		"INSTANCE VI_1: settled in MASTER at priority 0",
		"INSTANCE VI_1: INIT -> BACKUP at priority 0: reason(0)",
		"INSTANCE VI_1: INIT -> FAULT at priority 0: reason(0)",
		"INSTANCE VI_1: settled in FAULT at priority 0",
	}, *emitted); d != "" {
		t.Error(d)
	}
}

// What is settled while effects are carried out comes after their events, and what
// an advert that is not sent means before them.
func TestEventsOfEffectsUnderWay(t *testing.T) {
	l, cfg, emitted := newQuietLoop(t)
	l.out.hold()
	l.out.put(event.Settled{Settings: cfg, State: vrrp.Fault})
	l.out.first(event.Unsent{Settings: cfg, Err: errors.New("why")})
	l.out.release([]event.Event{event.Refused{Settings: cfg, Count: 1}}, false)
	if d := cmp.Diff([]string{
		"INSTANCE VI_1: advert not sent: why",
		"INSTANCE VI_1: refused 1 messages: none",
		"INSTANCE VI_1: settled in FAULT at priority 0",
	}, *emitted); d != "" {
		t.Error(d)
	}
}

// Of two that emit, one passes on what both have, and the other does not wait.
func TestOutboxDoesNotBlock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := owner("VI_1", 51)
		var got []int
		o := outbox{emit: func(e event.Event) {
			time.Sleep(time.Minute)
			got = append(got, int(e.(event.Settled).Priority))
		}}
		go o.put(event.Settled{Settings: &cfg, Priority: 1})
		synctest.Wait()
		began := time.Now()
		o.put(event.Settled{Settings: &cfg, Priority: 2})
		o.hold()
		o.release([]event.Event{event.Settled{Settings: &cfg, Priority: 3}}, false)
		if time.Since(began) != 0 {
			t.Errorf("it took %v", time.Since(began))
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if d := cmp.Diff([]int{1, 2, 3}, got); d != "" {
			t.Error(d)
		}
	})
}

// A router with sync groups has their transitions as events, next to those of the member
// that led the others, and their states in the status.
func TestGroupEvents(t *testing.T) {
	r := start(t)
	<-r.daemon.Ready()
	a, b := owner("A", 51, "198.51.100.1/24"), owner("B", 52, "198.51.100.2/24")
	settings := vrrp.Settings{Instances: []vrrp.Instance{a, b}, Groups: []vrrp.SyncGroup{{Name: "G", Members: []string{"A", "B"}}}}
	l := r.daemon.loop
	l.tasks.post(func() { l.reload(vrrp.RouterEvent{Kind: vrrp.Reload, Settings: &settings}) })
	r.wait("notify B MASTER 255", "notify A MASTER 255")
	r.down("eth0", 2)
	r.wait("notify A FAULT 255")
	r.state("A")
	var got []string
	r.mu.Lock()
	for _, e := range r.emitted {
		switch e := e.(type) {
		case event.Group:
			got = append(got, e.String())
		case event.Instance:
			if s, ok := e.State(); ok {
				got = append(got, e.Settings.Name+" "+s.String())
			}
		}
	}
	r.mu.Unlock()
	if d := cmp.Diff([]string{
		"A BACKUP", "A MASTER", "B BACKUP", "B MASTER", "GROUP G: INIT -> MASTER: B",
		"A FAULT", "GROUP G: MASTER -> FAULT: A", "B FAULT",
	}, got); d != "" {
		t.Error(d)
	}
	if at := r.logged.where("VRRP_Group(G) Syncing instances to FAULT state"); at < r.logged.where("(A) Entering FAULT STATE") || at > r.logged.where("(B) Entering FAULT STATE") {
		t.Error("the log does not have the group between the member that led and the other one")
	}
	groups := r.status().Groups
	if len(groups) != 1 || groups[0].Name != "G" || groups[0].State != vrrp.Fault || len(groups[0].Members) != 2 {
		t.Errorf("got %+v", groups)
	}
}
