package lab

import (
	"fmt"
	"net"

	"github.com/vishvananda/netlink"
)

// A Segment is one network segment: a bridge in the lab's own namespace that
// no host shares. It is promiscuous, so that a capture on it sees the unicast
// between its ports.
type Segment struct {
	lab    *Lab
	name   string
	bridge netlink.Link
}

// Segment makes a segment. The name has at most 15 characters.
func (l *Lab) Segment(name string) *Segment {
	l.t.Helper()
	h := l.bridge.handle
	attrs := netlink.NewLinkAttrs()
	attrs.Name = name
	// Without an address of its own a bridge takes the lowest of its ports'
	// and changes it as they come and go.
	attrs.HardwareAddr = l.mac(0xff)
	noSnoop := false
	br := &netlink.Bridge{LinkAttrs: attrs, MulticastSnooping: &noSnoop}
	l.check(h.LinkAdd(br), "make bridge %s", name)
	l.check(h.SetPromiscOn(br), "make bridge %s promiscuous", name)
	// The bridge's namespace must not take part in what it carries.
	_ = l.bridge.Sysctl("net/ipv6/conf/"+name+"/disable_ipv6", "1")
	for _, family := range []string{"iptables", "ip6tables", "arptables"} {
		_ = l.bridge.Sysctl("net/bridge/bridge-nf-call-"+family, "0")
	}
	l.check(h.LinkSetUp(br), "set bridge %s up", name)
	s := &Segment{lab: l, name: name, bridge: br}
	l.segs = append(l.segs, s)
	return s
}

// mac is a hardware address that this lab has not given yet.
func (l *Lab) mac(kind byte) net.HardwareAddr {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := len(l.names) + 1
	mac := net.HardwareAddr{0x02, 0x4b, 0x41, kind, byte(n >> 8), byte(n)}
	l.names[mac.String()] = fmt.Sprintf("port %d", n)
	return mac
}
