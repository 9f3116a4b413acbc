package link

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// Attributes of the headers of tunnels (linux/lwtunnel.h, linux/ila.h).
const (
	tunnelID    = 1
	tunnelDst   = 2
	tunnelSrc   = 3
	tunnelTTL   = 4
	tunnelTOS   = 5
	tunnelFlags = 6
	ilaLocator  = 1
)

// encap returns the attributes of the words of a tunnel's header, as
// ip-route(8) has them, its type first.
func encap(words []string) ([]*nl.RtAttr, error) {
	if len(words) == 0 {
		return nil, nil
	}
	header := nl.NewRtAttr(unix.RTA_ENCAP|unix.NLA_F_NESTED, nil)
	kind, err := uint16(0), error(nil)
	switch rest := words[1:]; words[0] {
	case "mpls":
		kind, err = unix.LWTUNNEL_ENCAP_MPLS, mplsHeader(header, rest)
	case "ila":
		kind, err = unix.LWTUNNEL_ENCAP_ILA, ilaHeader(header, rest)
	case "ip":
		kind, err = unix.LWTUNNEL_ENCAP_IP, ipHeader(header, rest)
	case "ip6":
		kind, err = unix.LWTUNNEL_ENCAP_IP6, ipHeader(header, rest)
	default:
		err = fmt.Errorf("encap %s is not supported", words[0])
	}
	if err != nil {
		return nil, err
	}
	return []*nl.RtAttr{nl.NewRtAttr(unix.RTA_ENCAP_TYPE, nl.Uint16Attr(kind)), header}, nil
}

// mplsHeader reads labels, "100/200": each is 20 bits of four bytes, and the last
// has the bit that says so (RFC 3032 section 2.1).
func mplsHeader(header *nl.RtAttr, words []string) error {
	if len(words) == 0 {
		return fmt.Errorf("encap mpls has no label")
	}
	labels := strings.Split(words[0], "/")
	var stack []byte
	for n, text := range labels {
		label, err := strconv.ParseUint(text, 0, 20)
		if err != nil {
			return fmt.Errorf("%s is no label of MPLS: it is 0 to 1048575", text)
		}
		entry := uint32(label) << 12
		if n == len(labels)-1 {
			entry |= 1 << 8
		}
		stack = binary.BigEndian.AppendUint32(stack, entry)
	}
	header.AddRtAttr(nl.MPLS_IPTUNNEL_DST, stack)
	return nil
}

// ilaHeader reads a locator: four numbers of 16 bits, "2001:db8:0:1".
func ilaHeader(header *nl.RtAttr, words []string) error {
	var locator []byte
	if len(words) > 0 {
		for part := range strings.SplitSeq(words[0], ":") {
			n, err := strconv.ParseUint(part, 16, 16)
			if err != nil {
				return fmt.Errorf("%s is no locator of ILA", words[0])
			}
			locator = binary.BigEndian.AppendUint16(locator, uint16(n))
		}
	}
	if len(locator) != 8 {
		return fmt.Errorf("encap ila needs a locator of four numbers")
	}
	header.AddRtAttr(ilaLocator, locator)
	return nil
}

// ipHeader reads pairs of words.
func ipHeader(header *nl.RtAttr, words []string) error {
	for ; len(words) > 1; words = words[2:] {
		name, text := words[0], words[1]
		switch name {
		case "dst", "src":
			a, err := netip.ParseAddr(text)
			if err != nil {
				return fmt.Errorf("encap %s %s is no address", name, text)
			}
			header.AddRtAttr(map[string]int{"dst": tunnelDst, "src": tunnelSrc}[name], a.AsSlice())
			continue
		}
		bits := 8
		switch name {
		case "id":
			bits = 64
		case "flags":
			bits = 16
		}
		n, err := strconv.ParseUint(text, 0, bits)
		if err != nil {
			return fmt.Errorf("encap %s %s is no number that fits", name, text)
		}
		switch name {
		case "id":
			header.AddRtAttr(tunnelID, binary.BigEndian.AppendUint64(nil, n))
		case "ttl", "hoplimit":
			header.AddRtAttr(tunnelTTL, []byte{byte(n)})
		case "tos", "tc":
			header.AddRtAttr(tunnelTOS, []byte{byte(n)})
		case "flags":
			header.AddRtAttr(tunnelFlags, binary.BigEndian.AppendUint16(nil, uint16(n)))
		}
	}
	return nil
}
