package link

import (
	"bytes"
	"encoding/binary"
	"net"
	"net/netip"

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

// An address is one IPv4 address as the kernel describes it.
type address struct {
	index     int
	prefix    netip.Prefix
	peer      netip.Addr // differs from that of prefix on point-to-point links
	broadcast netip.Addr
	label     string
	scope     uint8
	secondary bool

	raw []byte // the whole description, to put it back as it was
}

// parseAddress reads an RTM_NEWADDR or RTM_DELADDR without its netlink header.
func parseAddress(b []byte) (address, bool) {
	if len(b) < unix.SizeofIfAddrmsg {
		return address{}, false
	}
	msg := nl.DeserializeIfAddrmsg(b)
	if msg.Family != unix.AF_INET || msg.Prefixlen > 32 {
		return address{}, false
	}
	a := address{
		index:     int(msg.Index),
		scope:     msg.Scope,
		secondary: msg.Flags&unix.IFA_F_SECONDARY != 0,
		raw:       b,
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
	if !local.Is4() {
		return address{}, false
	}
	if !a.peer.Is4() {
		a.peer = local
	}
	a.prefix = netip.PrefixFrom(local, int(msg.Prefixlen))
	return a, true
}

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
// gives it: no broadcast address and no label unless the configuration has one.
func addRequest(a iproute.Address, index int) *nl.NetlinkRequest {
	req := addressRequest(unix.RTM_NEWADDR, a, index)
	if a.Broadcast.Is4() {
		req.AddData(nl.NewRtAttr(unix.IFA_BROADCAST, a.Broadcast.AsSlice()))
	}
	if a.Label != "" {
		req.AddData(nl.NewRtAttr(unix.IFA_LABEL, nl.ZeroTerminated(a.Label)))
	}
	return req
}

// deleteRequest names what is to go by its address and prefix length.
func deleteRequest(a iproute.Address, index int) *nl.NetlinkRequest {
	req := addressRequest(unix.RTM_DELADDR, a, index)
	req.AddData(nl.NewRtAttr(unix.IFA_ADDRESS, a.Prefix.Addr().AsSlice()))
	return req
}

func addressRequest(kind int, a iproute.Address, index int) *nl.NetlinkRequest {
	req := nl.NewNetlinkRequest(kind, 0)
	msg := nl.NewIfAddrmsg(unix.AF_INET)
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
