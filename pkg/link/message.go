package link

import (
	"bytes"
	"encoding/binary"
	"net"
	"net/netip"
	"time"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/iproute"
	"github.com/kactl/kactl/pkg/nlconn"
)

// linkInfo is what a message about an interface tells us.
type linkInfo struct {
	index int
	name  string
	up    bool
	mac   string // the bytes; comparable
	mtu   int
}

// parseLink reads an RTM_NEWLINK or RTM_DELLINK without its netlink header.
func parseLink(b []byte) (linkInfo, bool) {
	if len(b) < unix.SizeofIfInfomsg {
		return linkInfo{}, false
	}
	msg := nl.DeserializeIfInfomsg(b)
	if msg.Family != unix.AF_UNSPEC {
		return linkInfo{}, false // a bridge speaks of its ports like this
	}
	const upAndRunning = unix.IFF_UP | unix.IFF_RUNNING
	l := linkInfo{index: int(msg.Index), up: msg.Flags&upAndRunning == upAndRunning}
	_ = nlconn.Attributes(b[unix.SizeofIfInfomsg:], func(kind uint16, value []byte) { // what is whole counts
		switch kind {
		case unix.IFLA_IFNAME:
			l.name = cString(value)
		case unix.IFLA_ADDRESS:
			l.mac = string(value)
		case unix.IFLA_MTU:
			if len(value) == 4 {
				l.mtu = int(binary.NativeEndian.Uint32(value))
			}
		}
	})
	return l, l.index > 0 && l.name != ""
}

// An address is one address as the kernel describes it.
type address struct {
	index     int
	prefix    netip.Prefix
	peer      netip.Addr // differs from that of prefix on point-to-point links
	broadcast netip.Addr
	label     string
	scope     uint8
	secondary bool // IPv4
	// unusable says that the kernel looks for an IPv6 address on the link, or found
	// it there (RFC 4862 section 5.4).
	unusable bool

	raw []byte // the whole description, to put it back as it was
}

// parseAddress reads an RTM_NEWADDR or RTM_DELADDR without its netlink header.
func parseAddress(b []byte) (address, bool) {
	if len(b) < unix.SizeofIfAddrmsg {
		return address{}, false
	}
	msg := nl.DeserializeIfAddrmsg(b)
	ipv6 := msg.Family == unix.AF_INET6
	if msg.Family != unix.AF_INET && !ipv6 || msg.Prefixlen > 128 || !ipv6 && msg.Prefixlen > 32 {
		return address{}, false
	}
	a := address{
		index:     int(msg.Index),
		scope:     msg.Scope,
		secondary: !ipv6 && msg.Flags&unix.IFA_F_SECONDARY != 0, // of IPv6 this is a temporary one
		unusable: ipv6 && (msg.Flags&unix.IFA_F_DADFAILED != 0 ||
			msg.Flags&(unix.IFA_F_TENTATIVE|unix.IFA_F_OPTIMISTIC) == unix.IFA_F_TENTATIVE),
		raw: b,
	}
	var local netip.Addr
	_ = nlconn.Attributes(b[unix.SizeofIfAddrmsg:], func(kind uint16, value []byte) { // what is whole counts
		ip, _ := netip.AddrFromSlice(value)
		switch kind {
		case unix.IFA_LOCAL:
			local = ip
		case unix.IFA_ADDRESS:
			a.peer = ip
		case unix.IFA_BROADCAST:
			a.broadcast = ip
		case unix.IFA_LABEL:
			a.label = cString(value)
		}
	})
	if ipv6 && !local.IsValid() {
		local = a.peer // where there is no other end, this is the address
	}
	if !local.IsValid() || local.Is6() != ipv6 {
		return address{}, false
	}
	if !a.peer.IsValid() || a.peer.Is6() != ipv6 {
		a.peer = local
	}
	a.prefix = netip.PrefixFrom(local, int(msg.Prefixlen))
	return a, true
}

