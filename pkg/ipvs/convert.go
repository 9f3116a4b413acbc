package ipvs

import (
	"math/bits"
	"net/netip"

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

// The forwarding methods of linux/ip_vs.h.
const (
	methodMask = 0x7
	methodNAT  = 0x0
	methodTUN  = 0x2
	methodDR   = 0x3
)

// fromMethod returns 0 for a method that lvs has no name for, so that it
// differs from every wanted one.
func fromMethod(flags uint32) lvs.Forward {
	switch flags & methodMask {
	case methodNAT:
		return lvs.NAT
	case methodTUN:
		return lvs.TUN
	case methodDR:
		return lvs.DR
	}
	return 0
}

func toMethod(f lvs.Forward) uint32 {
	switch f {
	case lvs.TUN:
		return methodTUN
	case lvs.DR:
		return methodDR
	}
	return methodNAT
}

func familyOf(a netip.Addr) uint16 {
	if a.Is4() {
		return unix.AF_INET
	}
	return unix.AF_INET6
}
