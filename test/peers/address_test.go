package peers

import (
	"net/netip"
	"testing"
	"time"

	"github.com/kactl/kactl/test/lab"
)

// TestTakenAddress takes a master's addresses away, one of them the primary of
// another: they are back, without another election, and the log says so.
func TestTakenAddress(t *testing.T) {
	const config = `
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    priority 100
    version 3
    advert_int 0.1
    virtual_ipaddress {
        203.0.113.16/24
        203.0.113.17/24
        203.0.113.18
    }
}
`
	l := lab.New(t)
	h := l.Host("lb1", l.Segment("lan"), "198.51.100.1/24")
	d := h.Start(lab.Config{Text: config})
	d.WaitLog("Entering MASTER STATE", 5*time.Second)
	vips := []netip.Addr{netip.MustParseAddr("203.0.113.16"), netip.MustParseAddr("203.0.113.17"), netip.MustParseAddr("203.0.113.18")}
	all := func() bool {
		for _, vip := range vips {
			if !h.HasAddr(vip) {
				return false
			}
		}
		return true
	}
	lab.Eventually(t, time.Second, "all addresses are there", all)
	for _, taken := range []string{"203.0.113.18/32", "203.0.113.16/24"} {
		began := time.Now()
		h.DelAddr("eth0", taken)
		lab.Eventually(t, time.Second, taken+" is back, and what went with it", all)
		t.Logf("%s was back after %v", taken, time.Since(began).Round(time.Millisecond))
	}
	if lab.DefaultKind() != lab.Kactl {
		return // keepalived becomes backup and then master again
	}
	// Once in a while: whoever does it again and again does not fill the log.
	d.WaitLog("was taken from eth0 by somebody else, put back", time.Second)
	if n := d.CountLog(time.Time{}, "Entering"); n != 2 {
		t.Errorf("%d transitions, want the two at the start:\n%s", n, d.Dump())
	}
}
