package checkd

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kactl/kactl/pkg/lvs"
)

func seconds(tcp, fin, udp time.Duration) lvs.Timeouts {
	return lvs.Timeouts{TCP: tcp * time.Second, TCPFin: fin * time.Second, UDP: udp * time.Second}
}

func timed(t lvs.Timeouts) lvs.Settings {
	s := settings(virtual(vip1, rs1))
	s.Timeouts = t
	return s
}

// Time-outs are set at the start and when a reload changes them; what the settings
// leave out is as it was at the start.
func TestTimeouts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, timed(seconds(500, 0, 60)), nil)
		r.expect("start", r.ipvs.time(), seconds(500, 120, 60))
		for _, step := range []struct{ set, want lvs.Timeouts }{
			{seconds(500, 77, 60), seconds(500, 77, 60)},
			{seconds(0, 78, 60), seconds(900, 78, 60)},
			{seconds(0, 0, 0), seconds(900, 120, 300)},
			{seconds(0, 0, 61), seconds(900, 120, 61)},
		} {
			r.expect("Reload", r.Reload(t.Context(), timed(step.set)), nil)
			r.expect("time-outs", r.ipvs.time(), step.want)
		}
		// What somebody sets by hand stays until a reload changes something.
		r.ipvs.setTime(seconds(1, 2, 3))
		r.wait(3 * resync)
		r.expect("Reload", r.Reload(t.Context(), timed(seconds(0, 0, 61))), nil)
		r.expect("by hand", r.ipvs.time(), seconds(1, 2, 3))
		r.stop()
	})
}

// Settings without time-outs neither read nor set them.
func TestNoTimeouts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, timed(lvs.Timeouts{}), nil)
		r.ipvs.noTime(errors.New("nobody asks"))
		r.wait(3 * resync)
		r.expect("Reload", r.Reload(t.Context(), timed(lvs.Timeouts{})), nil)
		r.expect("kernel's", r.ipvs.time(), seconds(900, 120, 300))
		r.stop()
	})
}

// Time-outs that cannot be set are tried again, and keep nothing else from being done.
func TestTimeoutsThatCannotBeSet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, timed(lvs.Timeouts{}), nil)
		r.logged()
		r.ipvs.noTime(errors.New("not permitted"))
		two := timed(seconds(500, 0, 0))
		two.Services = append(two.Services, virtual(vip2, rs2))
		r.reloadFails(two, "lvs_timeouts: not permitted; kactl keeps trying")
		r.expect("the table", r.ipvs.destinations(vip2), rs2+"=1")
		r.ipvs.meddle(lvs.Op{Kind: lvs.EditDestination, ID: key(vip1), Addr: ap(rs1), Destination: lvs.Destination{Forward: lvs.DR}})
		r.wait(10 * time.Minute)
		r.expect("drained", r.ipvs.destinations(vip1), rs1+"=0")
		said := 0
		for _, line := range r.logged() {
			if line == "IPVS time-outs cannot be set, trying again" {
				said++
			}
		}
		r.expect("said", said, 1)
		r.ipvs.noTime(nil)
		r.wait(resync)
		r.expect("at last", r.ipvs.time(), seconds(500, 120, 300))
		r.expect("log", r.logged(), []string{"IPVS time-outs are set again"})

		// What fails again is said again, and tried again before everything else is looked
		// at.
		r.ipvs.noTime(errors.New("not permitted"))
		two.Timeouts = seconds(600, 0, 0)
		r.reloadFails(two, "lvs_timeouts: not permitted; kactl keeps trying")
		r.expect("said again", slices.Contains(r.logged(), "IPVS time-outs cannot be set, trying again"), true)
		r.ipvs.noTime(nil)
		r.wait(retryFirst)
		r.expect("soon", r.ipvs.time(), seconds(600, 120, 300))
		r.stop()
	})
}
