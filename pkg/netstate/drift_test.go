package netstate

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/vrrp"
)

func TestLost(t *testing.T) {
	one := vip(1).Address.Prefix
	taken := func(f func(*testing.T, rig)) func(*testing.T, rig) {
		return func(t *testing.T, r rig) {
			r.Set(hold("a", 3, on("eth0", 1, 2)))
			r.Set(release("b", on("eth0", 3)))
			synctest.Wait()
			r.take()
			f(t, r)
		}
	}
	scenario("removed by somebody else", t, taken(func(t *testing.T, r rig) {
		r.lose("eth0", one)
		r.Lost("eth0", one)
		r.expect(t, "restored", "+1 !1 restored(a,1)")
		r.Lost("eth0", one)
		r.expect(t, "there by the time", "+=1")
	}))
	scenario("what is not tracked", t, func(t *testing.T, r rig) {
		address, route, rule := vip(1), routeTo(2), ruleAt(3)
		address.Address.NoTrack, route.Route.NoTrack, rule.Rule.NoTrack = true, true, true
		r.Set(Want{Owner: "a", Parts: []Part{{Device: "eth0", Items: []Item{address}}, inTables(route, rule)}, Held: true, Repeat: 1})
		synctest.Wait()
		r.take()
		r.lose("eth0", one)
		r.Lost("eth0", one)
		r.LostRoute(*route.Route)
		r.LostRule(*rule.Rule)
		r.expect(t, "left alone", "")
	})
	scenario("what nobody wants", t, taken(func(t *testing.T, r rig) {
		r.Lost("eth0", vip(3).Address.Prefix)
		r.Lost("eth0", vip(4).Address.Prefix)
		r.Lost("eth7", one)
		r.Set(release("a", on("eth0", 1, 2)))
		r.Lost("eth0", one)
		r.expect(t, "released", "-1 -2")
	}))
	scenario("our own removal", t, taken(func(t *testing.T, r rig) {
		r.Set(release("a", on("eth0", 1, 2)))
		r.expect(t, "released", "-1 -2")
		done := r.Together()
		r.Set(hold("a", 1, on("eth0", 1, 2)))
		r.Lost("eth0", one)
		done()
		synctest.Wait()
		if got := r.take(); strings.Contains(got, "restored") || strings.Count(got, "!1") != 1 {
			t.Errorf("taken again: %q", got)
		}
	}))
	scenario("refused for a while", t, taken(func(t *testing.T, r rig) {
		r.lose("eth0", one)
		r.set(func() { r.refuse = func(string, vrrp.Address) error { return errRefused } })
		r.Lost("eth0", one)
		r.expect(t, "not restored", "+1 failed(a,5s)")
		r.set(func() { r.refuse = nil })
		time.Sleep(RetryAfter)
		r.expect(t, "restored", "+1 !1 restored(a,1)")
	}))
	scenario("another interface under the name", t, taken(func(t *testing.T, r rig) {
		r.set(func() { r.there["eth0"] = []Item{vip(2)} })
		before := r.announcers
		r.Renewed("eth0")
		r.expect(t, "renewed", "+1 !1 restored(a,1) +=2 !1 !1")
		if r.announcers != before+1 {
			t.Errorf("%d new sockets", r.announcers-before)
		}
	}))
	scenario("another hardware address", t, taken(func(t *testing.T, r rig) {
		before := r.announcers
		r.Readdressed("eth0")
		r.Readdressed("eth7")
		r.expect(t, "announced", "!1 !2 !1 !2 !1 !2")
		if r.announcers != before+1 {
			t.Errorf("%d new sockets", r.announcers-before)
		}
	}))
	scenario("another name", t, taken(func(t *testing.T, r rig) {
		r.set(func() { r.there["wan0"] = []Item{vipOn("wan0", 1), vipOn("wan0", 2), vipOn("wan0", 9)} })
		r.Renamed("eth0", "wan0", []netip.Prefix{one, vip(9).Address.Prefix})
		r.Renamed("eth7", "wan0", []netip.Prefix{vip(2).Address.Prefix})
		r.expect(t, "renamed", "-1")
		if got := r.on("wan0"); got != "2 9" {
			t.Errorf("wan0 has %s", got)
		}
		if len(r.devices) != 1 {
			t.Errorf("%d interfaces are looked after, want eth0 alone", len(r.devices))
		}
	}))
	scenario("another name, of what was there before us", t, taken(func(t *testing.T, r rig) {
		r.Set(Want{Owner: "host", Parts: onEth0(1), Held: true, Stays: true})
		r.expect(t, "kept", "+=1")
		r.set(func() { r.there["wan0"] = []Item{vipOn("wan0", 1), vipOn("wan0", 2)} })
		r.Renamed("eth0", "wan0", []netip.Prefix{one, vip(2).Address.Prefix})
		r.expect(t, "renamed", "-2")
	}))
	scenario("another name that is wanted", t, taken(func(t *testing.T, r rig) {
		r.Set(hold("c", 1, on("wan0", 1)))
		r.expect(t, "on another interface", "+1 !1")
		r.Renamed("eth0", "wan0", []netip.Prefix{one})
		r.expect(t, "renamed", "")
	}))
}

