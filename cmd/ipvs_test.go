package cmd

import (
	"net/netip"
	"testing"

	"github.com/kactl/kactl/pkg/lvs"
)

func TestParseServiceID(t *testing.T) {
	for _, tt := range []struct {
		flag, value string
		ipv6        bool
		want        lvs.ServiceID
	}{
		{"tcp-service", "198.51.100.1:80", false, lvs.ServiceID{Protocol: lvs.TCP, Addr: netip.MustParseAddrPort("198.51.100.1:80")}},
		{"tcp-service", "198.51.100.1", false, lvs.ServiceID{Protocol: lvs.TCP, Addr: netip.MustParseAddrPort("198.51.100.1:0")}},
		{"udp-service", "[2001:db8::1]:53", false, lvs.ServiceID{Protocol: lvs.UDP, Addr: netip.MustParseAddrPort("[2001:db8::1]:53")}},
		{"udp-service", "2001:db8::1", false, lvs.ServiceID{Protocol: lvs.UDP, Addr: netip.MustParseAddrPort("[2001:db8::1]:0")}},
		{"sctp-service", "[2001:db8::1]", false, lvs.ServiceID{Protocol: lvs.SCTP, Addr: netip.MustParseAddrPort("[2001:db8::1]:0")}},
		{"tcp-service", "198.51.100.1:https", false, lvs.ServiceID{Protocol: lvs.TCP, Addr: netip.MustParseAddrPort("198.51.100.1:443")}},
		{"fwmark-service", "4294967295", false, lvs.ServiceID{Mark: 1<<32 - 1, Family: 4}},
		{"fwmark-service", "0x10", true, lvs.ServiceID{Mark: 16, Family: 6}},
	} {
		got, err := parseServiceID(tt.flag, tt.value, tt.ipv6)
		if err != nil || got != tt.want {
			t.Errorf("--%s %s is %v, %v, want %v", tt.flag, tt.value, got, err, tt.want)
		}
	}
}
