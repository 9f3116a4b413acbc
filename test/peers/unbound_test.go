package peers

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/kactl/kactl/test/lab"
)

// unbound is an instance without an interface: its adverts come from an address of the
// loopback, and go where the routes lead.
const unbound = `
global_defs {
    default_interface eth1
}
vrrp_instance A {
    virtual_router_id 51
    version 3
    priority {{.Data.Priority}}
    advert_int 0.2
    unicast_src_ip {{.Data.Self}}
    unicast_peer {
        {{.Data.Peer}}
    }
    virtual_ipaddress {
        203.0.113.1/24 dev eth0
        203.0.113.2/24
    }
}
vrrp_instance BARE {
    virtual_router_id 52
    version 3
    priority {{.Data.Priority}}
    advert_int 0.2
    unicast_src_ip {{.Data.Self}}
    unicast_peer {
        {{.Data.Peer}}
    }
    no_virtual_ipaddress
}
`

// TestUnbound has two routers whose adverts take one way there and another one back,
// which no socket that is bound to an interface bears. keepalived does this from 2.3
// on; 2.2.7 exits, whatever its manual says.
func TestUnbound(t *testing.T) {
	t.Parallel()
	lab.Retell(t, func(t testing.TB) {
		l := lab.New(t)
		there, back := l.Segment("there"), l.Segment("back")
		one, two := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
		lb1 := l.Host("lb1", there, "198.51.100.1/24")
		lb1.Attach(back, "eth1", "198.51.101.1/24")
		lb2 := l.Host("lb2", there, "198.51.100.2/24")
		lb2.Attach(back, "eth1", "198.51.101.2/24")
		lb1.AddAddr("lo", "192.0.2.1/32")
		lb2.AddAddr("lo", "192.0.2.2/32")
		lb1.Route("192.0.2.2/32", netip.MustParseAddr("198.51.100.2"), "eth0")
		lb2.Route("192.0.2.1/32", netip.MustParseAddr("198.51.101.1"), "eth1")
		onThere, onBack := there.Capture(), back.Capture()
		start := func(h *lab.Host, priority int, self, peer netip.Addr) *lab.Director {
			return h.Start(lab.Config{Kind: lab.Kactl, Text: unbound, Data: map[string]any{"Priority": priority, "Self": self, "Peer": peer}})
		}
		holds := func(h *lab.Host) bool {
			return h.HasAddr(netip.MustParseAddr("203.0.113.1")) && h.HasAddr(netip.MustParseAddr("203.0.113.2"))
		}
		lacks := func(h *lab.Host) bool {
			return !h.HasAddr(netip.MustParseAddr("203.0.113.1")) && !h.HasAddr(netip.MustParseAddr("203.0.113.2"))
		}
		d1 := start(lb1, 150, one, two)
		lab.Eventually(t, startLimit, "lb1 is master", func() bool { return holds(lb1) })
		if got := ip(t, lb1, "-4 addr show dev eth1"); !strings.Contains(strings.Join(got, "\n"), `"local":"203.0.113.2"`) {
			t.Errorf("the address without an interface is not on default_interface: %q", got)
		}
		bare := onThere.WaitFor(time.Time{}, settle, "an advert of BARE", func(f lab.Frame) bool { return f.Advert != nil && f.Advert.VRID == 52 })
		if len(bare.Advert.VIPs) != 0 || bare.Advert.Priority != 150 {
			t.Errorf("the advert of an instance without addresses is %+v", bare.Advert)
		}
		d2 := start(lb2, 100, two, one)
		d2.WaitLog("(A) Entering BACKUP STATE", startLimit)
		lab.Always(t, 2*time.Second, "lb2 hears lb1", func() bool { return holds(lb1) && lacks(lb2) })
		began := time.Now()
		d1.Stop()
		lab.Eventually(t, settle, "lb2 takes over", func() bool { return lacks(lb1) && holds(lb2) })
		onBack.WaitFor(began, settle, "an advert of lb2 on its way back", func(f lab.Frame) bool {
			return f.Advert != nil && f.Advert.Priority == 100
		})
		d1 = start(lb1, 150, one, two)
		lab.Eventually(t, startLimit, "lb1 takes over", func() bool { return holds(lb1) && lacks(lb2) })
		lb1.DelAddr("lo", "192.0.2.1/32")
		d1.WaitLog("no interface has the source address 192.0.2.1", settle)
		lab.Eventually(t, settle, "lb2 takes over from one without its source", func() bool { return lacks(lb1) && holds(lb2) })
		for _, f := range onThere.Adverts(51) {
			if f.Advert.Priority == 100 {
				t.Errorf("an advert of lb2 has gone the wrong way")
				break
			}
		}
	})
}
