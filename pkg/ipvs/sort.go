package ipvs

import (
	"encoding/binary"
	"net/netip"

	"github.com/kactl/kactl/pkg/lvs"
)

// Sort puts services and destinations in the order in which ipvsadm lists
// them: by mark, address family, protocol, address and port.
//
// ipvsadm takes the difference of two marks, or of two words of an address, for
// a signed number of 32 bits, so that 198.51.100.1 comes before 10.0.0.1. Where
// such differences contradict each other, the order hangs on how the sorting
// goes about it, and on the kernel's order.
func (l *Listing) Sort() {
	mergeSort(l.Services, make([]Service, 0, len(l.Services)/2), func(a, b *Service) int { return compareID(a.ServiceID, b.ServiceID) })
	var buffer []Destination
	for i := range l.Services {
		buffer = mergeSort(l.Services[i].Destinations, buffer, func(a, b *Destination) int { return compareAddrPort(a.Addr, b.Addr) })
	}
}

func compareID(id, other lvs.ServiceID) int {
	switch {
	case id.Mark != other.Mark:
		return int(int32(id.Mark - other.Mark))
	case id.Is6() != other.Is6():
		if id.Is6() {
			return 1
		}
		return -1
	case id.Protocol != other.Protocol:
		return int(id.Protocol) - int(other.Protocol)
	}
	return compareAddrPort(id.Addr, other.Addr)
}

func compareAddrPort(a, b netip.AddrPort) int {
	if c := compareAddr(a.Addr(), b.Addr()); c != 0 {
		return c
	}
	return int(a.Port()) - int(b.Port())
}

// compareAddr compares word by word, as many as the first address has: of two
// families the first word.
func compareAddr(a, b netip.Addr) int {
	x, y := words(a), words(b)
	for i := range a.BitLen() / 32 {
		if x[i] != y[i] {
			return int(int32(x[i] - y[i]))
		}
	}
	return 0
}

// words are an address as the kernel lays it out, IPv4 in the first one.
func words(a netip.Addr) (w [4]uint32) {
	if a.Is4() {
		b := a.As4()
		w[0] = binary.BigEndian.Uint32(b[:])
		return w
	}
	b := a.As16()
	for i := range w {
		w[i] = binary.BigEndian.Uint32(b[4*i:])
	}
	return w
}

// mergeSort sorts as the C library's qsort does, whose result shows where
// compare contradicts itself. It returns the buffer, for the next one.
func mergeSort[T any](s, buffer []T, compare func(a, b *T) int) []T {
	if len(s) < 2 {
		return buffer
	}
	middle := len(s) / 2
	buffer = mergeSort(s[:middle], buffer, compare)
	buffer = mergeSort(s[middle:], buffer, compare)
	buffer = append(buffer[:0], s[:middle]...)
	left, right, out := buffer, s[middle:], s
	for len(left) > 0 && len(right) > 0 {
		from := &left
		if compare(&left[0], &right[0]) > 0 {
			from = &right
		}
		out[0], out, *from = (*from)[0], out[1:], (*from)[1:]
	}
	copy(out, left) // what is left of the right half is in its place
	return buffer
}
