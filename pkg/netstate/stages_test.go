package netstate

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// An owner that gives its items up announces nothing from then on, however long its
// routes take to go; another one that holds the address goes on.
func TestGivingUpIsSilent(t *testing.T) {
	for name, other := range map[string]bool{"alone": false, "with another owner": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := start(t)
				parts := []Part{on("eth0", 1), inTables(routeTo(1))}
				r.Set(Want{Owner: "a", Parts: parts, Held: true, Repeat: 9, Pause: Pause{ARP: time.Second}})
				time.Sleep(2 * time.Second)
				synctest.Wait()
				r.take()
				if other {
					r.Set(Want{Owner: "b", Parts: onEth0(1), Held: true, Repeat: 1, Pause: Pause{ARP: time.Second}})
					time.Sleep(3 * time.Second)
					took(t, r, "taken over by both", "+=1 !1 !1 !1")
				}
				hold := make(chan struct{})
				r.set(func() { r.holdTables = hold })
				r.Set(Want{Owner: "a", Parts: parts})
				synctest.Wait()
				r.Announce("a", 2)
				time.Sleep(5 * time.Second)
				took(t, r, "while the route goes", "")
				close(hold)
				if other {
					time.Sleep(time.Minute)
					if got := r.take(); got != "-r1 !1" && got != "!1 -r1" {
						t.Errorf("given up: %q", got)
					}
				} else {
					took(t, r, "given up", "-r1 -1")
				}
			})
		})
	}
}

// An owner that gives its items up before the kernel has added all of them does not
// announce what comes then.
func TestGivingUpMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t)
		parts := []Part{on("eth0", 1), inTables(routeTo(1))}
		hold, tables := make(chan struct{}), make(chan struct{})
		r.set(func() { r.hold, r.holdTables = hold, tables })
		r.Set(Want{Owner: "a", Parts: parts, Held: true, Repeat: 3})
		synctest.Wait()
		r.Set(Want{Owner: "a", Parts: parts})
		synctest.Wait()
		close(hold)
		took(t, r, "the address comes", "+1")
		close(tables)
		took(t, r, "and goes", "-=r1 -1")
	})
}

// A routing table that does not answer leaves half of the time of the end to the
// addresses.
func TestCloseWithoutTables(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeSystem()
		s := New(Config{System: f, Report: f.report})
		parts := []Part{on("eth0", 1), inTables(routeTo(1))}
		s.Set(Want{Owner: "a", Parts: parts, Held: true})
		synctest.Wait()
		f.set(func() { f.holdTables = make(chan struct{}) })
		s.Set(Want{Owner: "a", Parts: parts})
		began := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if err := s.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("close: %v", err)
		}
		if took := time.Since(began); took != 5*time.Second {
			t.Errorf("it took %v", took)
		}
		if there := f.on("eth0") + f.on(""); there != "r1" {
			t.Errorf("there is %q", there)
		}
	})
}
