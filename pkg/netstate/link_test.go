package netstate

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"
)

// An interface that is made comes before its addresses, whoever is first to want his,
// and goes after them.
func TestLinkBeforeAddresses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t)
		link := Part{Device: "vmac", Items: []Item{vmac(51)}}
		addrs := on("vmac", 1, 2)
		set := func(held bool) {
			done := r.Together()
			r.Set(Want{Owner: "a", Parts: []Part{addrs}, Held: held, Repeat: 1})
			r.Set(Want{Owner: "link", Parts: []Part{link}, Held: held})
			done()
		}
		set(true)
		took(t, r, "held", "+vmac +1 !1 +2 !2")
		set(false)
		took(t, r, "given up", "-1 -2 -vmac")
		// As it is with a backup, before and after.
		r.Set(Want{Owner: "link", Parts: []Part{link}, Held: true})
		took(t, r, "made", "+vmac")
		r.Set(Want{Owner: "a", Parts: []Part{addrs}, Held: true, Repeat: 1})
		took(t, r, "taken over", "+1 !1 +2 !2")
		r.Drop("link")
		r.Drop("a")
		synctest.Wait()
		if left := r.on("vmac"); left != "" {
			t.Errorf("left is %q", left)
		}
	})
}

// One that somebody removes is made again, with what was on it, and the log says so
// once.
func TestLinkLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t)
		r.Set(Want{Owner: "link", Parts: []Part{{Device: "vmac", Items: []Item{vmac(51)}}}, Held: true})
		r.Set(Want{Owner: "a", Parts: []Part{on("vmac", 1, 2)}, Held: true, Repeat: 1})
		took(t, r, "at first", "+vmac +1 !1 +2 !2")
		r.Renewed("vmac")
		took(t, r, "reported as new", "+=1 +=2")
		for _, lose := range []func(){
			func() { r.LostLink("vmac") },
			func() { // the kernel reports the addresses first
				r.Lost("vmac", vip(1).Address.Prefix)
				r.Lost("vmac", vip(2).Address.Prefix)
				r.LostLink("vmac")
			},
		} {
			r.set(func() { r.there["vmac"] = nil })
			done := r.Together()
			lose()
			done()
			took(t, r, "removed", "+vmac restored(link,vmac) +1 !1 +2 !2")
		}
		// The address is reported alone, before anything else.
		r.set(func() { r.there["vmac"] = nil })
		r.Lost("vmac", vip(1).Address.Prefix)
		synctest.Wait()
		if got := r.on("vmac"); got != "1 2 vmac" {
			t.Errorf("there is %q", got)
		}
		r.LostLink("vmac")
		r.take()
		r.LostLink("vmac") // by ourselves, or it is back
		synctest.Wait()
		if got := r.take(); strings.Contains(got, "restored") {
			t.Errorf("nothing was lost: %q", got)
		}
	})
}

// One that is to be otherwise is made anew, with what was on it.
func TestLinkReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t)
		set := func(mac byte) {
			r.Set(Want{Owner: "link", Parts: []Part{{Device: "vmac", Items: []Item{vmac(mac)}}}, Held: true})
		}
		set(51)
		r.Set(Want{Owner: "a", Parts: []Part{on("vmac", 1)}, Held: true, Repeat: 1})
		took(t, r, "at first", "+vmac +1 !1")
		set(52)
		took(t, r, "another", "-vmac +vmac +1 !1")
		set(52)
		took(t, r, "the same", "")
	})
}

// Addresses that could not be there without it do not wait once it is there.
func TestLinkLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t)
		refused := true
		r.set(func() {
			r.refuseItem = func(string, Item) error {
				if refused {
					return unix.EOPNOTSUPP
				}
				return nil
			}
		})
		r.Set(Want{Owner: "a", Parts: []Part{on("vmac", 1)}, Held: true, Repeat: 1, Hurry: RetryAfter})
		r.Set(Want{Owner: "link", Parts: []Part{{Device: "vmac", Items: []Item{vmac(51)}}}, Held: true, Hurry: RetryFirst})
		synctest.Wait()
		if !r.Trouble("link").All || !r.Trouble("a").All {
			t.Error("neither can be there")
		}
		time.Sleep(RetryAfter - 10*RetryFirst) // the address is tried in a while
		var sockets int
		r.set(func() { refused, sockets = false, r.announcers })
		time.Sleep(2 * RetryFirst)
		synctest.Wait()
		if got := r.on("vmac"); got != "1 vmac" {
			t.Errorf("there is %q", got)
		}
		r.set(func() {
			if r.announcers != sockets+1 {
				t.Errorf("%d sockets to announce by, not one more than %d", r.announcers, sockets)
			}
		})
	})
}

// What an interface for IPv6 says of its groups when the last address goes would come from
// the hardware address that is another router's by now: it is switched off meanwhile.
func TestLinkSilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t)
		link := vmac(51)
		link.Link.IPv6 = true
		r.Set(Want{Owner: "link", Parts: []Part{{Device: "vmac", Items: []Item{link}}}, Held: true})
		set := func(owner string, held bool, hosts ...int) {
			r.Set(Want{Owner: owner, Parts: []Part{on("vmac", hosts...)}, Held: held})
		}
		took(t, r, "made", "+vmac")
		set("a", false, 1)
		took(t, r, "nothing is known to be there", "-=1")
		set("a", true, 1)
		set("b", true, 2)
		synctest.Wait()
		r.take()
		set("a", false, 1)
		took(t, r, "another one stays", "-1")
		set("b", false, 2)
		took(t, r, "the last one", "vmac-false -2 vmac-true")
	})
}
