package ipvs

import (
	"math/bits"
	"net/netip"

	moby "github.com/moby/ipvs"
	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/lvs"
)

// fromNetmask and toNetmask convert the persistence granularity: the kernel has
// a mask in network order for IPv4 and a prefix length for IPv6; both have "all
// of the address" where lvs has the zero Addr.
func fromNetmask(mask uint32, service netip.Addr) netip.Addr {
	if service.Is4() {
		if mask == ^uint32(0) {
			return netip.Addr{}
		}
		var b [4]byte
		native.PutUint32(b[:], mask)
		return netip.AddrFrom4(b)
	}
	if mask == 0 || mask >= 128 {
		return netip.Addr{}
	}
	ones, _ := netip.AddrFrom16([16]byte{
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	}).Prefix(int(mask))
	return ones.Addr()
}

func toNetmask(mask, service netip.Addr) uint32 {
	if service.Is4() {
		if !mask.Is4() {
			return ^uint32(0)
		}
		b := mask.As4()
		return native.Uint32(b[:])
	}
	if !mask.Is6() {
		return 128
	}
	n := 0
	for _, b := range mask.As16() {
		n += bits.OnesCount8(b)
	}
	return uint32(n)
}

// methodMask leaves the method of a destination's flags.
const methodMask = moby.ConnectionFlagFwdMask

func toMethod(f lvs.Forward) Method {
	switch f {
	case lvs.TUN:
		return Tunneling
	case lvs.DR:
		return Routing
	}
	return Masquerading
}

func familyOf(a netip.Addr) uint16 {
	if a.Is4() {
		return unix.AF_INET
	}
	return unix.AF_INET6
}
