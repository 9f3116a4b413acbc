package link

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/kactl/kactl/pkg/iproute"
)

// setLinkSysctls makes an interface of ours, which is not up yet, one that answers
// for its own addresses and for no others, as keepalived does.
func setLinkSysctls(l iproute.Link) error {
	for _, s := range linkSysctls(l) {
		if _, err := SetSysctl(s[0], s[1]); err != nil && !errors.Is(err, os.ErrNotExist) { // a kernel without IPv6
			return err
		}
	}
	return nil
}

// linkSysctls are the kernel parameters of an interface of ours, with their values.
//
// What comes to a virtual address comes in on the interface of that, and the way back
// to a host of the network below leaves by the interface below. A strict check of the
// source (rp_filter) would drop it: the host's own rp_filter of all interfaces is in
// force where it is the greater one, so where there is one, the check is loose.
// keepalived switches that of all interfaces off.
func linkSysctls(l iproute.Link) [][2]string {
	v4, v6 := filepath.Join("net/ipv4/conf", l.Name), filepath.Join("net/ipv6/conf", l.Name)
	list := [][2]string{{v6 + "/addr_gen_mode", "1"}} // no link-local address by itself
	if l.IPv6 {
		return append(list, [2]string{v6 + "/disable_ipv6", "0"})
	}
	check := "0"
	if value, err := os.ReadFile("/proc/sys/net/ipv4/conf/all/rp_filter"); err == nil && strings.TrimSpace(string(value)) != "0" {
		check = "2"
	}
	return append(list,
		[2]string{v6 + "/disable_ipv6", "1"},
		[2]string{v4 + "/rp_filter", check},
		[2]string{v4 + "/accept_local", "1"}, // adverts of another router of this host
		[2]string{v4 + "/arp_ignore", "1"},   // for its own addresses
		[2]string{v4 + "/promote_secondaries", "1"})
}
