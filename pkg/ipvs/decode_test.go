package ipvs

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vishvananda/netlink/nl"

	"github.com/kactl/kactl/pkg/lvs"
)

// TestOldKernel has counters of 32 bits, and destinations without a family.
func TestOldKernel(t *testing.T) {
	stats := nl.NewRtAttr(svcStats, nil)
	stats.AddRtAttr(statsConns, nl.Uint32Attr(1<<32-1))
	stats.AddRtAttr(statsInBytes, nl.Uint64Attr(1<<40))
	id := lvs.ServiceID{Protocol: lvs.TCP, Addr: netip.MustParseAddrPort("[2001:db8::1]:80")}
	service := idAttr(id)
	service.AddChild(stats)
	service.AddRtAttr(svcFlags, append(nl.Uint32Attr(uint32(flagHashed|FlagOnePacket)), 0, 0, 0, 0))
	got, err := parseService(append([]byte{1, 1, 0, 0}, service.Serialize()...))
	want := Service{ServiceID: id, Flags: FlagOnePacket, Stats: Stats{Total: Counters{Connections: 1<<32 - 1, InBytes: 1 << 40}}}
	if diff := cmp.Diff(want, got, equal); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}

	addr := netip.MustParseAddrPort("[fd00::1]:80")
	dest := nl.NewRtAttr(attrDest, nil)
	dest.AddRtAttr(destAddr, union(addr.Addr()))
	dest.AddRtAttr(destPort, []byte{0, 80})
	msg := append([]byte{1, 1, 0, 0}, dest.Serialize()...)
	if d, err := parseDestination(msg, id); err != nil || d.Addr != addr {
		t.Errorf("destination %v, %v, want %v", d.Addr, err, addr)
	}
}

// TestSortFamilies has addresses of two families that are equal as far as
// ipvsadm compares them from the side of IPv4, and not from the other.
func TestSortFamilies(t *testing.T) {
	v4, v6 := netip.MustParseAddrPort("32.1.13.184:80"), netip.MustParseAddrPort("[2001:db8::5]:80")
	for _, order := range [][]netip.AddrPort{{v4, v6}, {v6, v4}} {
		l := &Listing{Services: []Service{{Destinations: []Destination{{Addr: order[0]}, {Addr: order[1]}}}}}
		l.Sort()
		if d := l.Services[0].Destinations; d[0].Addr != v4 || d[1].Addr != v6 {
			t.Errorf("%v is sorted to %v, %v", order, d[0].Addr, d[1].Addr)
		}
	}
}
