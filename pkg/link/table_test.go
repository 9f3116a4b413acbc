package link

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/iproute"
)

func addr(index int, prefix string, secondary bool) address {
	p := netip.MustParsePrefix(prefix)
	return address{index: index, prefix: p, peer: p.Addr(), secondary: secondary}
}

func TestPlanRemoval(t *testing.T) {
	there := []address{
		addr(1, "198.51.100.1/24", false),
		addr(1, "203.0.113.1/24", false),
		addr(1, "203.0.113.1/25", false),
		addr(1, "203.0.113.2/24", true),
		addr(1, "198.51.100.2/24", true),
		addr(1, "203.0.113.3/24", true),
	}
	tests := []struct {
		name   string
		remove []string
		want   []string
	}{
		{"nothing", nil, nil},
		{"secondary", []string{"203.0.113.2/24"}, []string{"- 203.0.113.2/24"}},
		{"primary", []string{"203.0.113.1/24"}, []string{"- 203.0.113.1/24", "+ 203.0.113.2/24", "+ 203.0.113.3/24"}},
		{"primary of another length", []string{"203.0.113.1/25"}, []string{"- 203.0.113.1/25"}},
		{"primary and one secondary", []string{"203.0.113.1/24", "203.0.113.3/24"}, []string{"- 203.0.113.3/24", "- 203.0.113.1/24", "+ 203.0.113.2/24"}},
		{"not there", []string{"203.0.113.9/24", "203.0.113.1/32"}, []string{"- 203.0.113.9/24", "- 203.0.113.1/32"}},
		{"twice", []string{"203.0.113.2/24", "203.0.113.2/24"}, []string{"- 203.0.113.2/24", "- 203.0.113.2/24"}},
		{
			"two subnets",
			[]string{"198.51.100.1/24", "203.0.113.1/24"},
			[]string{"- 198.51.100.1/24", "+ 198.51.100.2/24", "- 203.0.113.1/24", "+ 203.0.113.2/24", "+ 203.0.113.3/24"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			// What is not wanted stays out of it.
			list := []iproute.Address{vip("198.51.100.1/24")}
			var wanted []int
			for i, p := range tt.remove {
				list = append(list, vip(p))
				wanted = append(wanted, i+1)
			}
			var got []string
			for _, s := range planRemoval(there, list, wanted) {
				if s.restore != nil {
					got = append(got, "+ "+s.restore.prefix.String())
				} else {
					got = append(got, "- "+list[s.remove].Prefix.String())
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func collect(f func(emit func(change))) []string {
	var got []string
	f(func(c change) { got = append(got, words(c.event())) })
	return got
}

func TestTable(t *testing.T) {
	tab := table{}
	up := linkInfo{index: 7, name: "eth0", up: true, mac: "\x02\x00\x00\x00\x00\x01"}
	down, moved, renamed := up, up, up
	down.up, moved.mac, renamed.name = false, "\x02\x00\x00\x00\x00\x02", "wan"

	steps := []struct {
		name string
		do   func(emit func(change))
		want []string
	}{
		{"address of an unknown link", func(e func(change)) { tab.setAddress(addr(7, "203.0.113.1/24", false), e) }, nil},
		{"no address of an unknown link", func(e func(change)) { tab.dropAddress(addr(7, "203.0.113.1/24", false), e) }, nil},
		{"unknown link goes", func(e func(change)) { tab.dropLink(7, e) }, nil},
		{"link", func(e func(change)) { tab.setLink(up, e) }, []string{"link added eth0"}},
		{"same", func(e func(change)) { tab.setLink(up, e) }, nil},
		{"down", func(e func(change)) { tab.setLink(down, e) }, []string{"link down eth0"}},
		{"up and moved", func(e func(change)) { tab.setLink(moved, e) }, []string{"link changed eth0", "link up eth0"}},
		{"address", func(e func(change)) { tab.setAddress(addr(7, "203.0.113.1/24", false), e) }, []string{"address added eth0 203.0.113.1/24"}},
		{"another", func(e func(change)) { tab.setAddress(addr(7, "198.51.100.1/24", false), e) }, []string{"address added eth0 198.51.100.1/24"}},
		{"its secondary", func(e func(change)) { tab.setAddress(addr(7, "198.51.100.2/24", true), e) }, []string{"address added eth0 198.51.100.2/24"}},
		{"secondary", func(e func(change)) { tab.setAddress(addr(7, "203.0.113.2/24", true), e) }, []string{"address added eth0 203.0.113.2/24"}},
		{"address again", func(e func(change)) { tab.setAddress(addr(7, "203.0.113.1/24", false), e) }, nil},
		{"primary goes", func(e func(change)) { tab.dropAddress(addr(7, "203.0.113.1/24", false), e) }, []string{"address removed eth0 203.0.113.1/24"}},
		{"secondary takes its place", func(e func(change)) { tab.setAddress(addr(7, "203.0.113.2/24", false), e) }, nil},
		{"renamed", func(e func(change)) { tab.setLink(renamed, e) }, []string{"link removed eth0", "link added wan"}},
	}
	for _, s := range steps {
		if diff := cmp.Diff(s.want, collect(s.do)); diff != "" {
			t.Errorf("%s: %s", s.name, diff)
		}
	}
	got := tab.interfaces()
	want := []netip.Prefix{
		netip.MustParsePrefix("198.51.100.1/24"),
		netip.MustParsePrefix("203.0.113.2/24"),
		netip.MustParsePrefix("198.51.100.2/24"),
	}
	if len(got) != 1 || !slices.Equal(got[0].Addrs, want) {
		t.Errorf("in the end: %+v", got)
	}
}

// A primary address has its place among the primary ones by its scope.
func TestPlace(t *testing.T) {
	n := &node{}
	for _, a := range []struct {
		prefix    string
		scope     uint8
		secondary bool
	}{
		{"198.51.100.1/24", 0, false},
		{"198.51.100.100/24", 0, true},
		{"198.51.100.101/32", 0, false},
		{"192.0.2.5/32", 253, false},
		{"10.1.1.1/8", 254, false},
		{"192.0.2.6/32", 253, false},
	} {
		x := addr(1, a.prefix, a.secondary)
		x.scope = a.scope
		n.addrs = slices.Insert(n.addrs, n.place(x), x)
	}
	var got []string
	for _, a := range n.addrs {
		got = append(got, a.prefix.String())
	}
	want := []string{"10.1.1.1/8", "192.0.2.5/32", "192.0.2.6/32", "198.51.100.1/24", "198.51.100.101/32", "198.51.100.100/24"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Whatever two tables are, the events lead from one to the other.
func TestBecome(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	random := func() table {
		tab := table{}
		for index := range 4 {
			if rng.IntN(4) == 0 {
				continue
			}
			n := &node{linkInfo: linkInfo{
				index: index + 1,
				name:  string(rune('a' + (index+rng.IntN(2)*4)%8)),
				up:    rng.IntN(2) == 0,
				mac:   string(rune('0' + rng.IntN(2))),
			}}
			for _, p := range []string{"10.0.0.1/24", "10.0.0.2/24", "10.0.1.1/24"} {
				if rng.IntN(2) == 0 {
					n.addrs = append(n.addrs, addr(n.index, p, rng.IntN(2) == 0))
				}
			}
			tab[n.index] = n
		}
		return tab
	}
	for range 500 {
		from, to := random(), random()
		mirror := map[string]Interface{}
		for _, i := range from.interfaces() {
			mirror[i.Name] = i
		}
		from.become(to, func(c change) {
			e := c.event()
			i := mirror[e.Interface.Name]
			switch e.Kind {
			case LinkAdded:
				i = e.Interface
			case LinkRemoved:
				delete(mirror, e.Interface.Name)
				return
			case LinkUp, LinkDown, LinkChanged:
				i.Up, i.MAC = e.Interface.Up, e.Interface.MAC
			case AddressAdded:
				i.Addrs = append(slices.Clone(i.Addrs), e.Addr)
			case AddressRemoved:
				i.Addrs = slices.DeleteFunc(slices.Clone(i.Addrs), func(p netip.Prefix) bool { return p == e.Addr })
			}
			mirror[i.Name] = i
		})
		want := map[string]Interface{}
		for _, i := range to.interfaces() {
			want[i.Name] = i
		}
		for _, m := range []map[string]Interface{want, mirror} {
			for name, i := range m {
				i.Addrs = slices.SortedFunc(slices.Values(i.Addrs), netip.Prefix.Compare)
				m[name] = i
			}
		}
		if diff := cmp.Diff(want, mirror, byValue); diff != "" {
			t.Fatal(diff)
		}
		if diff := cmp.Diff(to.interfaces(), from.interfaces(), byValue); diff != "" {
			t.Fatal(diff)
		}
	}
}

func FuzzApply(f *testing.F) {
	f.Add(uint16(unix.RTM_NEWLINK), make([]byte, unix.SizeofIfInfomsg))
	f.Add(uint16(unix.RTM_NEWLINK), make([]byte, unix.SizeofIfInfomsg+8))
	f.Add(uint16(unix.RTM_NEWADDR), addRequest(vip("203.0.113.1/24"), 1).Serialize()[unix.SizeofNlMsghdr:])
	f.Add(uint16(unix.RTM_DELADDR), deleteRequest(vip("203.0.113.1/24"), 1).Serialize()[unix.SizeofNlMsghdr:])
	f.Fuzz(func(t *testing.T, kind uint16, b []byte) {
		tab := table{1: &node{linkInfo: linkInfo{index: 1, name: "eth0"}}}
		tab.apply(syscall.NetlinkMessage{Header: syscall.NlMsghdr{Type: kind}, Data: b}, func(change) {})
		tab.interfaces()
	})
}
