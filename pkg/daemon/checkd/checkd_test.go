package checkd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kactl/kactl/pkg/health"
	"github.com/kactl/kactl/pkg/lvs"
)

func TestFailoverAndRecovery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := virtual(vip1, rs1, rs2)
		v.Reals[1].Inhibit = true
		v.Reals[1].Checks[0].Warmup += 200 * time.Millisecond // is always probed after the first
		v.Sorry = &lvs.RealServer{Addr: ap(sorry), Forward: lvs.DR, Weight: 1}
		r := start(t, settings(v), nil)
		r.expect("at the start", r.ipvs.destinations(vip1), rs1+"=1 "+rs2+"=1")
		r.wait(6 * time.Second) // the first probes
		r.expect("log", r.logged(), []string{
			"Gained quorum 1+0=1 <= 2 for VS [198.51.100.1]:tcp:80",
			"Activating healthchecker for service [10.0.0.1]:tcp:80 for VS [198.51.100.1]:tcp:80",
			"Activating healthchecker for service [10.0.0.2]:tcp:80 for VS [198.51.100.1]:tcp:80",
			"TCP connection to [10.0.0.1]:tcp:80 success.",
			"TCP connection to [10.0.0.2]:tcp:80 success.",
		})

		r.prober.set(true, rs1)
		r.wait(10 * time.Second) // 16 s: failed at 15 s, retried at 16 s and 17 s
		r.expect("while retried", r.ipvs.destinations(vip1), rs1+"=1 "+rs2+"=1")
		r.wait(2 * time.Second)
		r.expect("one down", r.ipvs.destinations(vip1), rs2+"=1")
		r.expect("log", r.logged(), []string{
			"TCP_CHECK on service [10.0.0.1]:tcp:80 failed after 2 retries.",
			"Removing service [10.0.0.1]:tcp:80 from VS [198.51.100.1]:tcp:80",
		})

		r.prober.set(true, rs2)
		r.wait(10 * time.Second)
		r.expect("both down", r.ipvs.destinations(vip1), rs2+"=0 "+sorry+"=1")
		r.expect("log", r.logged(), []string{
			"TCP_CHECK on service [10.0.0.2]:tcp:80 failed after 2 retries.",
			"Disabling service [10.0.0.2]:tcp:80 of VS [198.51.100.1]:tcp:80",
			"Lost quorum 1-0=1 > 0 for VS [198.51.100.1]:tcp:80",
			"Adding sorry server [10.0.0.9]:tcp:80 to VS [198.51.100.1]:tcp:80",
			"Removing alive servers from the pool for VS [198.51.100.1]:tcp:80",
		})

		r.prober.set(false, rs1)
		r.wait(10 * time.Second)
		r.expect("one up again", r.ipvs.destinations(vip1), rs1+"=1 "+rs2+"=0")
		r.expect("log", r.logged(), []string{
			"TCP connection to [10.0.0.1]:tcp:80 success.",
			"Adding service [10.0.0.1]:tcp:80 to VS [198.51.100.1]:tcp:80",
			"Gained quorum 1+0=1 <= 1 for VS [198.51.100.1]:tcp:80",
			"Removing sorry server [10.0.0.9]:tcp:80 from VS [198.51.100.1]:tcp:80",
			"Adding alive servers to the pool for VS [198.51.100.1]:tcp:80",
		})
		r.expect("scripts", r.notifier.scripts(), []string{"down " + rs1, "down " + rs2, "up " + rs1})

		r.expect("Run", r.stop(), nil)
		r.expect("at the end", r.ipvs.content(), lvs.Table{})
		r.expect("closed", r.ipvs.closed, true)
		r.expect("log", r.logged(), []string{
			"Shutting down service [10.0.0.1]:tcp:80 from VS [198.51.100.1]:tcp:80",
			"Shutting down (inhibited) service [10.0.0.2]:tcp:80 from VS [198.51.100.1]:tcp:80",
		})
	})
}

func TestTakesOverWhatIsThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dest := lvs.Destination{Forward: lvs.DR, Weight: 1}
		foreign := lvs.Service{Scheduler: "wlc", Destinations: map[netip.AddrPort]lvs.Destination{ap(rs1): dest}}
		r := start(t, settings(virtual(vip1, rs1, rs2)), lvs.Table{
			key(vip1): {Scheduler: "rr", Destinations: map[netip.AddrPort]lvs.Destination{ap(rs1): dest, ap(rs3): dest}},
			key(vip2): foreign,
		})
		r.expect("operations", r.ipvs.did(), []string{
			"add real server [10.0.0.2]:tcp:80 of virtual server [198.51.100.1]:tcp:80",
			"delete real server [10.0.0.3]:tcp:80 of virtual server [198.51.100.1]:tcp:80",
		})
		r.expect("Run", r.stop(), nil)
		r.expect("what is left", r.ipvs.content(), lvs.Table{key(vip2): foreign})
	})
}

func TestNothingToDoWritesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := settings(virtual(vip1, rs1), virtual(vip2, rs2))
		r := start(t, s, s.Desired(healthy{}))
		r.wait(5 * time.Minute)
		r.expect("Reload", r.Reload(t.Context(), s), nil)
		r.expect("applies", r.ipvs.applies, 0)
		r.stop()
	})
}

func TestReload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, settings(virtual(vip1, rs1, rs2), virtual(vip2, rs1)), nil)
		r.prober.set(true, rs2)
		r.wait(7 * time.Second) // rs2 went down at 5 s
		r.ipvs.did()
		r.logged()

		// A server is added, a service goes; rs1 and rs2 of vip1 stay.
		r.expect("Reload", r.Reload(t.Context(), settings(virtual(vip1, rs1, rs2, rs3))), nil)
		r.expect("operations", r.ipvs.did(), []string{
			"add real server [10.0.0.3]:tcp:80 of virtual server [198.51.100.1]:tcp:80",
			"delete virtual server [198.51.100.2]:tcp:80",
		})
		r.expect("log", r.logged(), []string{
			"Removing Virtual Server [198.51.100.2]:tcp:80",
			"Removing service [10.0.0.1]:tcp:80 from VS [198.51.100.2]:tcp:80",
			"Activating healthchecker for service [10.0.0.3]:tcp:80 for VS [198.51.100.1]:tcp:80",
		})
		r.wait(14 * time.Second)
		at := func(seconds ...int) (ds []time.Duration) {
			for _, s := range seconds {
				ds = append(ds, time.Duration(s)*time.Second)
			}
			return ds
		}
		r.expect("probes of the failed one", r.prober.probes(rs2), at(5, 15))
		r.expect("probes of the new one", r.prober.probes(rs3), at(12))
		r.expect("probes of one in two services, then one", r.prober.probes(rs1), at(5, 5, 15))

		// A weight changes, a live server goes, its check is changed.
		v := virtual(vip1, rs1, rs2)
		v.Reals[0].Weight = 7
		v.Reals[1].Checks[0].Retries = 9
		r.ipvs.did()
		r.logged()
		r.expect("Reload", r.Reload(t.Context(), settings(v)), nil)
		r.expect("operations", r.ipvs.did(), []string{
			"edit real server [10.0.0.1]:tcp:80 of virtual server [198.51.100.1]:tcp:80",
			"delete real server [10.0.0.3]:tcp:80 of virtual server [198.51.100.1]:tcp:80",
		})
		r.expect("log", r.logged(), []string{
			"service [10.0.0.3]:tcp:80 no longer exist",
			"Removing service [10.0.0.3]:tcp:80 from VS [198.51.100.1]:tcp:80",
			"Changing weight from 1 to 7 for active service [10.0.0.1]:tcp:80 of VS [198.51.100.1]:tcp:80",
			"Activating healthchecker for service [10.0.0.2]:tcp:80 for VS [198.51.100.1]:tcp:80",
		})
		r.wait(time.Second)
		r.expect("scripts", r.notifier.scripts(), []string{"down " + rs2, "down " + rs1, "down " + rs3})
		r.stop()
	})
}

