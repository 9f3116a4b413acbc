package netstate

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kactl/kactl/pkg/iproute"
)

// inTables is what an owner has in the routing tables.
func inTables(items ...Item) Part { return Part{Items: items} }

func took(t *testing.T, r rig, when, want string) {
	t.Helper()
	synctest.Wait()
	if got := r.take(); got != want {
		t.Errorf("%s: %q, not %q", when, got, want)
	}
}

// What is dropped comes before addresses, these before routes, and routes before rules;
// they go in the reverse order, and what follows waits for all of it.
func TestOrderOfKinds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t)
		parts := []Part{on("eth0", 1), on("eth1", 2), inTables(ruleAt(1), routeTo(1), ruleAt(2), routeTo(2)), inFilter(1, 2)}
		set := func(held bool) {
			r.Set(Want{Owner: "a", Parts: parts, Held: held})
			r.After("a", func() { r.set(func() { r.note("done") }) })
		}
		set(true)
		synctest.Wait()
		if got := r.take(); got != "+d1 +d2 +1 +2 +r1 +r2 +u1 +u2 done" && got != "+d1 +d2 +2 +1 +r1 +r2 +u1 +u2 done" {
			t.Errorf("held: %q", got)
		}
		set(false)
		synctest.Wait()
		if got := r.take(); got != "-u1 -u2 -r1 -r2 -1 -2 -d1 -d2 done" && got != "-u1 -u2 -r1 -r2 -2 -1 -d1 -d2 done" {
			t.Errorf("given up: %q", got)
		}
	})
}

// An owner without addresses, and one that turns before it has all.
func TestTurnsOfTables(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t)
		r.Set(Want{Owner: "a", Parts: []Part{inTables(routeTo(1))}, Held: true})
		took(t, r, "without addresses", "+r1")
		parts := []Part{on("eth0", 1), inTables(routeTo(2))}
		hold := make(chan struct{})
		r.set(func() { r.hold = hold })
		called := ""
		set := func(held bool, name string) {
			r.Set(Want{Owner: "b", Parts: parts, Held: held})
			r.After("b", func() { r.set(func() { called += name }) })
		}
		set(true, "1")
		synctest.Wait()
		set(false, "2")
		set(true, "3")
		set(false, "4")
		r.set(func() { r.hold = nil })
		close(hold)
		synctest.Wait()
		r.set(func() {
			if called != "1234" {
				t.Errorf("called in the order %q", called)
			}
		})
		if there := r.on("") + r.on("eth0"); there != "r1" {
			t.Errorf("there is %q", there)
		}
		set(true, "5")
		r.Set(Want{Owner: "b"}) // has nothing any more
		synctest.Wait()
		set(true, "6")
		r.Drop("b") // what waits is called
		synctest.Wait()
		r.set(func() {
			if called != "123456" {
				t.Errorf("called in the order %q", called)
			}
		})
		if there := r.on("") + r.on("eth0"); there != "r1" {
			t.Errorf("there is %q after the drop", there)
		}
	})
}

// A reload changes what it changes, and takes away nothing that stays.
func TestReloadOfTables(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t)
		set := func(owner string, held bool, items ...Item) {
			r.Set(Want{Owner: owner, Parts: []Part{on("eth0", 1), inTables(items...)}, Held: held})
		}
		set("a", true, routeTo(1), routeTo(2), ruleAt(1))
		set("b", true)
		synctest.Wait()
		r.take()
		set("a", true, routeTo(1), routeTo(3), ruleAt(1))
		took(t, r, "another route", "-r2 +r3")
		done := r.Together()
		set("a", true, routeTo(3))
		set("b", true, routeTo(1), ruleAt(1))
		done()
		took(t, r, "moved to another owner", "")
		if there := r.on(""); there != "r1 r3 u1" {
			t.Errorf("there is %q", there)
		}
		r.Drop("a")
		took(t, r, "dropped", "-r3")
		set("c", true, routeTo(1))
		synctest.Wait()
		set("b", false, routeTo(1), ruleAt(1))
		synctest.Wait()
		if there := r.on(""); there != "r1" {
			t.Errorf("there is %q, though another owner holds the route", there)
		}
	})
}

