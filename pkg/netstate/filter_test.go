package netstate

import (
	"testing"
	"testing/synctest"
	"time"
)

// An address comes though the packet filter does not take it, which is no trouble of
// its owner's: what it lacks is reported once, and tried again.
func TestFilterThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t)
		r.set(func() { r.refuseItem = func(string, Item) error { return errRefused } })
		r.Set(Want{Owner: "a", Parts: []Part{on("eth0", 1), inFilter(1)}, Held: true})
		took(t, r, "refused", "+d1 failed(a,5s) +1")
		if e := r.Trouble("a").Err; e != nil {
			t.Errorf("trouble: %v", e)
		}
		time.Sleep(RetryAfter)
		took(t, r, "refused again", "+d1")
		r.set(func() { r.refuseItem = nil })
		time.Sleep(RetryAfter)
		took(t, r, "not refused any more", "+d1")
		r.Set(Want{Owner: "a", Parts: []Part{on("eth0", 1), inFilter(1)}})
		took(t, r, "given up", "-1 -d1")
		r.set(func() { r.refuseItem = func(string, Item) error { return errRefused } })
		r.Set(Want{Owner: "a", Parts: []Part{on("eth0", 1), inFilter(1)}, Held: true})
		took(t, r, "refused later", "+d1 failed(a,5s) +1")
	})
}

// What is given up at the end goes in its order, whatever is under way by then.
func TestOrderAtTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, settled := range []bool{true, false} {
			r := newFakeSystem()
			s := New(Config{System: r, Report: r.report})
			parts := []Part{on("eth0", 1), inTables(routeTo(1)), inFilter(1)}
			s.Set(Want{Owner: "a", Parts: parts, Held: true})
			s.Set(Want{Owner: "b", Parts: []Part{on("eth0", 2), inFilter(2)}, Held: true})
			synctest.Wait()
			r.take()
			s.Set(Want{Owner: "a", Parts: parts})
			if settled {
				synctest.Wait()
			}
			if err := r.finish(s); err != nil {
				t.Error(err)
			}
			if got := r.take(); got != "-r1 -1 -d1" {
				t.Errorf("settled %v: %q", settled, got)
			}
			if there := r.on("eth0") + r.on(filterName); there != "2d2" {
				t.Errorf("there is %q", there)
			}
		}
	})
}

// One that is to be held, and waits for what goes before at the end, has it all.
func TestHeldAtTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newFakeSystem()
		s := New(Config{System: r, Report: r.report})
		s.Set(Want{Owner: "a", Parts: []Part{on("eth0", 1), inTables(routeTo(1)), inFilter(1)}, Held: true})
		hold, ended := make(chan struct{}), make(chan error)
		r.set(func() { r.hold = hold })
		synctest.Wait()
		go func() { ended <- r.finish(s) }()
		synctest.Wait()
		r.set(func() { r.hold = nil })
		close(hold)
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if there := r.on("eth0") + r.on("") + r.on(filterName); there != "1r1d1" {
			t.Errorf("there is %q", there)
		}
	})
}