func TestInitNotifies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := settings(virtual(vip1, rs1))
		s.InitNotifies = true
		r := start(t, s, nil)
		r.expect("scripts", r.notifier.scripts(), []string{"up " + rs1})
		r.stop()
	})
}

func TestReloadDuringAProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, settings(virtual(vip1, rs1)), nil)
		r.prober.setTakes(3 * time.Second)
		r.prober.set(true, rs1)
		r.wait(6 * time.Second) // the probe runs since 5 s
		r.expect("Reload", r.Reload(t.Context(), settings(virtual(vip1, rs2))), nil)
		r.wait(3 * time.Second)
		r.expect("scripts", r.notifier.scripts(), []string{"down " + rs1}) // removed alive
		r.expect("table", r.ipvs.destinations(vip1), rs2+"=1")
		r.stop()
	})
}

func TestDriftIsRepaired(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, settings(virtual(vip1, rs1)), nil)
		r.wait(resync / 2)
		r.logged()
		r.ipvs.meddle(lvs.Op{Kind: lvs.DeleteDestination, ID: key(vip1), Addr: ap(rs1)})
		r.wait(resync)
		r.expect("repaired", r.ipvs.destinations(vip1), rs1+"=1")
		r.expect("log", r.logged(), []string{"IPVS table was changed by another program, repairing it"})
		r.stop()
	})
}

// A weight that an operator sets to drain a server is not drift.
func TestDrainedServerStaysDrained(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, settings(virtual(vip1, rs1, rs2)), nil)
		r.wait(resync / 2)
		r.ipvs.meddle(lvs.Op{Kind: lvs.EditDestination, ID: key(vip1), Addr: ap(rs1), Destination: lvs.Destination{Forward: lvs.DR}})
		r.wait(2 * resync)
		r.expect("left alone", r.ipvs.destinations(vip1), rs1+"=0 "+rs2+"=1")
		// Nor does a change of another server of the service touch it.
		r.expect("Reload", r.Reload(t.Context(), settings(virtual(vip1, rs1))), nil)
		r.expect("after a reload", r.ipvs.destinations(vip1), rs1+"=0")
		r.stop()
	})
}

// What another program changed is repaired, of all that is configured, but for the
// weight of a server that was drained with it: ipvsadm -e resets the rest.
func TestDriftOfTheWholeTable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := virtual(vip1, rs1, rs2)
		v.Flags, v.OnePacket = 2, true
		v.Reals[0].UpperThreshold, v.Reals[0].LowerThreshold = 10, 5
		r := start(t, settings(v), nil)
		r.wait(resync / 2)
		want := r.ipvs.content()
		r.ipvs.did()
		edit := func(addr string, d lvs.Destination) {
			d.Forward = lvs.DR
			r.ipvs.meddle(lvs.Op{Kind: lvs.EditDestination, ID: key(vip1), Addr: ap(addr), Destination: d})
		}
		edit(rs1, lvs.Destination{}) // drained with ipvsadm -e
		edit(rs2, lvs.Destination{Weight: 1, UpperThreshold: 3})
		r.ipvs.meddle(lvs.Op{Kind: lvs.EditService, ID: key(vip1), Service: lvs.Service{Scheduler: "rr", OnePacket: true}})
		r.ipvs.meddle(lvs.Op{Kind: lvs.AddService, ID: lvs.ServiceID{Mark: 5, Family: 4}, Service: lvs.Service{Scheduler: "sh", Flags: 1}})
		r.wait(resync)
		d := want[key(vip1)].Destinations[ap(rs1)]
		d.Weight = 0
		want[key(vip1)].Destinations[ap(rs1)] = d
		want[lvs.ServiceID{Mark: 5, Family: 4}] = lvs.Service{Scheduler: "sh", Flags: 1} // is none of ours
		r.expect("repaired", r.ipvs.content(), want)
		r.expect("operations", r.ipvs.did(), []string{
			"edit virtual server [198.51.100.1]:tcp:80",
			"edit real server [10.0.0.1]:tcp:80 of virtual server [198.51.100.1]:tcp:80",
			"edit real server [10.0.0.2]:tcp:80 of virtual server [198.51.100.1]:tcp:80",
		})
		r.prober.set(true, rs2) // nor does what happens to another server bring the weight back
		r.wait(2 * resync)
		r.expect("with the other one down", r.ipvs.destinations(vip1), rs1+"=0")
		r.prober.set(true, rs1)
		r.wait(resync)
		r.prober.set(false, rs1)
		r.wait(resync)
		r.expect("its own health does", r.ipvs.destinations(vip1), rs1+"=1")
		r.stop()
	})
}

