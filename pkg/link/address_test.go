package link

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/iproute"
)

var byValue = cmp.Options{
	cmp.Comparer(func(a, b netip.Addr) bool { return a == b }),
	cmp.Comparer(func(a, b netip.Prefix) bool { return a == b }),
}

func vip(prefix string) iproute.Address {
	return iproute.Address{Prefix: netip.MustParsePrefix(prefix), Device: "eth0"}
}

func vips(prefixes ...string) []iproute.Address {
	var list []iproute.Address
	for _, p := range prefixes {
		list = append(list, vip(p))
	}
	return list
}

type outcome struct {
	I       int
	Changed bool
	Err     error
}

// record returns an Ack and what it was told.
func record() (Ack, *[]outcome) {
	got := new([]outcome)
	return func(i int, changed bool, err error) { *got = append(*got, outcome{i, changed, err}) }, got
}

func all(n int, changed bool) []outcome {
	var want []outcome
	for i := range n {
		want = append(want, outcome{i, changed, nil})
	}
	return want
}

func add(t *testing.T, c *Conn, list []iproute.Address) {
	t.Helper()
	ack, got := record()
	if err := c.AddAddresses(t.Context(), list, ack); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(all(len(list), true), *got); diff != "" {
		t.Fatal(diff)
	}
}

// eth0 returns what is on the interface: the address, its scope if not global,
// the label if it has one, "secondary".
func eth0(t *testing.T, h host) []string {
	t.Helper()
	var list []string
	h.in(t, func() error {
		l, err := netlink.LinkByName("eth0")
		if err != nil {
			return err
		}
		addrs, err := netlink.AddrList(l, netlink.FAMILY_V4)
		for _, a := range addrs {
			s := a.IPNet.String()
			if a.Broadcast != nil {
				s += " brd " + a.Broadcast.String()
			}
			if a.Scope != 0 {
				s += fmt.Sprintf(" scope %d", a.Scope)
			}
			if a.Label != "eth0" {
				s += " label " + a.Label
			}
			if a.ValidLft != 0 && uint32(a.ValidLft) != 0xffffffff {
				s += " expires"
			}
			if a.Flags&unix.IFA_F_SECONDARY != 0 {
				s += " secondary"
			}
			list = append(list, s)
		}
		return err
	})
	return list
}

func expect(t *testing.T, h host, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, eth0(t, h)); diff != "" {
		t.Error(diff)
	}
}

