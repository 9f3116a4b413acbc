package ipvs

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kactl/kactl/pkg/lvs"
)

// TestTable has services of each kind, with all that can be configured.
func TestTable(t *testing.T) {
	addr, mask := netip.MustParseAddrPort("10.0.0.1:0"), netip.MustParseAddr("255.255.0.0")
	tunnel := lvs.Tunnel{Type: lvs.GUE, Port: 6080}
	l := Listing{Services: []Service{
		{
			ServiceID: lvs.ServiceID{Mark: 5, Family: 6}, Scheduler: "sh", Flags: FlagPersistent | FlagOnePacket | FlagSched1 | FlagSched3,
			Persistence: time.Minute, Netmask: mask, Engine: "sip",
			Destinations: []Destination{{Addr: addr, Method: Tunneling, Weight: 70000, UpperThreshold: 10, LowerThreshold: 5, Tunnel: tunnel, Active: 3}},
		},
		{ServiceID: lvs.ServiceID{Protocol: lvs.SCTP, Addr: addr}, Scheduler: "rr", Flags: FlagSched2, Destinations: []Destination{{Addr: addr, Method: Bypass}}},
	}}
	want := lvs.Table{
		{Mark: 5, Family: 6}: {
			Scheduler: "sh", Persistence: time.Minute, Netmask: mask, Engine: "sip", OnePacket: true, Flags: 5,
			Destinations: map[netip.AddrPort]lvs.Destination{addr: {
				Forward: lvs.TUN, Weight: 70000, Tunnel: tunnel, UpperThreshold: 10, LowerThreshold: 5,
			}},
		},
		{Protocol: lvs.SCTP, Addr: addr}: {Scheduler: "rr", Flags: 2, Destinations: map[netip.AddrPort]lvs.Destination{addr: {}}}, // differs from every wanted one
	}
	if d := cmp.Diff(want, l.Table(), equal); d != "" {
		t.Error(d)
	}
}
