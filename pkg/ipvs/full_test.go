package ipvs

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kactl/kactl/pkg/lvs"
)

func TestFull(t *testing.T) {
	addr, mask := netip.MustParseAddrPort("10.0.0.1:0"), netip.MustParseAddr("255.255.0.0")
	tunnel := lvs.Tunnel{Type: lvs.GUE, Port: 6080}
	l := Listing{Services: []Service{
		{
			ID: lvs.ID{Mark: 5, Mark6: true}, Scheduler: "sh", Flags: FlagPersistent | FlagOnePacket | FlagSched1 | FlagSched3,
			Persistence: time.Minute, Netmask: mask, Engine: "sip",
			Destinations: []Destination{{Addr: addr, Method: Tunneling, Weight: 70000, UpperThreshold: 10, LowerThreshold: 5, Tunnel: tunnel, Active: 3}},
		},
		{ID: lvs.ID{Protocol: lvs.SCTP, Addr: addr}, Scheduler: "rr", Flags: FlagSched2, Destinations: []Destination{{Addr: addr, Method: Bypass}}},
	}}
	want := lvs.FullTable{
		{Mark: 5, Mark6: true}: {
			Scheduler: "sh", Persistence: time.Minute, Netmask: mask, Engine: "sip", OnePacket: true, Flags: 5,
			Destinations: map[netip.AddrPort]lvs.FullDestination{addr: {
				Destination: lvs.Destination{Forward: lvs.TUN, Weight: 70000}, Tunnel: tunnel, UpperThreshold: 10, LowerThreshold: 5,
			}},
		},
		{Protocol: lvs.SCTP, Addr: addr}: {Scheduler: "rr", Flags: 2, Destinations: map[netip.AddrPort]lvs.FullDestination{addr: {}}},
	}
	if d := cmp.Diff(want, l.Full(), cmp.Comparer(func(a, b netip.Addr) bool { return a == b }),
		cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })); d != "" {
		t.Error(d)
	}
}