// What somebody else removes is put back; what was removed on purpose is not.
func TestLostTables(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t)
		parts := []Part{inTables(routeTo(1), routeTo(2), ruleAt(1), ruleAt(2))}
		r.Set(Want{Owner: "a", Parts: parts, Held: true})
		synctest.Wait()
		r.take()
		lost := func(i Item) iproute.Route { return iproute.Route{Destination: i.Route.Destination, Table: 254} }
		r.loseItem(routeTo(1))
		r.LostRoute(lost(routeTo(1)))
		took(t, r, "a route", "+r1 restored(a,r1)")
		r.loseItem(ruleAt(2))
		r.LostRule(iproute.Rule{Preference: 2})
		took(t, r, "a rule", "+u2 restored(a,u2)")
		r.LostRoute(lost(routeTo(2)))
		took(t, r, "one that is there", "+=r2")
		for _, other := range []iproute.Route{{Destination: routeTo(1).Route.Destination, Table: 255}, {Destination: routeTo(1).Route.Destination, Table: 254, Metric: 5},
			{Destination: routeTo(1).Route.Destination, Table: 254, TOS: 4}, {Destination: netip.MustParsePrefix("0.0.0.0/0"), Table: 254}} {
			r.LostRoute(other)
		}
		r.LostRule(iproute.Rule{Preference: 2, IPv6: true})
		took(t, r, "others", "")
		r.loseItem(routeTo(2))
		r.loseItem(ruleAt(1))
		r.LostRoute(iproute.Route{})
		took(t, r, "any", "+=r1 +r2 restored(a,r2) +u1 restored(a,u1) +=u2")
		r.Set(Want{Owner: "a", Parts: parts})
		synctest.Wait()
		r.take()
		r.LostRoute(lost(routeTo(1)))
		took(t, r, "on purpose", "")
	})
}

// A route that cannot be there yet is tried again when something moves, and not
// more often than that is worth; what the kernel has dropped meanwhile is put back.
func TestMoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t)
		missing := true
		r.set(func() {
			r.refuseItem = func(verb string, i Item) error {
				if missing && nameOf(i) == "r1" && verb == "+" {
					return errRefused
				}
				return nil
			}
		})
		r.Set(Want{Owner: "a", Parts: []Part{inTables(routeTo(1), routeTo(2), ruleAt(1))}, Held: true})
		took(t, r, "at first", "+r1 +r2 +u1")
		time.Sleep(time.Second)
		took(t, r, "once more", "+r1 failed(a,5s)")
		for range 20 {
			r.Moved(true)
			synctest.Wait()
		}
		time.Sleep(movedPause)
		took(t, r, "many times in vain", "+r1 failed(a,5s) +r1 failed(a,5s)")
		time.Sleep(time.Second)
		began := time.Now()
		r.set(func() { missing = false })
		r.Moved(true)
		r.Moved(false)
		took(t, r, "at last", "+r1 +=r2")
		if late := time.Since(began); late > 0 {
			t.Errorf("%v late", late)
		}
		time.Sleep(time.Second)
		r.loseItem(routeTo(2))
		r.Moved(false)
		took(t, r, "dropped by the kernel", "+=r1 +r2 restored(a,r2,kernel)")
		time.Sleep(time.Minute)
		took(t, r, "later", "")
	})
}

// An interface that goes down takes its routes along: that was the kernel, whatever
// is heard first, and they are back when it is up.
func TestRoutesGoWithTheirInterface(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t)
		r.Set(Want{Owner: "a", Parts: []Part{inTables(routeTo(1))}, Held: true})
		synctest.Wait()
		r.take()
		r.loseItem(routeTo(1))
		r.set(func() { r.refuseItem = func(string, Item) error { return errRefused } })
		r.LostRoute(iproute.Route{Destination: routeTo(1).Route.Destination, Table: 254})
		synctest.Wait()
		r.Moved(false)
		synctest.Wait()
		r.take()
		time.Sleep(time.Second)
		r.set(func() { r.refuseItem = nil })
		r.Moved(false)
		took(t, r, "up again", "+r1 restored(a,r1,kernel)")
	})
}

