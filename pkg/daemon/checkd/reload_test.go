package checkd

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kactl/kactl/pkg/health"
	"github.com/kactl/kactl/pkg/lvs"
)

// What a reload makes of the state of servers is logged and notified as what a check makes of it,
// in the words of keepalived 2.2.7 and its order.

// withSorry is a service with a sorry server.
func withSorry(addr string, reals ...lvs.RealServer) lvs.Settings {
	v := virtual(vip1)
	v.Reals = reals
	if addr != "" {
		v.Sorry = &lvs.RealServer{Addr: ap(addr), Forward: lvs.DR, Weight: 1}
	}
	return settings(v)
}

func unchecked(addr string) lvs.RealServer {
	r := realServer(addr)
	r.Checks = nil
	return r
}

func TestReloadTakesTheFailingCheckAway(t *testing.T) {
	inhibited := func(r lvs.RealServer) lvs.RealServer {
		r.Inhibit = true
		return r
	}
	both := realServer(rs1)
	both.Checks = append(both.Checks, health.Check{Kind: health.TCP, Target: ap(rs3), Interval: 10 * time.Second, Warmup: time.Second})
	good := both
	good.Checks = both.Checks[1:]
	for _, tt := range []struct {
		name          string
		before, after lvs.RealServer
		others        []lvs.RealServer
		log           []string
		scripts       []string
		table         string
	}{
		{"the only one of the only server", realServer(rs1), unchecked(rs1), nil, []string{
			"Adding service [10.0.0.1]:tcp:80 to VS [198.51.100.1]:tcp:80",
			"Gained quorum 1+0=1 <= 1 for VS [198.51.100.1]:tcp:80",
			"Removing sorry server [10.0.0.9]:tcp:80 from VS [198.51.100.1]:tcp:80",
			"Adding alive servers to the pool for VS [198.51.100.1]:tcp:80",
		}, []string{"down " + rs1, "up " + rs1}, rs1 + "=1"},
		{"beside another server", realServer(rs1), unchecked(rs1), []lvs.RealServer{realServer(rs2)}, []string{
			"Adding service [10.0.0.1]:tcp:80 to VS [198.51.100.1]:tcp:80",
		}, []string{"down " + rs1, "up " + rs1}, rs1 + "=1 " + rs2 + "=1"},
		{"of two checks", both, good, []lvs.RealServer{realServer(rs2)}, []string{
			"Adding service [10.0.0.1]:tcp:80 to VS [198.51.100.1]:tcp:80",
		}, []string{"down " + rs1, "up " + rs1}, rs1 + "=1 " + rs2 + "=1"},
		{"of an inhibited server", inhibited(realServer(rs1)), inhibited(unchecked(rs1)), []lvs.RealServer{realServer(rs2)}, []string{
			"Enabling service [10.0.0.1]:tcp:80 of VS [198.51.100.1]:tcp:80",
		}, []string{"down " + rs1, "up " + rs1}, rs1 + "=1 " + rs2 + "=1"},
		{"no longer inhibited", inhibited(realServer(rs1)), realServer(rs1), []lvs.RealServer{realServer(rs2)}, nil,
			[]string{"down " + rs1}, rs2 + "=1"},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := start(t, withSorry(sorry, append([]lvs.RealServer{tt.before}, tt.others...)...), nil)
			r.prober.set(true, rs1)
			r.wait(8 * time.Second)
			r.logged()
			r.expect(tt.name+": Reload", r.Reload(t.Context(), withSorry(sorry, append([]lvs.RealServer{tt.after}, tt.others...)...)), nil)
			r.expect(tt.name+": log", r.logged(), tt.log)
			r.expect(tt.name+": scripts", r.notifier.scripts(), tt.scripts)
			r.expect(tt.name+": table", r.ipvs.destinations(vip1), tt.table)
			r.stop()
		})
	}
}

func TestReloadExchangesTheSorryServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, withSorry(sorry, realServer(rs1)), nil)
		r.prober.set(true, rs1)
		r.wait(8 * time.Second)
		r.expect("in use", r.ipvs.destinations(vip1), sorry+"=1")
		r.logged()
		reload := func(what, addr, table string, log ...string) {
			t.Helper()
			r.expect(what+": Reload", r.Reload(t.Context(), withSorry(addr, realServer(rs1))), nil)
			r.expect(what+": log", r.logged(), log)
			r.expect(what, r.ipvs.destinations(vip1), table)
		}
		const added = "Removing alive servers from the pool for VS [198.51.100.1]:tcp:80"
		reload("exchanged", rs3, rs3+"=1",
			"Removing sorry server [10.0.0.9]:tcp:80 from VS [198.51.100.1]:tcp:80",
			"Adding sorry server [10.0.0.3]:tcp:80 to VS [198.51.100.1]:tcp:80", added)
		reload("the same", rs3, rs3+"=1")
		reload("taken away", "", "", "Removing sorry server [10.0.0.3]:tcp:80 from VS [198.51.100.1]:tcp:80")
		reload("given", sorry, sorry+"=1", "Adding sorry server [10.0.0.9]:tcp:80 to VS [198.51.100.1]:tcp:80", added)
		r.expect("scripts", r.notifier.scripts(), []string{"down " + rs1})
		r.stop()
	})
}

// Weights that a reload changes can lose and gain the quorum.
func TestReloadOfWeights(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		weight := func(n int) lvs.Settings {
			x := realServer(rs1)
			x.Weight = n
			return withSorry(sorry, x)
		}
		r := start(t, weight(0), nil)
		r.expect("without a quorum from the start", r.ipvs.destinations(vip1), sorry+"=1")
		r.expect("log", r.logged(), []string{
			"Adding sorry server [10.0.0.9]:tcp:80 to VS [198.51.100.1]:tcp:80",
			"Removing alive servers from the pool for VS [198.51.100.1]:tcp:80",
			"Activating healthchecker for service [10.0.0.1]:tcp:80 for VS [198.51.100.1]:tcp:80",
		})
		r.expect("Reload", r.Reload(t.Context(), weight(3)), nil)
		r.expect("log", r.logged(), []string{
			"Changing weight from 0 to 3 for active service [10.0.0.1]:tcp:80 of VS [198.51.100.1]:tcp:80",
			"Gained quorum 1+0=1 <= 3 for VS [198.51.100.1]:tcp:80",
			"Removing sorry server [10.0.0.9]:tcp:80 from VS [198.51.100.1]:tcp:80",
			"Adding alive servers to the pool for VS [198.51.100.1]:tcp:80",
		})
		r.expect("with a quorum", r.ipvs.destinations(vip1), rs1+"=3")
		r.prober.set(true, rs1)
		r.wait(8 * time.Second)
		r.logged()
		r.expect("Reload", r.Reload(t.Context(), weight(2)), nil)
		r.expect("log", r.logged(), []string{"Changing weight from 3 to 2 for inactive service [10.0.0.1]:tcp:80 of VS [198.51.100.1]:tcp:80"})
		r.stop()
	})
}

// Where the kernel refuses all servers of a service they count as up, as they do for
// keepalived 2.2.7: the sorry server does not take over, and the log says why.
func TestRefusalOfAllServers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, withSorry(sorry, unchecked(rs1), unchecked(rs2)), nil)
		r.ipvs.refuseOnly(errRefused, "real server")
		r.ipvs.meddle(lvs.Op{Kind: lvs.DeleteDestination, ID: key(vip1), Addr: ap(rs1)})
		r.ipvs.meddle(lvs.Op{Kind: lvs.DeleteDestination, ID: key(vip1), Addr: ap(rs2)})
		r.wait(2 * resync)
		r.expect("table", r.ipvs.destinations(vip1), "")
		r.expect("scripts", len(r.notifier.scripts()), 0)
		r.ipvs.refuseOnly(nil)
		r.wait(2 * resync)
		r.expect("taken at last", r.ipvs.destinations(vip1), rs1+"=1 "+rs2+"=1")
		r.stop()
	})
}

var errRefused = errors.New("invalid argument")