func TestFailuresAreRetriedLessAndLess(t *testing.T) {
	refused := errors.New("refused")
	for name, fail := range map[string]func(f *fakeIPVS, err error){
		"everything fails": func(f *fakeIPVS, err error) { f.fail(err) },
		"changes are refused": func(f *fakeIPVS, err error) {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.refuse = err
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := start(t, settings(virtual(vip1, rs1)), nil)
			r.wait(resync / 4)
			r.logged()
			fail(r.ipvs, refused)
			before := r.ipvs.failures()
			r.reloadFails(settings(virtual(vip1, rs1, rs2)), refused.Error())
			r.wait(10 * time.Second) // again after 1, 3 and 7 s
			tries := 4
			if name == "everything fails" {
				tries = 5 // a table that cannot be read is written all the same
			}
			r.expect(name+": tries", r.ipvs.failures()-before, tries)
			failures := 0
			for _, line := range r.logged() {
				if strings.HasSuffix(line, "trying again") {
					failures++
				}
			}
			r.expect(name+": said", failures, 1)
			r.expect(name+": meanwhile", r.ipvs.destinations(vip1), rs1+"=1")
			fail(r.ipvs, nil)
			r.wait(6 * time.Second) // 15 s after the first
			r.expect(name+": at last", r.ipvs.destinations(vip1), rs1+"=1 "+rs2+"=1")
			r.wait(3 * resync)
			again := 0
			for _, line := range r.logged() {
				if strings.HasSuffix(line, "as it should be again") {
					again++
				}
			}
			r.expect(name+": said that it works again", again, 1)
			r.stop()
		})
	}
}

func TestStopWhileTheKernelFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, settings(virtual(vip1, rs1)), nil)
		r.ipvs.fail(errors.New("gone"))
		r.logged()
		r.expect("Run", r.stop(), nil)
		log := r.logged()
		r.expect("log", log[len(log)-1], "IPVS services may be left behind")
	})
}

// With KeepServices the table outlives the daemon.
func TestKeepServices(t *testing.T) {
	for keep, want := range map[bool]string{false: "no service", true: rs1 + "=1"} {
		synctest.Test(t, func(t *testing.T) {
			r := start(t, settings(virtual(vip1, rs1)), nil)
			r.cfg.KeepServices = keep
			r.expect("Run", r.stop(), nil)
			r.expect("afterwards", r.ipvs.destinations(vip1), want)
		})
	}
}