// A router does without its routes: it lacks nothing that another one might have.
func TestRoutesAreNoTrouble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t)
		r.set(func() { r.refuseItem = func(string, Item) error { return errRefused } })
		r.Set(Want{Owner: "a", Parts: []Part{on("eth0", 1), inTables(routeTo(1))}, Held: true})
		synctest.Wait()
		if trouble := r.Trouble("a"); trouble != (Trouble{}) {
			t.Error(trouble)
		}
	})
}

// A route with a time to live is not put back when that is over.
func TestRouteExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t)
		short := *routeTo(1).Route
		short.Expires = time.Minute
		r.Set(Want{Owner: "a", Parts: []Part{inTables(RouteItem(&short), routeTo(2))}, Held: true})
		took(t, r, "at first", "+r1 +r2")
		r.LostRoute(iproute.Route{Destination: short.Destination, Table: mainTable})
		took(t, r, "when it is over", "")
		time.Sleep(time.Minute)
		r.Moved(false)
		took(t, r, "later", "+=r2")
	})
}

// What a predecessor has left is taken over or removed, if it has our mark.
func TestLeftTables(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t)
		other := *routeTo(3).Route
		other.Protocol = 4
		items := []Item{routeTo(1), ruleAt(1), RouteItem(&other)}
		r.set(func() { r.there[tablesName] = slices.Clone(items) })
		r.Set(Want{Owner: "a", Parts: []Part{inTables(items...)}})
		took(t, r, "as backup", "-u1 -r1")
		r.set(func() { r.there[tablesName] = slices.Clone(items) })
		r.Set(Want{Owner: "b", Parts: []Part{inTables(routeTo(1))}, Held: true})
		took(t, r, "as master", "+=r1")
	})
}

// An owner that wants all of its items lacks something until the last is there.
func TestWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t)
		r.set(func() {
			r.refuseItem = func(_ string, i Item) error {
				if nameOf(i) == "r2" {
					return errRefused
				}
				return nil
			}
		})
		r.Set(Want{Owner: "a", Parts: []Part{on("eth0", 1), inTables(routeTo(1), routeTo(2))}, Held: true, Whole: true, Hurry: RetryAfter})
		synctest.Wait()
		if trouble := r.Trouble("a"); trouble.Err != nil {
			t.Errorf("at once: %v", trouble.Err)
		}
		time.Sleep(time.Second)
		if trouble := r.Trouble("a"); trouble.Err == nil {
			t.Error("nothing is missing")
		}
		r.take()
		time.Sleep(time.Minute)
		took(t, r, "meanwhile", strings.TrimSpace(strings.Repeat("+r2 changed(a) failed(a,5s) ", 12)))
		r.set(func() { r.refuseItem = nil })
		r.Moved(true)
		took(t, r, "at last", "+r2 changed(a)")
		if trouble := r.Trouble("a"); trouble.Err != nil {
			t.Error(trouble.Err)
		}
	})
}

// At the end routes go before addresses, and nothing is left.
func TestCloseWithTables(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t)
		parts := []Part{on("eth0", 1), inTables(routeTo(1), ruleAt(1))}
		r.Set(Want{Owner: "a", Parts: parts, Held: true})
		synctest.Wait()
		r.take()
		r.Set(Want{Owner: "a", Parts: parts})
		if err := r.finish(r.State); err != nil {
			t.Error(err)
		}
		took(t, r, "at the end", "-u1 -r1 -1")
	})
}

// The kernel drops a secondary address with its primary one: that was nobody else.
func TestLostWithPrimary(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t)
		r.Set(Want{Owner: "a", Parts: onEth0(1), Held: true})
		synctest.Wait()
		r.take()
		r.fakeSystem.lose("eth0", vip(1).Address.Prefix)
		r.LostWithPrimary("eth0", vip(1).Address.Prefix)
		took(t, r, "with its primary", "+1 !1 restored(a,1,kernel)")
		r.fakeSystem.lose("eth0", vip(1).Address.Prefix)
		r.Lost("eth0", vip(1).Address.Prefix)
		took(t, r, "by somebody", "+1 !1 restored(a,1)")
	})
}