// The attributes are those that keepalived gives its addresses.
func TestAddAddresses(t *testing.T) {
	h := newHost(t)
	h.addLink(t, "eth0")
	h.addAddress(t, "eth0", parseAddr(t, "198.51.100.1/24"))
	c := h.open(t)
	list := []iproute.Address{
		vip("198.51.100.100/24"),
		vip("198.51.100.101/32"),
		{Prefix: netip.MustParsePrefix("203.0.113.7/24"), Broadcast: netip.MustParseAddr("203.0.113.255"), Device: "eth0", Label: "eth0:7"},
		vip("203.0.113.8/24"),
		{Prefix: netip.MustParsePrefix("192.0.2.5/32"), Device: "eth0", Scope: unix.RT_SCOPE_LINK},
	}
	add(t, c, list)
	expect(t, h,
		"192.0.2.5/32 scope 253",
		"198.51.100.1/24 brd 198.51.100.255",
		"198.51.100.101/32",
		"203.0.113.7/24 brd 203.0.113.255 label eth0:7",
		"198.51.100.100/24 secondary",
		"203.0.113.8/24 secondary",
	)

	t.Run("read back", func(t *testing.T) {
		got, err := c.Addresses(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		own := vip("198.51.100.1/24")
		own.Broadcast = netip.MustParseAddr("198.51.100.255")
		want := []iproute.Address{list[4], own, list[1], list[2], list[0], list[3]}
		if diff := cmp.Diff(want, got, byValue); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("again", func(t *testing.T) {
		ack, got := record()
		if err := c.AddAddresses(t.Context(), list, ack); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(all(len(list), false), *got); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("remove all", func(t *testing.T) {
		for _, changed := range []bool{true, false} {
			seen := map[int]outcome{}
			err := c.RemoveAddresses(t.Context(), list, func(i int, changed bool, err error) { seen[i] = outcome{i, changed, err} })
			if err != nil {
				t.Fatal(err)
			}
			want := map[int]outcome{}
			for _, o := range all(len(list), changed) {
				want[o.I] = o
			}
			if diff := cmp.Diff(want, seen); diff != "" {
				t.Error(diff)
			}
			expect(t, h, "198.51.100.1/24 brd 198.51.100.255")
		}
	})
}

func TestAddressErrors(t *testing.T) {
	h := newHost(t)
	h.addLink(t, "eth0")
	c := h.open(t)
	elsewhere := vip("203.0.113.2/24")
	elsewhere.Device = "nothing0"
	list := []iproute.Address{
		elsewhere,
		vip("203.0.113.1/24"),
		{Device: "eth0"},
		{Prefix: netip.MustParsePrefix("203.0.113.3/24"), Device: "eth0", Scope: unix.RT_SCOPE_LINK}, // the subnet has another scope
		vip("203.0.113.4/24"),
	}
	wants := []error{unix.ENODEV, nil, unix.EAFNOSUPPORT, unix.EINVAL, nil}
	says := []string{"no such interface", "", "no addresses of this family", "write the address of a host", ""}
	seen := 0
	err := c.AddAddresses(t.Context(), list, func(i int, changed bool, err error) {
		seen++
		if !errors.Is(err, wants[i]) || changed != (wants[i] == nil) {
			t.Errorf("%d: %v, %v; want %v", i, changed, err, wants[i])
		}
		if err != nil && !strings.Contains(err.Error(), says[i]) {
			t.Errorf("%d: %v does not say %q", i, err, says[i])
		}
	})
	if err != nil || seen != len(list) {
		t.Fatalf("%d answers, %v", seen, err)
	}
	// What was on an interface that is gone is gone.
	ack, got := record()
	if err := c.RemoveAddresses(t.Context(), []iproute.Address{elsewhere}, ack); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(all(1, false), *got); diff != "" {
		t.Error(diff)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.AddAddresses(ctx, list, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestManyAddresses(t *testing.T) {
	h := newHost(t)
	h.addLink(t, "eth0")
	h.addLink(t, "eth1")
	c := h.open(t)
	var list []iproute.Address
	for i := range 500 {
		a := vip(fmt.Sprintf("10.0.%d.%d/16", i/200, i%200+1))
		if i%2 == 1 {
			a.Device = "eth1"
		}
		list = append(list, a)
	}
	add(t, c, list)
	got, err := c.Addresses(t.Context())
	if err != nil || len(got) != len(list) {
		t.Fatalf("%d addresses, %v", len(got), err)
	}
	count := 0
	err = c.RemoveAddresses(t.Context(), list, func(i int, changed bool, err error) {
		count++
		if !changed || err != nil {
			t.Errorf("remove %d: %v, %v", i, changed, err)
		}
	})
	if err != nil || count != len(list) {
		t.Fatalf("%d answers, %v", count, err)
	}
	if got, err = c.Addresses(t.Context()); err != nil || len(got) != 0 {
		t.Errorf("left: %v, %v", got, err)
	}
}

// Nothing of others' goes with what is removed, whatever the system's setting.
func TestRemoveSparesOthers(t *testing.T) {
	tests := []struct {
		name   string
		add    []string // before the administrator's
		others []*netlink.Addr
		after  []string // after them
		remove []string
		want   []string // without promote_secondaries
		order  []int    // of the answers
	}{
		{
			name:   "VIP is secondary in the interface's own subnet",
			others: []*netlink.Addr{parseAddr(t, "198.51.100.1/24")},
			after:  []string{"198.51.100.100/24"},
			remove: []string{"198.51.100.100/24"},
			want:   []string{"198.51.100.1/24 brd 198.51.100.255"},
			order:  []int{0},
		},
		{
			name:   "all of a foreign subnet",
			add:    []string{"203.0.113.1/24", "203.0.113.2/24", "203.0.113.3/24"},
			remove: []string{"203.0.113.1/24", "203.0.113.2/24", "203.0.113.3/24"},
			order:  []int{1, 2, 0},
		},
		{
			name:   "primary of a foreign subnet alone",
			add:    []string{"203.0.113.1/24", "203.0.113.2/24", "203.0.113.3/24"},
			remove: []string{"203.0.113.1/24"},
			want:   []string{"203.0.113.2/24", "203.0.113.3/24 secondary"},
			order:  []int{0},
		},
		{
			name: "the administrator's became secondary",
			add:  []string{"203.0.113.1/24", "203.0.113.2/24"},
			others: []*netlink.Addr{
				{IPNet: parseAddr(t, "203.0.113.9/24").IPNet, Label: "eth0:adm", Scope: 0, ValidLft: 3600, PreferedLft: 1800},
				parseAddr(t, "203.0.113.10/24"),
			},
			remove: []string{"203.0.113.1/24", "203.0.113.2/24"},
			want: []string{
				"203.0.113.9/24 brd 203.0.113.255 label eth0:adm expires",
				"203.0.113.10/24 brd 203.0.113.255 secondary",
			},
			order: []int{1, 0},
		},
		{
			name:   "another prefix length is another subnet",
			add:    []string{"203.0.113.1/24"},
			others: []*netlink.Addr{parseAddr(t, "203.0.113.9/25")},
			remove: []string{"203.0.113.1/24"},
			want:   []string{"203.0.113.9/25 brd 203.0.113.127"},
			order:  []int{0},
		},
	}
	for _, promote := range []string{"0", "1"} {
		for _, tt := range tests {
			t.Run(tt.name+", promote_secondaries "+promote, func(t *testing.T) {
				h := newHost(t)
				h.addLink(t, "eth0")
				h.in(t, func() error {
					return os.WriteFile("/proc/sys/net/ipv4/conf/eth0/promote_secondaries", []byte(promote), 0o644)
				})
				c := h.open(t)
				add(t, c, vips(tt.add...))
				for _, a := range tt.others {
					h.addAddress(t, "eth0", a)
				}
				add(t, c, vips(tt.after...))
				ack, got := record()
				if err := c.RemoveAddresses(t.Context(), vips(tt.remove...), ack); err != nil {
					t.Fatal(err)
				}
				var want []outcome
				for _, i := range tt.order {
					want = append(want, outcome{i, true, nil})
				}
				if diff := cmp.Diff(want, *got); diff != "" {
					t.Error(diff)
				}
				expect(t, h, tt.want...)
			})
		}
	}
}

func TestInterfaces(t *testing.T) {
	h := newHost(t)
	h.addLink(t, "eth0")
	h.addAddress(t, "eth0", parseAddr(t, "198.51.100.1/24"))
	c := h.open(t)
	add(t, c, vips("198.51.100.100/24", "203.0.113.7/32"))
	list, err := c.Interfaces(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"lo", "eth0-peer", "eth0"}
	if len(list) != len(want) {
		t.Fatalf("got %+v", list)
	}
	for i, name := range want {
		if list[i].Name != name || list[i].Up != (name != "lo") || list[i].Index <= 0 || len(list[i].MAC) != 6 {
			t.Errorf("got %+v", list[i])
		}
	}
	var addrs []string
	for _, p := range list[2].Addrs {
		addrs = append(addrs, p.String())
	}
	if diff := cmp.Diff([]string{"198.51.100.1/24", "203.0.113.7/32", "198.51.100.100/24"}, addrs); diff != "" {
		t.Error(diff)
	}
}
