package vrrpd

import (
	"testing"

	"github.com/kactl/kactl/pkg/vrrp"
)

// promote_secondaries is in force until the addresses are gone: the kernel would take
// others along with them.
func TestPromoteUntilGone(t *testing.T) { inFakeTime(t, testPromoteUntilGone) }

func testPromoteUntilGone(t *testing.T) {
	const on, off = "net/ipv4/conf/eth0/promote_secondaries = 1", "net/ipv4/conf/eth0/promote_secondaries = 0"
	i := owner("VI_1", 51, "198.51.100.1/24")
	i.PromoteSecondaries = true
	other := owner("VI_2", 52, "198.51.100.2/24")
	r := start(t, i, other)
	r.wait(on)
	r.wait("add 198.51.100.1/24 on eth0")
	r.reload(vrrp.Settings{Instances: []vrrp.Instance{other}})
	r.wait("remove 198.51.100.1/24 on eth0", off)
	r.reload(vrrp.Settings{Instances: []vrrp.Instance{i, other}})
	r.wait(on)
	r.wait("add 198.51.100.1/24 on eth0")
	r.stop()
	r.wait("remove 198.51.100.1/24 on eth0", off)
}
