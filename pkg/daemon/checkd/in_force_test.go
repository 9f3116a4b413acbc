package checkd

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kactl/kactl/pkg/lvs"
)

// A reload says when the table is not as the settings ask, and the daemon runs on
// them all the same: what could not be written is written later.
func TestReloadThatCannotBeWritten(t *testing.T) {
	busy := errors.New("device or resource busy")
	const (
		unread    = "IPVS table cannot be read: device or resource busy; the virtual servers may be as they were before; kactl keeps trying"
		unwritten = "IPVS cannot be changed: device or resource busy; the virtual servers may be as they were before; kactl keeps trying"
		refused   = "the kernel refuses real server [10.0.0.2]:tcp:80 of virtual server [198.51.100.1]:tcp:80: device or resource busy; kactl keeps trying"
	)
	refuse := func(f *fakeIPVS, err error) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.refuse = err
	}
	for _, tt := range []struct {
		name   string
		break_ func(*fakeIPVS)
		repair func(*fakeIPVS)
		err    string
	}{
		{"not read", func(f *fakeIPVS) { f.fail(busy) }, func(f *fakeIPVS) { f.fail(nil) }, unread},
		{"not written", func(f *fakeIPVS) { refuse(f, busy) }, func(f *fakeIPVS) { refuse(f, nil) }, unwritten},
		{"refused", func(f *fakeIPVS) { f.refuseOnly(busy, "[10.0.0.2]") }, func(f *fakeIPVS) { f.refuseOnly(nil) }, refused},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := start(t, settings(virtual(vip1, rs1)), nil)
			tt.break_(r.ipvs)
			two := settings(virtual(vip1, rs1, rs2))
			r.reloadFails(two, tt.err)
			r.wait(20 * time.Second) // after 1, 2, 4 and 8 s
			r.reloadFails(two, tt.err)
			tt.repair(r.ipvs)
			r.wait(time.Second) // the reload made the pace of the first try
			r.expect(tt.name+": written later", r.ipvs.destinations(vip1), rs1+"=1 "+rs2+"=1")
			r.expect(tt.name+": Reload", r.Reload(t.Context(), two), nil)
			r.stop()
		})
	}
}

// The first settings that have services may come with a reload.
func TestFirstServicesCannotBeWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, lvs.Settings{}, nil)
		r.ipvs.fail(errors.New("busy"))
		r.reloadFails(settings(virtual(vip1, rs1)), "IPVS table cannot be read: busy")
		r.ipvs.fail(nil)
		r.wait(time.Second)
		r.expect("written later", r.ipvs.destinations(vip1), rs1+"=1")
		r.stop()
	})
}

// A reload repairs what another program has done, even a reload that changes nothing, and
// does not take its own changes for those of another.
func TestReloadRepairsAtOnce(t *testing.T) {
	const repairs = "IPVS table was changed by another program, repairing it"
	for _, tt := range []struct {
		name   string
		meddle lvs.Op
		after  lvs.Settings
		log    []string
		table  string
	}{
		{"nothing of it changed", lvs.Op{Kind: lvs.DeleteDestination, ID: key(vip1), Addr: ap(rs1)},
			settings(virtual(vip1, rs1), virtual(vip2, rs1)), []string{repairs}, rs1 + "=1"},
		{"another service changed", lvs.Op{Kind: lvs.DeleteDestination, ID: key(vip1), Addr: ap(rs1)},
			settings(virtual(vip1, rs1), virtual(vip2, rs1, rs2)), []string{repairs}, rs1 + "=1"},
		{"the service is gone", lvs.Op{Kind: lvs.DeleteService, ID: key(vip1)},
			settings(virtual(vip1, rs1), virtual(vip2, rs1)), []string{repairs}, rs1 + "=1"},
		{"a weight that drains a server stays", lvs.Op{Kind: lvs.EditDestination, ID: key(vip1), Addr: ap(rs1), Destination: lvs.Destination{Forward: lvs.DR}},
			settings(virtual(vip1, rs1), virtual(vip2, rs1, rs2)), nil, rs1 + "=0"},
		{"only the reload changed something", lvs.Op{Kind: lvs.AddService, ID: key("198.51.100.77:80"), Service: lvs.Service{Scheduler: "rr"}},
			settings(virtual(vip1, rs1, rs2), virtual(vip2, rs1)), nil, rs1 + "=1 " + rs2 + "=1"},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := start(t, settings(virtual(vip1, rs1), virtual(vip2, rs1)), nil)
			r.wait(resync / 4)
			r.logged()
			r.ipvs.meddle(tt.meddle)
			r.expect(tt.name+": Reload", r.Reload(t.Context(), tt.after), nil)
			r.expect(tt.name+": table", r.ipvs.destinations(vip1), tt.table)
			var drift []string
			for _, line := range r.logged() {
				if line == repairs {
					drift = append(drift, line)
				}
			}
			r.expect(tt.name+": log", drift, tt.log)
			r.stop()
		})
	}
}
