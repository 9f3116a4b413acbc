package link

import (
	"encoding/binary"
	"net/netip"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/iproute"
	"github.com/kactl/kactl/pkg/nlconn"
)

// monitorGroups are what a monitor listens to.
const monitorGroups = unix.RTMGRP_LINK | unix.RTMGRP_IPV4_IFADDR | unix.RTMGRP_IPV6_IFADDR |
	1<<(unix.RTNLGRP_IPV4_ROUTE-1) | 1<<(unix.RTNLGRP_IPV6_ROUTE-1) |
	1<<(unix.RTNLGRP_IPV4_RULE-1) | 1<<(unix.RTNLGRP_IPV6_RULE-1)

// monitorFilter keeps from us what others do with routes: a table of the whole
// Internet may change a thousand times a second. What is added is of no use, and of
// what is removed only routes of our protocol are.
func monitorFilter() []unix.SockFilter {
	const (
		typeOffset     = 4                       // in struct nlmsghdr
		protocolOffset = unix.SizeofNlMsghdr + 5 // in struct rtmsg
		drop           = unix.BPF_RET | unix.BPF_K
	)
	// The program reads numbers in network order, the message has them in ours.
	kind := func(n uint16) uint32 {
		return uint32(binary.BigEndian.Uint16(binary.NativeEndian.AppendUint16(nil, n)))
	}
	jump := func(k uint32, yes, no uint8) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jt: yes, Jf: no, K: k}
	}
	return []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_H | unix.BPF_ABS, K: typeOffset},
		jump(kind(unix.RTM_NEWROUTE), 5, 0),
		jump(kind(unix.RTM_NEWRULE), 4, 0),
		jump(kind(unix.RTM_DELROUTE), 0, 2),
		{Code: unix.BPF_LD | unix.BPF_B | unix.BPF_ABS, K: protocolOffset},
		jump(iproute.Protocol, 0, 1),
		{Code: unix.BPF_RET | unix.BPF_K, K: 1<<32 - 1},
		{Code: drop},
	}
}

// parseRoute reads of an RTM_DELROUTE without its netlink header which route it was.
func parseRoute(b []byte) (r iproute.Route, ok bool) {
	if len(b) < unix.SizeofRtMsg {
		return r, false
	}
	msg := nl.DeserializeRtMsg(b)
	r.Table, r.TOS, r.Protocol = uint32(msg.Table), msg.Tos, msg.Protocol
	dst := netip.IPv4Unspecified()
	if msg.Family == unix.AF_INET6 {
		dst = netip.IPv6Unspecified()
	}
	_ = nlconn.Attributes(b[unix.SizeofRtMsg:], func(kind uint16, value []byte) { // what is whole counts
		switch {
		case kind == unix.RTA_DST:
			if a, whole := netip.AddrFromSlice(value); whole {
				dst = a
			}
		case len(value) != 4:
		case kind == unix.RTA_TABLE:
			r.Table = binary.NativeEndian.Uint32(value)
		case kind == unix.RTA_PRIORITY:
			r.Metric = binary.NativeEndian.Uint32(value)
		}
	})
	r.Destination = netip.PrefixFrom(dst, int(msg.Dst_len))
	return r, r.Destination.IsValid() && dst.Is6() == (msg.Family == unix.AF_INET6)
}

// parseRule reads of an RTM_DELRULE without its netlink header which rule it was.
func parseRule(b []byte) (r iproute.Rule, ok bool) {
	size := ruleHeader{}.Len()
	if len(b) < size {
		return r, false
	}
	r.IPv6 = b[0] == unix.AF_INET6
	_ = nlconn.Attributes(b[size:], func(kind uint16, value []byte) { // what is whole counts
		if kind == unix.FRA_PRIORITY && len(value) == 4 {
			r.Preference = binary.NativeEndian.Uint32(value)
		}
	})
	return r, r.IPv6 || b[0] == unix.AF_INET
}

// secondaries are secondary addresses that were removed. The kernel tells of them
// before it tells of the primary one that they go with.
type secondaries []change

// explain takes note of a change after them: those of the subnet of a primary address
// that goes went with it.
func (s secondaries) explain(c change) {
	if c.kind != AddressRemoved {
		return
	}
	for n := range s {
		if s[n].node == c.node && s[n].address.subnet() == c.address.subnet() {
			s[n].withPrimary = true
		}
	}
}

func (s secondaries) tell(emit func(Event)) {
	for _, c := range s {
		emit(c.event())
	}
}