func (a *address) ipv6() bool { return a.prefix.Addr().Is6() }

func cString(b []byte) string {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	return string(b)
}

func (l linkInfo) exported() Interface {
	return Interface{Index: l.index, Name: l.name, Up: l.up, MAC: net.HardwareAddr(l.mac), MTU: l.mtu}
}

// addRequest asks for a virtual address with the attributes that keepalived
// gives it: no broadcast address and no label unless the configuration has one, and
// an IPv6 address is not looked for on the link before it is used.
func addRequest(a iproute.Address, index int) *nl.NetlinkRequest {
	req := addressRequest(unix.RTM_NEWADDR, a, index)
	if a.Broadcast.Is4() {
		req.AddData(nl.NewRtAttr(unix.IFA_BROADCAST, a.Broadcast.AsSlice()))
	}
	if a.Label != "" {
		req.AddData(nl.NewRtAttr(unix.IFA_LABEL, nl.ZeroTerminated(a.Label)))
	}
	if flags := addressFlags(a); flags != 0 {
		req.AddData(nl.NewRtAttr(unix.IFA_FLAGS, nl.Uint32Attr(flags)))
	}
	if a.Prefix.Addr().Is6() && (a.Deprecated || a.Preferred > 0) {
		req.AddData(nl.NewRtAttr(unix.IFA_CACHEINFO, lifetimes(uint32(a.Preferred/time.Second))))
	}
	return req
}

// addressFlags are the flags of an address that is to be added (linux/if_addr.h).
func addressFlags(a iproute.Address) (flags uint32) {
	ipv6 := a.Prefix.Addr().Is6()
	for _, f := range []struct {
		on   bool
		flag uint32
	}{
		{ipv6 && !a.DAD, unix.IFA_F_NODAD},
		{ipv6 && a.Home, unix.IFA_F_HOMEADDRESS},
		{ipv6 && a.ManageTemporary, unix.IFA_F_MANAGETEMPADDR},
		{a.NoPrefixRoute, unix.IFA_F_NOPREFIXROUTE},
		{a.AutoJoin, unix.IFA_F_MCAUTOJOIN},
	} {
		if f.on {
			flags |= f.flag
		}
	}
	return flags
}

// lifetimes is a struct ifa_cacheinfo: valid for ever, preferred for that many
// seconds.
func lifetimes(preferred uint32) []byte {
	const forever = 1<<32 - 1
	b := binary.NativeEndian.AppendUint32(make([]byte, 0, unix.SizeofIfaCacheinfo), preferred)
	b = binary.NativeEndian.AppendUint32(b, forever)
	return b[:unix.SizeofIfaCacheinfo]
}

// deleteRequest names what is to go by its address and prefix length.
func deleteRequest(a iproute.Address, index int) *nl.NetlinkRequest {
	req := addressRequest(unix.RTM_DELADDR, a, index)
	req.AddData(nl.NewRtAttr(unix.IFA_ADDRESS, a.Prefix.Addr().AsSlice()))
	return req
}

func addressRequest(kind int, a iproute.Address, index int) *nl.NetlinkRequest {
	req := nl.NewNetlinkRequest(kind, 0)
	family := unix.AF_INET
	if a.Prefix.Addr().Is6() {
		family = unix.AF_INET6
	}
	msg := nl.NewIfAddrmsg(family)
	msg.Prefixlen = uint8(a.Prefix.Bits())
	msg.Scope = a.Scope
	msg.Index = uint32(index)
	req.AddData(msg)
	req.AddData(nl.NewRtAttr(unix.IFA_LOCAL, a.Prefix.Addr().AsSlice()))
	return req
}

// restoreRequest asks for an address exactly as it was described. The kernel
// decides anew whether it is a secondary one.
func restoreRequest(a address) *nl.NetlinkRequest {
	req := nl.NewNetlinkRequest(unix.RTM_NEWADDR, 0)
	req.AddRawData(a.raw)
	return req
}
