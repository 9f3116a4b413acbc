package checkd

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestMailOfServers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := virtual(vip1, rs1, rs2)
		r := start(t, settings(v), nil)
		const one, two, vs = "RS [10.0.0.1]:tcp:80 of VS [198.51.100.1]:tcp:80", "RS [10.0.0.2]:tcp:80 of VS [198.51.100.1]:tcp:80", "VS [198.51.100.1]:tcp:80"
		r.wait(time.Minute)
		r.expect("start", r.notifier.since(), []string{vs + ": added by start", vs + ": quorum up by start: weight 2, need 1, hysteresis 0"})
		r.prober.set(true, rs1)
		r.wait(time.Minute)
		r.expect("down", r.notifier.since(), []string{one + ": TCP_CHECK down: refused", one + ": down by check: refused"})
		r.prober.set(true, rs2)
		r.wait(time.Minute)
		r.expect("no quorum", r.notifier.since(), []string{two + ": TCP_CHECK down: refused", two + ": down by check: refused", vs + ": quorum down by check: weight 0, need 1, hysteresis 0"})
		r.prober.set(false, rs1)
		r.wait(time.Minute)
		r.expect("up", r.notifier.since(), []string{one + ": TCP_CHECK up", one + ": up by check", vs + ": quorum up by check: weight 1, need 1, hysteresis 0"})
		r.expect("Reload", r.Reload(t.Context(), settings(virtual(vip1, rs2))), nil)
		r.expect("removed", r.notifier.since(), []string{one + ": down by reload, removed", vs + ": quorum down by reload: weight 0, need 1, hysteresis 0"})
		r.expect("Reload", r.Reload(t.Context(), settings()), nil)
		r.expect("removed with its service", r.notifier.since(), []string{vs + ": removed by reload"})
		r.expect("Reload", r.Reload(t.Context(), settings(virtual(vip1, rs1))), nil)
		r.wait(time.Minute)
		r.notifier.since()
		r.stop()
		for _, e := range r.notifier.since() {
			if strings.HasPrefix(e, one+": down") {
				t.Errorf("the event of a stop says that the server failed: %s", e)
			}
		}
	})
}
