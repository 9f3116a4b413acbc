package cmd

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/kactl/kactl/pkg/lvs"
)

// parseServiceID reads the value of a flag that names a service: a mark, or an
// address, to which a port is added unless it is 0, "[2001:db8::1]:80".
func parseServiceID(flag, value string, ipv6 bool) (lvs.ServiceID, error) {
	if flag == "fwmark-service" {
		mark, err := strconv.ParseUint(value, 0, 32)
		if err != nil || mark == 0 {
			return lvs.ServiceID{}, fmt.Errorf("%s is not a firewall mark: write a number from 1 to 4294967295", value)
		}
		id := lvs.ServiceID{Mark: uint32(mark), Family: 4}
		if ipv6 {
			id.Family = 6
		}
		return id, nil
	}
	protocol := map[string]lvs.Protocol{"tcp-service": lvs.TCP, "udp-service": lvs.UDP, "sctp-service": lvs.SCTP}[flag]
	addr, err := parseServiceAddr(value, strings.ToLower(protocol.String()))
	return lvs.ServiceID{Protocol: protocol, Addr: addr}, err
}

func parseServiceAddr(value, protocol string) (netip.AddrPort, error) {
	host, port := value, "0"
	if _, err := netip.ParseAddr(value); err != nil {
		if host, port, err = net.SplitHostPort(value); err != nil {
			host, port = strings.TrimSuffix(strings.TrimPrefix(value, "["), "]"), "0"
		}
	}
	addr, err := netip.ParseAddr(host)
	if err != nil || addr.Zone() != "" {
		return netip.AddrPort{}, fmt.Errorf("%s has no numeric address: write 198.51.100.1:80, or [2001:db8::1]:80", value)
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		n, err := net.LookupPort(strings.Replace(protocol, "sctp", "tcp", 1), port)
		if err != nil || n < 0 || n > 65535 {
			return netip.AddrPort{}, fmt.Errorf("%s has no port that is known: write a number from 0 to 65535", value)
		}
		number = uint64(n)
	}
	return netip.AddrPortFrom(addr, uint16(number)), nil
}