func TestTrouble(t *testing.T) {
	refuse := func(err error, hosts ...int) func(string, vrrp.Address) error {
		return func(verb string, a vrrp.Address) error {
			for _, h := range hosts {
				if verb == "+" && a.Prefix == vip(h).Address.Prefix {
					return err
				}
			}
			return nil
		}
	}
	scenario("one of two on an interface", t, func(t *testing.T, r rig) {
		r.refuse = refuse(errRefused, 1)
		r.Set(hold("a", 1, on("eth0", 1, 2)))
		r.expect(t, "take-over", "+1 +2 !2 failed(a,5s)")
		if got := r.Trouble("a"); got != (Trouble{}) {
			t.Errorf("%+v", got)
		}
		time.Sleep(RetryAfter)
		r.expect(t, "tried again", "+1 failed(a,5s)")
		r.set(func() { r.refuse = nil })
		time.Sleep(RetryAfter)
		r.expect(t, "there at last", "+1 !1")
		time.Sleep(time.Hour)
		r.expect(t, "and no more", "")
	})
	scenario("of an interface that the owner has left", t, func(t *testing.T, r rig) {
		on1 := on("eth1", 2)
		r.hold = make(chan struct{})
		r.refuse = refuse(errRefused, 1)
		r.Set(hold("a", 1, on("eth0", 1), on1))
		synctest.Wait()
		r.Set(hold("a", 1, on1))
		close(r.hold)
		synctest.Wait()
		if got := r.take(); strings.Contains(got, "changed(a)") {
			t.Errorf("%q", got)
		}
		if got := r.Trouble("a"); got != (Trouble{}) {
			t.Errorf("%+v", got)
		}
		// It would count for the other one.
		r.refuse = refuse(errRefused, 3)
		r.Set(hold("a", 1, on("eth1", 2, 3)))
		r.expect(t, "one of two", "+3 failed(a,5s)")
	})
	scenario("of what the owner wants no more", t, func(t *testing.T, r rig) {
		r.refuse = refuse(errRefused, 1, 3)
		w := hold("a", 1, on("eth0", 1, 2))
		w.Whole = true
		r.Set(w)
		synctest.Wait()
		r.Set(hold("b", 1, on("eth1", 3)))
		synctest.Wait()
		r.refuse = nil
		w.Parts = []Part{on("eth0", 2)}
		r.Set(w)
		r.Set(hold("b", 1, on("eth1")))
		synctest.Wait()
		for _, owner := range []string{"a", "b"} {
			if got := r.Trouble(owner); got.Err != nil {
				t.Errorf("%s: %+v", owner, got)
			}
		}
	})
	scenario("all addresses, and not the route", t, func(t *testing.T, r rig) {
		r.refuse = refuse(errRefused, 1)
		r.Set(hold("a", 1, on("eth0", 1), inTables(routeTo(2))))
		synctest.Wait()
		if got := r.Trouble("a"); !got.All || got.Local || !errors.Is(got.Err, errRefused) {
			t.Errorf("%+v", got)
		}
	})
	scenario("all", t, func(t *testing.T, r rig) {
		r.refuse = refuse(errRefused, 1)
		r.Set(hold("a", 1, on("eth0", 1)))
		r.expect(t, "take-over", "+1 changed(a) failed(a,1s)")
		if got := r.Trouble("a"); !got.All || got.Local || !errors.Is(got.Err, errRefused) {
			t.Errorf("%+v", got)
		}
		time.Sleep(time.Second)
		r.expect(t, "in a hurry", "+1 changed(a) failed(a,1s)")
		r.set(func() { r.refuse = nil })
		time.Sleep(time.Second)
		r.expect(t, "there at last", "+1 !1 changed(a)")
		if got := r.Trouble("a"); got != (Trouble{}) {
			t.Errorf("%+v", got)
		}
	})
	scenario("bounds of the hurry", t, func(t *testing.T, r rig) {
		r.refuse = refuse(errRefused, 1, 2)
		w := hold("a", 1, on("eth0", 1))
		w.Hurry = time.Millisecond
		r.Set(w)
		r.expect(t, "short", "+1 changed(a) failed(a,50ms)")
		w = hold("b", 1, on("eth1", 2))
		w.Hurry = time.Minute
		r.Set(w)
		r.expect(t, "long", "+2 changed(b) failed(b,5s)")
	})
	scenario("on one interface of two", t, func(t *testing.T, r rig) {
		r.refuse = refuse(errRefused, 2)
		r.Set(hold("a", 1, on("eth0", 1), on("eth1", 2)))
		synctest.Wait()
		if got := r.Trouble("a"); got.All || got.Local || got.Err == nil {
			t.Errorf("%+v", got)
		}
		r.Set(hold("a", 1, on("eth0", 1)))
		if got := r.Trouble("a"); got != (Trouble{}) {
			t.Errorf("after a reload: %+v", got)
		}
	})
	scenario("for want of memory", t, func(t *testing.T, r rig) {
		r.refuse = refuse(unix.ENOMEM, 2)
		r.Set(hold("a", 1, on("eth0", 1), on("eth1", 2)))
		synctest.Wait()
		if got := r.Trouble("a"); got.All || !got.Local {
			t.Errorf("%+v", got)
		}
	})
	scenario("it lasts until the next take-over", t, func(t *testing.T, r rig) {
		r.refuse = refuse(errRefused, 1)
		r.Set(hold("a", 1, on("eth0", 1)))
		synctest.Wait()
		r.Set(release("a", on("eth0", 1)))
		synctest.Wait()
		if got := r.Trouble("a"); !got.All {
			t.Errorf("as backup: %+v", got)
		}
		r.refuse = nil
		r.Set(hold("a", 1, on("eth0", 1)))
		if got := r.Trouble("a"); got != (Trouble{}) {
			t.Errorf("as master: %+v", got)
		}
	})
	scenario("what is not in force any more is not told", t, func(t *testing.T, r rig) {
		c := make(chan struct{})
		r.hold = c
		once := errRefused
		r.refuse = func(string, vrrp.Address) error {
			err := once
			once = nil
			return err
		}
		r.Set(hold("a", 1, on("eth0", 1)))
		synctest.Wait()
		r.Set(release("a", on("eth0", 1)))
		r.Set(hold("a", 1, on("eth0", 1)))
		r.set(func() { r.hold = nil })
		close(c)
		r.expect(t, "released meanwhile", "+1 failed(a,5s) +1 !1")
	})
	scenario("a removal", t, func(t *testing.T, r rig) {
		r.Set(hold("a", 1, on("eth0", 1)))
		r.expect(t, "take-over", "+1 !1")
		r.set(func() { r.refuse = func(string, vrrp.Address) error { return errRefused } })
		r.Set(release("a", on("eth0", 1)))
		r.expect(t, "refused", "-1 failed(a,5s)")
		r.set(func() { r.refuse = nil })
		time.Sleep(RetryAfter)
		r.expect(t, "tried again", "-1")
	})
	scenario("a removal of a dropped owner", t, func(t *testing.T, r rig) {
		r.Set(hold("a", 1, on("eth0", 1)))
		r.expect(t, "take-over", "+1 !1")
		r.set(func() { r.refuse = func(string, vrrp.Address) error { return errRefused } })
		r.Drop("a")
		r.expect(t, "refused", "-1 failed(a,5s)")
		r.set(func() { r.refuse = nil })
		r.Set(hold("b", 1, on("eth0", 1)))
		r.expect(t, "wanted again", "+=1 !1")
		time.Sleep(RetryAfter)
		r.expect(t, "and not removed", "")
	})
	scenario("an interface that is gone", t, func(t *testing.T, r rig) {
		r.Set(hold("a", 1, on("eth0", 1)))
		r.expect(t, "take-over", "+1 !1")
		r.set(func() { r.refuse = func(string, vrrp.Address) error { return unix.ENODEV } })
		r.Set(release("a", on("eth0", 1)))
		r.expect(t, "has no addresses", "-1")
	})
	scenario("no connection", t, func(t *testing.T, r rig) {
		r.noOpen = unix.EMFILE
		if err := r.Open("eth0"); !errors.Is(err, unix.EMFILE) {
			t.Errorf("open: %v", err)
		}
		r.Set(hold("a", 1, on("eth0", 1)))
		r.expect(t, "take-over", "changed(a) failed(a,1s)")
		if got := r.Trouble("a"); !got.All || !got.Local {
			t.Errorf("%+v", got)
		}
		tried := 0
		r.TryAgain("a", func() { tried++ })
		synctest.Wait()
		r.set(func() { r.noOpen = nil })
		r.TryAgain("a", func() { tried++ })
		synctest.Wait()
		if tried != 1 {
			t.Errorf("%d of two tries went well, want 1", tried)
		}
		time.Sleep(time.Second)
		r.expect(t, "later", "+1 !1 changed(a)")
	})
	scenario("what the kernel refuses is not tried", t, func(t *testing.T, r rig) {
		r.refuse = refuse(errRefused, 1)
		r.Set(hold("a", 1, on("eth0", 1)))
		synctest.Wait()
		r.TryAgain("a", func() { t.Error("tried") })
	})
	scenario("a connection that breaks", t, func(t *testing.T, r rig) {
		r.fail = func(verb string) (int, error) { return 1, errRefused }
		r.Set(hold("a", 1, on("eth0", 1, 2)))
		r.expect(t, "after one of two", "+1 !1 changed(a) failed(a,1s)")
		r.set(func() { r.fail = nil })
		time.Sleep(time.Second)
		r.expect(t, "the rest", "+2 !2 changed(a)")
		if r.opened != 2 {
			t.Errorf("%d connections, want a second one", r.opened)
		}
		r.set(func() { r.fail = func(verb string) (int, error) { return 0, errRefused } })
		r.Set(release("a", on("eth0", 1, 2)))
		r.expect(t, "removal", "failed(a,5s)")
		r.set(func() { r.fail = nil })
		r.lose("eth0", vip(1).Address.Prefix) // the kernel had done that
		r.Set(hold("a", 1, on("eth0", 1)))
		r.Set(hold("b", 1, on("eth0", 2)))
		synctest.Wait()
		if got := r.on("eth0"); got != "1 2" {
			t.Errorf("eth0 has %s", got)
		}
	})
	scenario("many errors", t, func(t *testing.T, r rig) {
		r.refuse = func(verb string, a vrrp.Address) error { return errors.New("refused " + a.Prefix.String()) }
		var hosts []int
		for h := range 200 {
			hosts = append(hosts, h+1)
		}
		r.Set(hold("a", 1, on("eth0", hosts...)))
		synctest.Wait()
		if text := r.Trouble("a").Err.Error(); len(text) > 500 || !strings.Contains(text, "195 more") {
			t.Errorf("%d bytes of errors: %.600s", len(text), text)
		}
	})
}

