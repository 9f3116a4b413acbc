package netio

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"os"

	"github.com/mdlayher/ndp"
	"golang.org/x/sys/unix"
)

const (
	protocolICMPv6 = 58

	// ndpHopLimit shows that a message comes from a neighbour (RFC 4861 section
	// 7.1.2).
	ndpHopLimit = 255
)

// allNodes is where unsolicited advertisements go, and allNodesMAC its hardware
// address (RFC 2464 section 7).
var (
	allNodes    = netip.MustParseAddr("ff02::1")
	allNodesMAC = net.HardwareAddr{0x33, 0x33, 0, 0, 0, 1}
)

// unsolicited returns a frame with an unsolicited neighbour advertisement as keepalived
// sends it: from the address itself, to overrule what neighbours know.
func unsolicited(mac net.HardwareAddr, addr netip.Addr, router bool) ([]byte, error) {
	message, err := ndp.MarshalMessageChecksum(&ndp.NeighborAdvertisement{
		Router: router, Override: true, TargetAddress: addr,
		Options: []ndp.Option{&ndp.LinkLayerAddress{Direction: ndp.Target, Addr: mac}},
	}, addr, allNodes)
	if err != nil {
		return nil, err
	}
	frame := make([]byte, 0, etherLen+header6Len+len(message))
	frame = append(frame, allNodesMAC...)
	frame = append(frame, mac...)
	frame = append(frame, unix.ETH_P_IPV6>>8, unix.ETH_P_IPV6&0xff)
	frame = frame[:etherLen+header6Len]
	header := frame[etherLen:]
	putHeader6(header, addr, allNodes, ndpHopLimit, protocolICMPv6, len(message))
	header[0], header[1] = 6<<4, 0 // of no class: that is for adverts
	return append(frame, message...), nil
}

// forwards says whether the host is a router on an interface, which its neighbour
// advertisements say too: hosts that learn the opposite drop their routes through it
// (RFC 4861 section 7.2.5).
func forwards(ifname string) bool {
	value, err := os.ReadFile(fmt.Sprintf("/proc/sys/net/ipv6/conf/%s/forwarding", ifname))
	return err == nil && !bytes.Equal(bytes.TrimSpace(value), []byte("0"))
}
