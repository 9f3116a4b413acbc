package link

import (
	"fmt"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/iproute"
)

// eth0of6 returns what is on the interface of IPv6, with the flags and the preferred
// lifetime if it ends.
func eth0of6(t *testing.T, h host) []string {
	t.Helper()
	var list []string
	h.in(t, func() error {
		l, err := netlink.LinkByName("eth0")
		if err != nil {
			return err
		}
		addrs, err := netlink.AddrList(l, netlink.FAMILY_V6)
		for _, a := range addrs {
			s := a.IPNet.String()
			if flags := a.Flags &^ unix.IFA_F_PERMANENT; flags != 0 {
				s += fmt.Sprintf(" flags %x", flags)
			}
			if uint32(a.PreferedLft) != 0xffffffff {
				s += " limited"
			}
			if uint32(a.ValidLft) != 0xffffffff {
				s += " expires"
			}
			list = append(list, s)
		}
		return err
	})
	return list
}

// The flags and lifetimes are those that keepalived gives its addresses.
func TestAddIPv6Addresses(t *testing.T) {
	h := newHost(t)
	h.addLink(t, "eth0")
	c := h.open(t)
	list := vips("fe80::51/64", "2001:db8::100/64", "2001:db8::101/128", "2001:db8::102/64", "2001:db8::103/64", "2001:db8::104/64", "198.51.100.100/24")
	list[2].Deprecated = true
	list[3].Home, list[3].NoPrefixRoute, list[3].ManageTemporary = true, true, true
	list[4].Preferred = time.Hour
	list[5].DAD = true
	want := []string{
		"2001:db8::104/64 flags 40", // tentative
		"2001:db8::103/64 flags 2 limited",
		fmt.Sprintf("2001:db8::102/64 flags %x", unix.IFA_F_NODAD|unix.IFA_F_HOMEADDRESS|unix.IFA_F_NOPREFIXROUTE|unix.IFA_F_MANAGETEMPADDR),
		fmt.Sprintf("2001:db8::101/128 flags %x limited", unix.IFA_F_NODAD|unix.IFA_F_DEPRECATED),
		"2001:db8::100/64 flags 2",
		"fe80::51/64 flags 2",
	}
	h.in(t, func() error { // so that it stays tentative
		return os.WriteFile("/proc/sys/net/ipv6/conf/eth0/dad_transmits", []byte("100\n"), 0)
	})
	add(t, c, list)
	if diff := cmp.Diff(want, eth0of6(t, h)); diff != "" {
		t.Error(diff)
	}
	expect(t, h, "198.51.100.100/24")

	t.Run("again", func(t *testing.T) {
		ack, got := record()
		if err := c.AddAddresses(t.Context(), list, ack); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(all(len(list), false), *got); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("remove some", func(t *testing.T) {
		ack, got := record()
		if err := c.RemoveAddresses(t.Context(), []iproute.Address{list[2], list[6], list[0]}, ack); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(3, len(*got)); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]string{want[0], want[1], want[2], want[4]}, eth0of6(t, h)); diff != "" {
			t.Error(diff)
		}
		expect(t, h)
	})
	t.Run("remove all", func(t *testing.T) {
		seen := map[int]outcome{}
		err := c.RemoveAddresses(t.Context(), list, func(i int, changed bool, err error) { seen[i] = outcome{i, changed, err} })
		if err != nil {
			t.Fatal(err)
		}
		for i := range list {
			if want := (outcome{i, i != 0 && i != 2 && i != 6, nil}); seen[i] != want {
				t.Errorf("%v, want %v", seen[i], want)
			}
		}
		if left := eth0of6(t, h); len(left) > 0 {
			t.Errorf("left: %v", left)
		}
	})
}

// Where IPv6 is switched off, the error says so.
func TestIPv6SwitchedOff(t *testing.T) {
	h := newHost(t)
	h.addLink(t, "eth0")
	h.in(t, func() error {
		return os.WriteFile("/proc/sys/net/ipv6/conf/eth0/disable_ipv6", []byte("1\n"), 0)
	})
	ack, got := record()
	if err := h.open(t).AddAddresses(t.Context(), vips("2001:db8::100/64"), ack); err != nil {
		t.Fatal(err)
	}
	if len(*got) != 1 || (*got)[0].Err == nil {
		t.Fatalf("answers: %v", *got)
	}
	const want = "add 2001:db8::100/64 on eth0: IPv6 is switched off there: set the sysctl net.ipv6.conf.INTERFACE.disable_ipv6 to 0 (permission denied)"
	if text := (*got)[0].Err.Error(); text != want {
		t.Errorf("%q, want %q", text, want)
	}
}

