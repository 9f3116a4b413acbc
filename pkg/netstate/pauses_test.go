package netstate

import (
	"github.com/kactl/kactl/pkg/vrrp"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// ARP and neighbour advertisements each have a pause of their own.
func TestPauses(t *testing.T) {
	six := AddressItem(vrrp.Address{Prefix: netip.MustParsePrefix("2001:db8::6/64"), Device: "eth0"})
	both := func(pause Pause) Want {
		p := on("eth0", 1)
		p.Items = append(p.Items, six, vip(2))
		w := hold("a", 2, p)
		w.Pause = pause
		return w
	}
	const six6 = "!2001:db8::6"
	scenario("none", t, func(t *testing.T, r rig) {
		r.Set(both(Pause{}))
		synctest.Wait()
		if done := count(r.take()); done[six6] != 2 || done["!1"] != 2 || done["!2"] != 2 {
			t.Errorf("at once: %v", done)
		}
	})
	scenario("after neighbour advertisements", t, func(t *testing.T, r rig) {
		r.Set(both(Pause{NA: time.Second}))
		synctest.Wait()
		if done := count(r.take()); done[six6] != 1 || done["!1"] != 2 || done["!2"] != 2 {
			t.Errorf("at once: %v", done)
		}
		time.Sleep(time.Second - 1)
		r.expect(t, "before the pause is over", "")
		time.Sleep(time.Nanosecond)
		r.expect(t, "after it", six6)
		time.Sleep(time.Hour)
		r.expect(t, "and no more", "")
	})
	scenario("after ARP", t, func(t *testing.T, r rig) {
		r.Set(both(Pause{ARP: time.Second}))
		synctest.Wait()
		if done := count(r.take()); done[six6] != 2 || done["!1"] != 1 || done["!2"] != 0 {
			t.Errorf("at once: %v", done)
		}
		time.Sleep(time.Second)
		r.expect(t, "after the first pause", "!2")
		time.Sleep(2 * time.Second)
		r.expect(t, "the second round", "!1 !2")
		time.Sleep(time.Hour)
		r.expect(t, "and no more", "")
	})
	scenario("announced again", t, func(t *testing.T, r rig) {
		r.Set(both(Pause{}))
		synctest.Wait()
		r.take()
		r.Announce("a", 3)
		synctest.Wait()
		if done := count(r.take()); done[six6] != 3 || done["!1"] != 3 || done["!2"] != 3 {
			t.Errorf("%v", done)
		}
	})
}

// Interfaces that share a pause keep it together, whatever owners ask for; one that is
// in no group keeps its owner's. Without the group all is as before.
func TestSharedPauses(t *testing.T) {
	holdBoth := func(r rig) {
		for owner, p := range map[string]Part{"a": on("eth0", 1), "b": on("eth1", 2), "c": on("eth2", 3)} {
			w := hold(owner, 2, p)
			w.Pause = Pause{ARP: time.Hour}
			r.Set(w)
		}
	}
	shared := []SharedPause{{Devices: []string{"eth0", "eth1"}, Pause: Pause{ARP: time.Second}}, {Devices: []string{"eth1"}}}
	scenario("set before", t, func(t *testing.T, r rig) {
		r.SharePauses(shared)
		holdBoth(r)
		synctest.Wait()
		done := count(r.take())
		if done["!1"]+done["!2"] != 1 || done["!3"] != 1 {
			t.Errorf("at once: %v", done)
		}
		for n := range 3 {
			time.Sleep(time.Second)
			synctest.Wait()
			for what, times := range count(r.take()) {
				if done[what] += times; times != 1 {
					t.Errorf("after %d s: %s %d times", n+1, what, times)
				}
			}
			if got := done["!1"] + done["!2"]; got != n+2 {
				t.Errorf("after %d s: %v", n+1, done)
			}
		}
		if done["!1"] != 2 || done["!2"] != 2 || done["!3"] != 1 {
			t.Errorf("after 3 s: %v", done)
		}
	})
	scenario("set and reset", t, func(t *testing.T, r rig) {
		holdBoth(r)
		synctest.Wait()
		r.take()
		r.SharePauses(shared)
		r.SharePauses(nil)
		r.Announce("a", 1)
		time.Sleep(time.Minute)
		r.expect(t, "an owner's pause is kept", "")
	})
}

// count says how often each thing was done.
func count(done string) map[string]int {
	n := map[string]int{}
	for what := range strings.FieldsSeq(done) {
		n[what]++
	}
	return n
}