func TestKernelWithoutIPVS(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		missing := errors.New("no IPVS")
		var table IPVS
		opened := 0
		log := &messages{}
		d := New(Config{
			Settings: settings(virtual(vip1, rs1)), Prober: &fakeProber{at: map[netip.AddrPort][]time.Duration{}}, Log: slog.New(log),
			Open: func() (IPVS, error) {
				if opened++; table == nil {
					return nil, missing
				}
				return table, nil
			},
		})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- d.Run(ctx) }()
		<-d.Ready()
		s, err := d.Status(t.Context())
		if err != nil || !strings.Contains(s.Trouble, "no IPVS; nothing is checked or balanced, VRRP goes on; a reload tries again") {
			t.Errorf("status %+v, %v", s, err)
		}
		if !slices.Contains(log.text, s.Trouble) || len(log.text) != 1 {
			t.Errorf("the log is %q", log.text)
		}
		time.Sleep(time.Hour)
		if opened != 1 {
			t.Errorf("it was opened %d times", opened)
		}
		if err := d.Reload(t.Context(), settings(virtual(vip1, rs1))); !errors.Is(err, missing) {
			t.Errorf("%v, want %v", err, missing)
		}
		if len(log.text) != 1 { // whoever reloads says it
			t.Errorf("the log after a reload is %q", log.text)
		}
		if err := d.Reload(t.Context(), lvs.Settings{}); err != nil {
			t.Error(err)
		}
		kernel := &fakeIPVS{table: lvs.Table{}}
		table = kernel
		if err := d.Reload(t.Context(), settings(virtual(vip1, rs1))); err != nil {
			t.Error(err)
		}
		if got := kernel.destinations(vip1); got != rs1+"=1" {
			t.Errorf("after a reload: %s", got)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestReloadOfAStoppedDaemon(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	d := New(Config{Log: slog.New(slog.DiscardHandler)})
	if err := d.Reload(ctx, lvs.Settings{}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want %v", err, context.Canceled)
	}
}

// TestManyServers has 4,000 servers whose probes take longer than there are
// places for at first, and fail all together later.
func TestManyServers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s lvs.Settings
		for i := range 40 {
			v := lvs.VirtualServer{ID: key(fmt.Sprintf("198.51.100.%d:80", i)), Scheduler: "rr", Quorum: 1}
			for j := range 100 {
				r := realServer(fmt.Sprintf("10.0.%d.%d:80", i, j))
				r.NotifyUp, r.NotifyDown = nil, nil
				v.Reals = append(v.Reals, r)
			}
			s.Services = append(s.Services, v)
		}
		r := start(t, s, nil)
		r.prober.setTakes(50 * time.Millisecond)
		r.wait(30 * time.Second)
		r.prober.mu.Lock()
		if r.prober.most > 100 {
			t.Errorf("%d probes at a time, want 100 at the most", r.prober.most)
		}
		r.expect("servers probed", len(r.prober.at), 4_000)
		for _, v := range s.Services {
			for _, real := range v.Reals {
				r.prober.bad[real.Addr] = true
			}
		}
		r.prober.mu.Unlock()
		r.wait(30 * time.Second)
		left := 0
		for _, svc := range r.ipvs.content() {
			left += len(svc.Destinations)
		}
		r.expect("servers left", left, 0)
		r.stop()
	})
}

// Without a source of chance and a limit of its own the daemon has both; and it does
// not end before its probes have.
func TestDefaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kernel := &fakeIPVS{table: lvs.Table{}}
		prober := slowProber{started: make(chan struct{}), ended: new(atomic.Bool)}
		d := New(Config{Settings: settings(virtual(vip1, rs1)), Open: func() (IPVS, error) { return kernel, nil }, Prober: prober, Log: slog.New(slog.DiscardHandler)})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- d.Run(ctx) }()
		<-prober.started // within the warm-up
		cancel()
		if err := <-done; err != nil || !prober.ended.Load() {
			t.Errorf("%v; the probe has ended: %t", err, prober.ended.Load())
		}
	})
}

// A slowProber takes a second, whatever ends meanwhile.
type slowProber struct {
	started chan struct{}
	ended   *atomic.Bool
}

func (p slowProber) Probe(context.Context, health.Check) health.Result {
	p.started <- struct{}{}
	time.Sleep(time.Second)
	p.ended.Store(true)
	return health.Result{}
}
