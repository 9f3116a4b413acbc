package vrrpd

import (
	"testing"

	"github.com/kactl/kactl/pkg/vrrp"
)

// disable_local_igmp sets a parameter of the kernel as long as it is asked for, and
// gives back what it was.
func TestLocalIGMP(t *testing.T) { inFakeTime(t, testLocalIGMP) }

func testLocalIGMP(t *testing.T) {
	const off, back = reportsPath + " = 0", reportsPath + " = 1"
	i := owner("VI_1", 51, "198.51.100.1/24")
	sys := newFakeSystem(t)
	sys.sysctlBefore = "1"
	r := startWith(t, sys, vrrp.Settings{Instances: []vrrp.Instance{i}})
	r.wait("notify VI_1 MASTER 255")
	r.never(off)
	r.never(back)
	r.reload(vrrp.Settings{Instances: []vrrp.Instance{i}, NoLocalIGMP: true})
	r.wait(off)
	r.reload(vrrp.Settings{Instances: []vrrp.Instance{i}, NoLocalIGMP: true})
	r.reload(vrrp.Settings{Instances: []vrrp.Instance{i}})
	r.wait(back)
	r.never(off) // a second time
	r.forget()
	r.reload(vrrp.Settings{Instances: []vrrp.Instance{i}, NoLocalIGMP: true})
	r.wait(off)
	r.stop()
	r.wait(back)
}
