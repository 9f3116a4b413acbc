package checkd

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kactl/kactl/pkg/lvs"
)

// refusals returns what was logged of refusals since the last call.
func (r *rig) refusals() (said []string) {
	for _, line := range r.logged() {
		if len(line) > 10 && line[:10] == "The kernel" {
			said = append(said, line)
		}
	}
	return said
}

const kernelRefuses = "The kernel refuses to add "

// What the kernel refuses is logged once, tried again in silence, and keeps
// nothing else from being done.
func TestRefusal(t *testing.T) {
	const web, server = "virtual server [198.51.100.1]:tcp:80", "real server [10.0.0.2]:tcp:80 of virtual server [198.51.100.2]:tcp:80"
	synctest.Test(t, func(t *testing.T) {
		r := start(t, settings(virtual(vip2, rs1)), nil)
		r.logged()
		no := errors.New("it cannot be a real server (invalid argument)")
		r.ipvs.refuseOnly(no, "add "+web, "add "+server)
		// Of a service that is not there the real servers are refused as well; the
		// kernel's answers to that are not passed on.
		s := settings(virtual(vip1, rs1), virtual(vip2, rs1, rs2, rs3))
		r.reloadFails(s, "the kernel refuses "+server+": "+no.Error()+", and 1 more; kactl keeps trying")
		r.expect("the others", r.ipvs.destinations(vip2), rs1+"=1 "+rs3+"=1")
		r.expect("log", r.refusals(), []string{
			kernelRefuses + web + ": " + no.Error() + ". kactl keeps trying, and logs when it succeeds.",
			kernelRefuses + server + ": " + no.Error() + ". kactl keeps trying, and logs when it succeeds.",
		})
		r.wait(time.Hour)
		r.expect("in an hour", len(r.refusals()), 0)

		// Another reason is news.
		other := errors.New("the kernel has no scheduler rr (no such file or directory)")
		r.ipvs.refuseOnly(other, "add "+web)
		r.wait(resync)
		r.expect("log", r.refusals(), []string{
			kernelRefuses + web + ": " + other.Error() + ". kactl keeps trying, and logs when it succeeds.",
			"The kernel refuses " + server + " no more",
		})
		r.expect("the others", r.ipvs.destinations(vip2), rs1+"=1 "+rs2+"=1 "+rs3+"=1")
		r.ipvs.refuseOnly(nil)
		r.wait(resync)
		r.expect("log", r.refusals(), []string{"The kernel refuses " + web + " no more"})
		r.expect("at last", r.ipvs.destinations(vip1), rs1+"=1")
		r.stop()
	})
}

// While something is refused, what other programs do is seen and repaired, and
// weights that an operator set stay.
func TestRefusalBesideOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, settings(virtual(vip1, rs1), virtual(vip2, rs1, rs2)), nil)
		r.ipvs.refuseOnly(errors.New("no"), "[10.0.0.3]")
		r.reloadFails(settings(virtual(vip1, rs1, rs3), virtual(vip2, rs1, rs2)), "the kernel refuses real server [10.0.0.3]:tcp:80")
		r.wait(10 * time.Minute)
		r.logged()
		r.ipvs.meddle(lvs.Op{Kind: lvs.EditDestination, ID: key(vip2), Addr: ap(rs1), Destination: lvs.Destination{Forward: lvs.DR}})
		r.wait(2 * resync)
		r.expect("drained", r.ipvs.destinations(vip2), rs1+"=0 "+rs2+"=1")
		r.expect("log", len(r.logged()), 0)
		r.ipvs.meddle(lvs.Op{Kind: lvs.DeleteDestination, ID: key(vip2), Addr: ap(rs2)})
		r.wait(resync)
		r.expect("repaired", r.ipvs.destinations(vip2), rs1+"=0 "+rs2+"=1")
		r.expect("log", r.logged(), []string{"IPVS table was changed by another program, repairing it"})
		r.prober.set(true, rs1)
		r.wait(time.Minute)
		r.expect("removed", r.ipvs.destinations(vip2), rs2+"=1")
		// A reload without it ends the matter.
		r.refusals()
		r.expect("Reload", r.Reload(t.Context(), settings(virtual(vip1, rs1), virtual(vip2, rs1, rs2))), nil)
		r.wait(resync)
		r.expect("log", r.refusals(), []string{"The kernel refuses real server [10.0.0.3]:tcp:80 of virtual server [198.51.100.1]:tcp:80 no more"})
		r.stop()
	})
}

func TestManyRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, settings(virtual(vip1, rs1)), nil)
		r.logged()
		r.ipvs.refuseOnly(errors.New("no"), "[10.0.7.")
		v := virtual(vip1, rs1)
		for i := range 30 {
			v.Reals = append(v.Reals, realServer(fmt.Sprintf("10.0.7.%d:80", i)))
		}
		r.reloadFails(settings(v), ", and 29 more; kactl keeps trying")
		said := r.refusals()
		r.expect("lines", len(said), maxRefusals+1)
		r.expect("the last", said[len(said)-1], "The kernel refuses 22 more changes of its table")
		r.stop()
	})
}

// What the kernel refuses is tried again after 1, 3 and 7 s, and after a success the
// next refusal begins with 1 s again.
func TestRefusalIsRetriedLessAndLess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, settings(virtual(vip1, rs1)), nil)
		tries := func() int {
			r.ipvs.mu.Lock()
			defer r.ipvs.mu.Unlock()
			return r.ipvs.applies
		}
		for _, reals := range [][]string{{rs1, rs2}, {rs1, rs2, rs3}} {
			last := reals[len(reals)-1]
			r.ipvs.refuseOnly(errors.New("no"), "["+last[:8]+"]")
			before := tries()
			r.reloadFails(settings(virtual(vip1, reals...)), "the kernel refuses")
			r.wait(10 * time.Second)
			r.expect("tries for "+last, tries()-before, 4)
			r.ipvs.refuseOnly(nil)
			r.wait(3 * resync)
		}
		r.stop()
	})
}

// A service that was removed is no longer ours: another program may add it.
func TestRemovedServiceIsForeign(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, settings(virtual(vip1, rs1), virtual(vip2, rs2)), nil)
		r.expect("Reload", r.Reload(t.Context(), settings(virtual(vip1, rs1))), nil)
		r.ipvs.meddle(lvs.Op{Kind: lvs.AddService, ID: key(vip2), Service: lvs.Service{Scheduler: "sh"}})
		r.wait(2 * resync)
		r.expect("still there", r.ipvs.destinations(vip2), "")
		r.stop()
		r.expect("in the end, too", r.ipvs.destinations(vip2), "")
	})
}