func TestUnannounced(t *testing.T) {
	scenario("once more, on a new socket", t, func(t *testing.T, r rig) {
		r.noAnnounce = errRefused
		r.Set(hold("a", 1, on("eth0", 1)))
		r.expect(t, "take-over", "+1 !1 !1 unannounced(a,1)")
		if r.announcers != 2 {
			t.Errorf("%d sockets, want 2", r.announcers)
		}
		r.set(func() { r.noAnnounce = nil })
		r.Announce("a", 1)
		r.expect(t, "later", "!1")
	})
}

// An address whose announcement one owner has no time for is announced for the
// next one, whenever that comes.
func TestUnsaid(t *testing.T) {
	scenario("it waits in the queue", t, func(t *testing.T, r rig) {
		w := hold("a", 1, on("eth0", 1, 2))
		w.Pause.ARP = time.Second
		r.Set(w)
		r.expect(t, "take-over", "+1 +2 !1")
		done := r.Together()
		r.Set(hold("a", 1, on("eth0", 1)))
		r.Set(hold("b", 1))
		r.Set(hold("b", 1, on("eth0", 2)))
		done()
		r.expect(t, "moved", "!2")
	})
	scenario("another owner holds it", t, func(t *testing.T, r rig) {
		w := hold("a", 1, on("eth0", 1, 2))
		w.Pause.ARP = time.Second
		r.Set(hold("b", 0, on("eth0", 2)))
		r.Set(w)
		synctest.Wait()
		r.take()
		r.Set(hold("b", 1, on("eth0", 2)))
		r.Set(release("a", on("eth0", 1, 2)))
		r.expect(t, "released", "-1 !2")
	})
	scenario("it is being added", t, func(t *testing.T, r rig) {
		r.Set(hold("a", 1, on("eth0", 2)))
		r.expect(t, "take-over", "+2 !2")
		c := make(chan struct{})
		r.set(func() { r.hold = c })
		r.Set(hold("b", 1, on("eth0", 1)))
		synctest.Wait()
		r.set(func() { r.hold = nil })
		r.Set(hold("b", 1))
		r.Set(hold("a", 1, on("eth0", 1, 2)))
		close(c)
		r.expect(t, "moved", "+1 !1")
	})
}
