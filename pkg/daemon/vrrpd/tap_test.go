package vrrpd

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/kactl/kactl/pkg/vrrp"
)

// slow is an instance that begins to listen long before it takes over.
func slow(name string) vrrp.Instance {
	i := quick(name)
	i.DownAdverts = 200
	return i
}

// A tap that cannot be opened is tried again while it is wanted; the log says so once.
func TestTapIsTriedAgain(t *testing.T) {
	sys := newFakeSystem(t)
	sys.noTap = errors.New("too many open files")
	r := startOn(t, sys, slow("VI_1"))
	for range 3 {
		r.wait("no tap of eth0")
	}
	r.set(func(f *fakeSystem) { f.noTap = nil })
	r.wait("open tap of eth0 2")
	r.never("notify VI_1 MASTER 200")
	if n := strings.Count(r.logged.all(), "too many open files: a packet filter that drops adverts goes unnoticed"); n != 1 {
		t.Errorf("the log says it %d times", n)
	}
}

// Nobody tries again once the tap is not wanted, or its interface is gone.
func TestTapIsGivenUp(t *testing.T) {
	for name, end := range map[string]func(*rig, vrrp.Instance){
		"heard": func(r *rig, cfg vrrp.Instance) {
			cfg.AdvertInterval = 40 * time.Second // listens in a minute again
			r.reload(vrrp.Settings{Instances: []vrrp.Instance{cfg}})
			r.hear(cfg, 250)
		},
		"gone":   func(r *rig, _ vrrp.Instance) { r.links <- Link{Name: "eth0", Index: 2, Gone: true} },
		"reload": func(r *rig, _ vrrp.Instance) { r.reload(vrrp.Settings{}) },
	} {
		t.Run(name, func(t *testing.T) {
			sys := newFakeSystem(t)
			sys.noTap = errors.New("too many open files")
			cfg := slow("VI_1")
			r := startOn(t, sys, cfg)
			r.wait("no tap of eth0")
			end(r, cfg)
			l := r.daemon.loop
			pending := func() bool {
				got := make(chan bool)
				l.tasks.post(func() {
					s := l.sockets[socketKey{name: "eth0"}]
					got <- s != nil && s.retap.timer != nil
				})
				return <-got
			}
			for deadline := time.Now().Add(20 * time.Second); pending(); time.Sleep(10 * time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatal("it is still to be tried again")
				}
			}
			r.set(func(f *fakeSystem) { f.untapped = 0 })
			time.Sleep(4 * retapAfter)
			r.set(func(f *fakeSystem) {
				if f.untapped > 0 {
					t.Errorf("it was tried %d times more", f.untapped)
				}
			})
		})
	}
}

// However long a tap cannot be opened, it is tried once in retryAfter at most.
func TestTapPause(t *testing.T) {
	sys := newFakeSystem(t)
	sys.noTap = errors.New("too many open files")
	var log lines
	p, err := newPoller()
	if err != nil {
		t.Fatal(err)
	}
	l := newLoop(p, sys, nil, slog.New(slog.NewTextHandler(&log, nil)))
	defer l.close()
	s := &ifaceSocket{socketKey: socketKey{name: "eth0"}, want: &vrrp.Socket{Index: 2, Tap: true}}
	var pauses []time.Duration
	for range 9 {
		l.openTap(s)
		s.untapped.until = 0 // the log is not kept short by that alone
		s.retap.timer.Stop()
		pauses = append(pauses, s.retap.pause)
	}
	if pauses[0] != retapAfter || pauses[1] != 2*retapAfter || pauses[8] != retryAfter {
		t.Errorf("the pauses are %v", pauses)
	}
	if n := strings.Count(log.all(), "trying again"); n != 1 {
		t.Errorf("the log says it %d times", n)
	}
	l.closeTap(s)
	if s.retap != (retap{}) {
		t.Errorf("after the end: %+v", s.retap)
	}

	// The end may come when the next try waits for the loop already.
	l.openTap(s)
	var tries []func()
	for deadline := time.Now().Add(20 * time.Second); len(tries) == 0; tries = l.tasks.take() {
		if time.Now().After(deadline) {
			t.Fatal("there is no second try")
		}
		time.Sleep(time.Millisecond)
	}
	l.closeTap(s)
	before := sys.untapped
	tries[0]()
	if sys.untapped != before || s.retap.timer != nil {
		t.Error("it is tried again after the end")
	}
}
