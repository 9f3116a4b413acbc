package main

import (
	"fmt"
	"net/netip"
)

// A layout is what is taken over: one virtual router with so many addresses, or a
// sync group of virtual routers with one address each.
type layout struct {
	name      string
	instances []virtualRouter
	ipv6      bool
	limits    limits
}

// A virtualRouter is one instance. An advert holds only so many addresses: the others
// are excluded from it.
type virtualRouter struct {
	VRID           int
	VIPs, Excluded []netip.Addr
}

// What an advert holds: of IPv4 at most 255 addresses, of IPv6 what the MTU has room
// for.
const (
	inAdvert  = 250
	inAdvert6 = 80
)

// members is how many instances the sync group has.
const members = 50

// router is one virtual router with n addresses.
func router(n int) layout {
	vips := addresses(n)
	l := layout{name: fmt.Sprintf("%d VIPs", n), limits: limitsMany}
	if n == 1 {
		l.name, l.limits = "1 VIP", limitsOne
	}
	l.instances = []virtualRouter{{vrid, vips[:min(inAdvert, n)], vips[min(inAdvert, n):]}}
	return l
}

// router6 is one of IPv6.
func router6(n int) layout {
	vips := addresses6(n)
	return layout{
		name: fmt.Sprintf("%d VIPs of IPv6", n), ipv6: true, limits: limitsMany,
		instances: []virtualRouter{{vrid, vips[:min(inAdvert6, n)], vips[min(inAdvert6, n):]}},
	}
}

// syncGroup is a sync group of n instances.
func syncGroup(n int) layout {
	l := layout{name: fmt.Sprintf("a sync group of %d", n), limits: limitsGroup}
	for n, vip := range addresses(n) {
		l.instances = append(l.instances, virtualRouter{VRID: vrid + n, VIPs: []netip.Addr{vip}})
	}
	return l
}

// vips are the virtual addresses of all instances.
func (l layout) vips() (all []netip.Addr) {
	for _, i := range l.instances {
		all = append(append(all, i.VIPs...), i.Excluded...)
	}
	return all
}

// announcement is what announces an address.
func (l layout) announcement() string {
	if l.ipv6 {
		return "NA"
	}
	return "ARP"
}

// addresses are so many virtual addresses (RFC 2544's range).
func addresses(n int) []netip.Addr { return from("198.18.1.1", n) }

// addresses6 are so many of IPv6, a link-local one first (RFC 9568 section 5.2.9).
func addresses6(n int) []netip.Addr {
	return append(from("fe80::51", 1), from("2001:db8:1::1", n-1)...)
}

func from(first string, n int) (out []netip.Addr) {
	for a := netip.MustParseAddr(first); len(out) < n; a = a.Next() {
		out = append(out, a)
	}
	return out
}
