package netstate

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/vrrp"
)

// expect fails the test if something else was done since the last call, when all
// is quiet.
func (r rig) expect(t *testing.T, what, want string) {
	t.Helper()
	synctest.Wait()
	if got := r.take(); got != want {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

func hold(owner string, repeat int, parts ...Part) Want {
	return Want{Owner: owner, Parts: parts, Held: true, Repeat: repeat, Hurry: time.Second}
}

func release(owner string, parts ...Part) Want { return Want{Owner: owner, Parts: parts} }

// scenario runs a test with time of its own.
func scenario(name string, t *testing.T, f func(*testing.T, rig)) {
	t.Run(name, func(t *testing.T) { synctest.Test(t, func(t *testing.T) { f(t, start(t)) }) })
}

func TestLife(t *testing.T) {
	mine := on("eth0", 1, 2, 3)
	scenario("start, take-over, stop", t, func(t *testing.T, r rig) {
		r.Set(release("a", mine))
		r.expect(t, "start", "-=1 -=2 -=3")
		r.Set(hold("a", 1, mine))
		synctest.Wait()
		if got := r.take(); !strings.HasPrefix(got, "+1 !1 ") || strings.Count(got, "!") != 3 {
			t.Errorf("take-over: %q, want the first address announced before the second is added, and each once", got)
		}
		r.Set(release("a", mine))
		r.expect(t, "stop", "-1 -2 -3")
		r.Set(release("a", mine))
		r.expect(t, "stop again", "")
	})
	scenario("a predecessor's are removed by a backup", t, func(t *testing.T, r rig) {
		r.there["eth0"] = []Item{vip(2), vip(9)}
		r.Set(release("a", mine))
		r.expect(t, "start", "-=1 -2 -=3")
		if got := r.on("eth0"); got != "9" {
			t.Errorf("eth0 has %s", got)
		}
	})
	scenario("a predecessor's are taken over by a master", t, func(t *testing.T, r rig) {
		r.there["eth0"] = []Item{vip(1)}
		done := r.Together()
		r.Set(release("a", on("eth0", 1)))
		r.Set(hold("a", 1, on("eth0", 1)))
		r.expect(t, "before all is decided", "")
		done()
		r.expect(t, "start", "+=1 !1")
	})
	scenario("repetitions", t, func(t *testing.T, r rig) {
		r.Set(hold("a", 3, on("eth0", 1)))
		r.expect(t, "take-over", "+1 !1 !1 !1")
		r.Announce("a", 2)
		r.expect(t, "later", "!1 !1")
		r.Set(release("a", on("eth0", 1)))
		r.take()
		r.Announce("a", 2)
		r.expect(t, "of what is not held", "-1")
	})
	scenario("repetitions of what is there", t, func(t *testing.T, r rig) {
		r.refuse = func(_ string, a vrrp.Address) error {
			if a.Prefix == vip(2).Address.Prefix {
				return errRefused
			}
			return nil
		}
		r.Set(hold("a", 1, on("eth0", 1, 2)))
		r.Set(release("b", on("eth0", 1)))
		synctest.Wait()
		r.take()
		r.Announce("a", 1)
		r.expect(t, "of what could be added", "!1")
		r.Announce("b", 1)
		r.expect(t, "of what another owner holds", "")
	})
	scenario("none", t, func(t *testing.T, r rig) {
		r.Set(hold("a", 0, on("eth0", 1)))
		r.expect(t, "take-over without announcement", "+1")
	})
	scenario("a pause", t, func(t *testing.T, r rig) {
		w := hold("a", 2, on("eth0", 1, 2))
		w.Pause.ARP = time.Second
		r.Set(w)
		r.expect(t, "at once", "+1 +2 !1")
		time.Sleep(time.Second - 1)
		r.expect(t, "before the pause is over", "")
		time.Sleep(time.Nanosecond)
		r.expect(t, "after it", "!2")
		time.Sleep(2 * time.Second)
		r.expect(t, "the second round", "!1 !2")
		time.Sleep(time.Hour)
		r.expect(t, "and no more", "")
	})
	scenario("a pause of one delays no other's first announcement", t, func(t *testing.T, r rig) {
		w := hold("a", 9, on("eth0", 1, 2))
		w.Pause.ARP = time.Hour
		r.Set(w)
		r.expect(t, "slow", "+1 +2 !1")
		r.Set(hold("b", 1, on("eth0", 3, 4)))
		r.expect(t, "quick", "+3 !3 +4 !4")
		r.Set(release("a", on("eth0", 1, 2)))
		r.expect(t, "slow ends", "-1 -2")
		time.Sleep(3 * time.Hour)
		r.expect(t, "and is not announced", "")
	})
	scenario("a take-over that was never released is announced again", t, func(t *testing.T, r rig) {
		r.Set(hold("a", 1, on("eth0", 1)))
		r.expect(t, "take-over", "+1 !1")
		done := r.Together()
		r.Set(release("a", on("eth0", 1)))
		r.Set(hold("a", 1, on("eth0", 1)))
		done()
		r.expect(t, "again", "+=1 !1")
	})
}

func TestOwners(t *testing.T) {
	scenario("one address, two owners", t, func(t *testing.T, r rig) {
		r.Set(hold("a", 1, on("eth0", 1)))
		r.expect(t, "the first takes it", "+1 !1")
		r.Set(hold("b", 1, on("eth0", 1)))
		r.expect(t, "the second does", "+=1 !1")
		r.Set(release("a", on("eth0", 1)))
		r.expect(t, "the first gives it up", "")
		r.Drop("a")
		r.expect(t, "the first goes", "")
		r.Set(release("b", on("eth0", 1)))
		r.expect(t, "the last gives it up", "-1")
	})
	scenario("a backup does not remove what another owner holds", t, func(t *testing.T, r rig) {
		r.Set(hold("a", 1, on("eth0", 1)))
		r.Set(release("b", on("eth0", 1)))
		r.expect(t, "both", "+1 !1")
	})
	scenario("one that goes with what it has", t, func(t *testing.T, r rig) {
		r.Set(hold("a", 1, on("eth0", 1), on("eth1", 2)))
		synctest.Wait()
		r.Drop("a")
		r.Drop("b") // which nobody knows
		synctest.Wait()
		if r.on("eth0") != "" || r.on("eth1") != "" {
			t.Errorf("eth0 has %q, eth1 %q", r.on("eth0"), r.on("eth1"))
		}
		if len(r.devices) != 0 || len(r.owners) != 0 {
			t.Errorf("%d interfaces and %d owners are left", len(r.devices), len(r.owners))
		}
		r.take()
		r.Set(hold("a", 1, on("eth0", 1)))
		r.expect(t, "and comes back", "+1 !1")
	})
	scenario("another name", t, func(t *testing.T, r rig) {
		r.Set(hold("a", 1, on("eth0", 1)))
		r.expect(t, "take-over", "+1 !1")
		r.Rename("a", "b")
		r.Set(hold("b", 1, on("eth0", 1)))
		r.expect(t, "renamed", "")
		r.Drop("a")
		r.expect(t, "the old name", "")
		r.lose("eth0", vip(1).Address.Prefix)
		r.Lost("eth0", vip(1).Address.Prefix)
		r.expect(t, "lost", "+1 !1 restored(b,1)")
		r.Drop("b")
		r.expect(t, "the new name", "-1")
	})
}

func TestReload(t *testing.T) {
	scenario("only what differs", t, func(t *testing.T, r rig) {
		r.Set(hold("a", 1, on("eth0", 1, 2, 3)))
		synctest.Wait()
		r.take()
		r.Set(hold("a", 2, on("eth0", 3, 4, 1)))
		r.expect(t, "reload", "-2 +4 !4 !4")
		r.Set(hold("a", 2, on("eth0", 3, 4, 1)))
		r.expect(t, "nothing new", "")
		r.Set(hold("a", 2, on("eth0", 4), on("eth1", 3)))
		synctest.Wait()
		if r.on("eth0") != "4" || r.on("eth1") != "3" {
			t.Errorf("eth0 has %q, eth1 %q", r.on("eth0"), r.on("eth1"))
		}
	})
	scenario("of a backup", t, func(t *testing.T, r rig) {
		r.Set(release("a", on("eth0", 1)))
		r.expect(t, "start", "-=1")
		r.Set(release("a", on("eth0", 1, 2)))
		r.expect(t, "reload", "-=2")
		r.Set(release("a"))
		r.expect(t, "without addresses", "")
	})
	scenario("an address moves", t, func(t *testing.T, r rig) {
		r.Set(hold("a", 1, on("eth0", 1, 2)))
		r.Set(hold("b", 1, on("eth0", 3)))
		synctest.Wait()
		r.take()
		done := r.Together()
		r.Set(hold("a", 1, on("eth0", 1)))
		synctest.Wait()
		r.Set(hold("b", 1, on("eth0", 2, 3)))
		done()
		r.expect(t, "from one owner to another", "")
		done = r.Together()
		r.Drop("a")
		synctest.Wait()
		r.Set(hold("c", 1, on("eth0", 1)))
		done()
		r.expect(t, "to one that takes over", "+=1 !1")
	})
	scenario("another form", t, func(t *testing.T, r rig) {
		r.Set(hold("a", 1, on("eth0", 1)))
		r.expect(t, "take-over", "+1 !1")
		r.Set(hold("a", 1, Part{"eth0", []Item{labelled(1, "eth0:1")}}))
		r.expect(t, "with a label", "-1 +1 !1")
		if got := r.there["eth0"][0].Address.Label; got != "eth0:1" {
			t.Errorf("the label is %q", got)
		}
		r.refuse = func(verb string, _ vrrp.Address) error {
			if verb == "-" {
				return errRefused
			}
			return nil
		}
		r.Set(hold("a", 1, on("eth0", 1)))
		r.expect(t, "if the old one stays", "-1 failed(a,5s)")
		r.refuse = nil
		time.Sleep(RetryAfter)
		r.expect(t, "later", "-1 +1 !1")
	})
	scenario("twice in one list", t, func(t *testing.T, r rig) {
		r.Set(hold("a", 1, on("eth0", 1, 1)))
		r.expect(t, "take-over", "+1 !1")
		r.Set(hold("a", 1, on("eth0", 1)))
		r.expect(t, "once", "")
		r.Set(hold("a", 1, on("eth0", 1, 1)))
		if list, err := r.Known(t.Context(), "a"); len(list) != 1 || err != nil {
			t.Errorf("known: %v, %v", list, err)
		}
		r.Set(release("a", on("eth0", 1)))
		r.expect(t, "released", "-1")
	})
	scenario("announcements of what stays go on", t, func(t *testing.T, r rig) {
		w := hold("a", 1, on("eth0", 1, 2, 3))
		w.Pause.ARP = time.Second
		r.Set(w)
		r.expect(t, "take-over", "+1 +2 +3 !1")
		w.Parts = onEth0(1, 3)
		r.Set(w)
		r.expect(t, "reload", "-2")
		time.Sleep(10 * time.Second)
		r.expect(t, "later", "!3")
	})
}

// A later decision replaces one that has not been acted upon, and what was under
// way is not announced.
func TestNewestDecision(t *testing.T) {
	both := on("eth0", 1, 2)
	block := func(r rig) (goOn func()) {
		c := make(chan struct{})
		r.set(func() { r.hold = c })
		return func() {
			r.set(func() { r.hold = nil })
			close(c)
		}
	}
	scenario("released while it is added", t, func(t *testing.T, r rig) {
		goOn := block(r)
		r.Set(hold("a", 5, both))
		r.After("a", func() { r.set(func() { r.note("master") }) })
		synctest.Wait()
		r.Set(release("a", both))
		r.After("a", func() { r.set(func() { r.note("backup") }) })
		synctest.Wait()
		goOn()
		r.expect(t, "in order", "+1 +2 master -1 -2 backup")
	})
	scenario("released while it is added, which has begun", t, func(t *testing.T, r rig) {
		goOn := block(r)
		r.Set(hold("a", 5, both))
		synctest.Wait()
		r.After("a", func() { r.set(func() { r.note("master") }) })
		r.Set(release("a", both))
		r.After("a", func() { r.set(func() { r.note("backup") }) })
		synctest.Wait()
		goOn()
		r.expect(t, "in order", "+1 +2 master -1 -2 backup")
	})
	scenario("released when it was added", t, func(t *testing.T, r rig) {
		r.Set(hold("a", 0, both))
		r.expect(t, "added", "+1 +2")
		r.After("a", func() { r.set(func() { r.note("master") }) })
		r.Set(release("a", both))
		r.After("a", func() { r.set(func() { r.note("backup") }) })
		r.expect(t, "in order", "master -1 -2 backup")
	})
	scenario("taken, released and taken", t, func(t *testing.T, r rig) {
		goOn := block(r)
		r.Set(hold("x", 0, on("eth0", 9)))
		synctest.Wait()
		r.Set(hold("a", 1, on("eth0", 1)))
		r.Set(release("a", on("eth0", 1)))
		r.Set(hold("a", 1, on("eth0", 1)))
		goOn()
		r.expect(t, "the last counts", "+9 +1 !1")
	})
	scenario("taken, and reloaded before that was done", t, func(t *testing.T, r rig) {
		r.Set(hold("x", 1, on("eth0", 1)))
		r.expect(t, "another owner's", "+1 !1")
		goOn := block(r)
		r.Set(hold("x", 0, on("eth0", 1, 9)))
		synctest.Wait()
		r.Set(hold("a", 1, on("eth0", 1)))
		r.Set(hold("a", 1, on("eth0", 1)))
		goOn()
		r.expect(t, "it is announced", "+9 +=1 !1")
	})
	scenario("released while others are added", t, func(t *testing.T, r rig) {
		w := hold("a", 9, both)
		w.Pause.ARP = time.Second
		r.Set(w)
		r.expect(t, "take-over", "+1 +2 !1")
		goOn := block(r)
		r.Set(hold("x", 0, on("eth0", 9)))
		synctest.Wait()
		r.Set(release("a", both))
		time.Sleep(time.Minute)
		r.expect(t, "it is announced no more", "")
		goOn()
		r.expect(t, "and removed in its turn", "+9 -1 -2")
	})
	scenario("taken and changed", t, func(t *testing.T, r rig) {
		goOn := block(r)
		r.Set(hold("a", 1, both))
		synctest.Wait()
		r.Set(hold("a", 1, on("eth0", 2, 3)))
		goOn()
		synctest.Wait()
		if got := r.take(); strings.Contains(got, "!1") || !strings.Contains(got, "!2") || !strings.Contains(got, "!3") {
			t.Errorf("%q, want announcements of what stays, and of no other", got)
		}
		if got := r.on("eth0"); got != "2 3" {
			t.Errorf("eth0 has %s", got)
		}
	})
	scenario("taken and released", t, func(t *testing.T, r rig) {
		goOn := block(r)
		r.Set(hold("x", 0, on("eth0", 9)))
		synctest.Wait()
		r.Set(hold("a", 1, on("eth0", 1)))
		r.Set(release("a", on("eth0", 1)))
		goOn()
		r.expect(t, "nothing is added", "+9 -=1")
	})
}

func TestAfter(t *testing.T) {
	scenario("on two interfaces", t, func(t *testing.T, r rig) {
		c := make(chan struct{})
		r.hold = c
		n := 0
		r.Set(hold("a", 1, on("eth0", 1), on("eth1", 2)))
		r.After("a", func() { n++ })
		synctest.Wait()
		if n != 0 {
			t.Error("called before all is there")
		}
		r.set(func() { r.hold = nil })
		close(c)
		synctest.Wait()
		if n != 1 {
			t.Errorf("called %d times", n)
		}
	})
	scenario("what is not announced yet", t, func(t *testing.T, r rig) {
		r.holdGARP = make(chan struct{})
		r.Set(hold("a", 1, on("eth0", 1, 2, 3)))
		r.After("a", func() { r.set(func() { r.note("after") }) })
		r.expect(t, "while one is announced", "+1 !1 +2 +3")
		close(r.holdGARP)
		r.expect(t, "when all are", "!2 !3 after")
		r.holdGARP = make(chan struct{})
		r.Set(hold("b", 1, on("eth0", 5, 2)))
		r.After("b", func() { r.set(func() { r.note("after") }) })
		r.expect(t, "while the last is announced", "+5 !5 +=2")
		close(r.holdGARP)
		r.expect(t, "when all are", "!2 after")
	})
	scenario("of one that has nothing", t, func(t *testing.T, r rig) {
		n := 0
		r.After("nobody", func() { n++ })
		r.Set(hold("a", 1))
		r.After("a", func() { n++ })
		if n != 2 {
			t.Errorf("called %d times at once", n)
		}
	})
	scenario("what could not be done", t, func(t *testing.T, r rig) {
		r.noOpen = unix.EMFILE
		n := 0
		r.Set(hold("a", 1, on("eth0", 1)))
		r.After("a", func() { n++ })
		synctest.Wait()
		if n != 1 {
			t.Errorf("called %d times", n)
		}
		r.set(func() { r.noOpen = nil })
	})
}

func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeSystem()
		s := New(Config{System: f, Report: f.report})
		s.Set(hold("a", 1, on("eth0", 1, 2), on("eth1", 3)))
		s.Set(hold("b", 1, on("eth0", 4)))
		synctest.Wait()
		s.Set(release("a", on("eth0", 1, 2), on("eth1", 3)))
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if f.on("eth0") != "4" || f.on("eth1") != "" {
			t.Errorf("eth0 has %q, eth1 %q", f.on("eth0"), f.on("eth1"))
		}
		f.take()
		s.Set(hold("a", 1, on("eth0", 1)))
		synctest.Wait()
		if got := f.take(); got != "" {
			t.Errorf("after the end: %q", got)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		f := newFakeSystem()
		f.hold = make(chan struct{})
		s := New(Config{System: f, Report: f.report})
		s.Set(hold("a", 1, on("eth0", 1)))
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		err := s.Close(ctx)
		if err == nil || !strings.Contains(err.Error(), "clear the addresses on eth0") {
			t.Errorf("a stop that hangs ends with: %v", err)
		}
		if took := time.Since(f.began); took != 10*time.Second {
			t.Errorf("it took %v", took)
		}
		synctest.Wait() // the goroutines end
	})
	// What could not be removed has a last try.
	synctest.Test(t, func(t *testing.T) {
		f := newFakeSystem()
		f.there["eth0"] = []Item{vip(1)}
		f.refuse = func(string, vrrp.Address) error { return errRefused }
		s := New(Config{System: f, Report: f.report})
		s.Set(release("a", on("eth0", 1)))
		synctest.Wait()
		f.set(func() { f.refuse = nil })
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if f.on("eth0") != "" {
			t.Errorf("eth0 has %q", f.on("eth0"))
		}
	})
}