// An IPv6 address comes when the kernel has found it to be nobody else's, and is none
// before; what it is known of agrees with what is read anew.
func TestMonitorIPv6(t *testing.T) {
	h := newHost(t)
	h.addLink(t, "eth0")
	h.in(t, func() error {
		return os.WriteFile("/proc/sys/net/ipv6/conf/eth0/accept_dad", []byte("1\n"), 0)
	})
	m := h.monitor(t, monitorBuffer)
	next := run(t, m)
	c := h.open(t)
	add(t, c, vips("2001:db8::100/64"))
	until(t, next, "address added eth0 2001:db8::100/64")
	own := parseAddr(t, "fe80::1/64") // which the kernel looks for
	h.addAddress(t, "eth0", own)
	if list, err := c.Interfaces(t.Context()); err != nil || hasAddress(list, "fe80::1/64") {
		t.Errorf("a tentative address counts: %v, %v", list, err)
	}
	until(t, next, "address added eth0 fe80::1/64")
	if list, err := c.Interfaces(t.Context()); err != nil || !hasAddress(list, "fe80::1/64") {
		t.Errorf("the address does not count: %v, %v", list, err)
	}
	add(t, c, vips("fe80::2/64", "198.51.100.1/24", "2001:db8::101/64"))
	var last Event
	for limit := time.Now().Add(30 * time.Second); len(last.Interface.Addrs) < 5 && time.Now().Before(limit); {
		list, err := c.Interfaces(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range list {
			if i.Name == "eth0" {
				last.Interface = i
			}
		}
	}
	want := []string{"198.51.100.1/24", "2001:db8::101/64", "2001:db8::100/64", "fe80::2/64", "fe80::1/64"}
	if diff := cmp.Diff(want, texts(last.Interface.Addrs)); diff != "" {
		t.Error(diff)
	}
	if err := c.RemoveAddresses(t.Context(), vips("2001:db8::100/64"), nil); err != nil {
		t.Fatal(err)
	}
	until(t, next, "address removed eth0 2001:db8::100/64")
}

// An interface that is switched off loses its IPv6 addresses: the cause comes first.
func TestMonitorTellsTheCauseFirst(t *testing.T) {
	h := newHost(t)
	h.addLink(t, "eth0")
	add(t, h.open(t), vips("fe80::1/64", "2001:db8::100/64"))
	m := h.monitor(t, monitorBuffer)
	next := run(t, m)
	h.setDown(t, "eth0")
	for got := ""; got != "link down eth0"; {
		if got = next(); strings.HasPrefix(got, "address removed") {
			t.Fatalf("%q comes first", got)
		}
	}
	eventually(t, next, "address removed eth0 fe80::1/64", "address removed eth0 2001:db8::100/64")
}

// Where the kernel finds an address on the link, it is none of ours.
func TestDuplicateAddress(t *testing.T) {
	h := newHost(t)
	h.addLink(t, "eth0")
	own := parseAddr(t, "fe80::1/64")
	own.Flags = unix.IFA_F_NODAD
	h.addAddress(t, "eth0-peer", own)
	h.addAddress(t, "eth0", parseAddr(t, "fe80::1/64"))
	for limit := time.Now().Add(30 * time.Second); ; time.Sleep(time.Millisecond) {
		if list := eth0of6(t, h); len(list) == 1 && list[0] == fmt.Sprintf("fe80::1/64 flags %x", unix.IFA_F_TENTATIVE|unix.IFA_F_DADFAILED) {
			break
		}
		if time.Now().After(limit) {
			t.Fatalf("no duplicate is found: %v", eth0of6(t, h))
		}
	}
	list, err := h.open(t).Interfaces(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range list {
		if i.Name == "eth0" && len(i.Addrs) > 0 {
			t.Errorf("a duplicate address counts: %v", i.Addrs)
		}
	}
}

func hasAddress(list []Interface, prefix string) bool {
	for _, i := range list {
		for _, a := range i.Addrs {
			if i.Name == "eth0" && a == netip.MustParsePrefix(prefix) {
				return true
			}
		}
	}
	return false
}

func texts(list []netip.Prefix) (out []string) {
	for _, p := range list {
		out = append(out, p.String())
	}
	return out
}
