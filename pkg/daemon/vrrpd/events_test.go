package vrrpd

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/kactl/kactl/pkg/event"
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

func TestEvents(t *testing.T) {
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
	if _, err := r.daemon.Status(ended); err != nil && !errors.Is(err, reason) {
		t.Error(err)
	}
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
