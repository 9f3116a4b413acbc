package ipvs

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/lvs"
)

var equal = cmp.Options{
	cmp.Comparer(func(a, b netip.Addr) bool { return a == b }),
	cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b }),
}

// TestNoIPVS says on one line what to do, and what modprobe said.
func TestNoIPVS(t *testing.T) {
	failed := errors.New("exit status 1")
	for _, tt := range []struct {
		err  error
		out  string
		want string
	}{
		{nil, "", ""},
		{failed, "", " (modprobe ip_vs: exit status 1)"},
		{failed, "modprobe: FATAL: no ip_vs\n", " (modprobe ip_vs: exit status 1: modprobe: FATAL: no ip_vs)"},
	} {
		err := noIPVS(tt.err, []byte(tt.out))
		if !errors.Is(err, ErrNoIPVS) || err.Error() != ErrNoIPVS.Error()+tt.want {
			t.Errorf("modprobe: %v, %q: %v", tt.err, tt.out, err)
		}
	}
}

// TestTable has the services of a configuration, and none by mark.
func TestTable(t *testing.T) {
	web := lvs.ID{Protocol: lvs.TCP, Addr: netip.MustParseAddrPort("198.51.100.1:80")}
	dns := lvs.ID{Protocol: lvs.UDP, Addr: netip.MustParseAddrPort("[2001:db8::1]:53")}
	addr, mask := netip.MustParseAddrPort("10.0.0.1:80"), netip.MustParseAddr("255.255.255.0")
	l := Listing{Services: []Service{
		{ID: web, Scheduler: "wlc", Flags: FlagPersistent, Persistence: 50 * time.Second, Netmask: mask,
			Destinations: []Destination{{Addr: addr, Method: Routing, Weight: 70000, Active: 3}}},
		{ID: lvs.ID{Mark: 7}, Scheduler: "rr", Destinations: []Destination{{Addr: addr}}},
		{ID: dns, Scheduler: "rr", Destinations: []Destination{{Addr: addr, Method: Local}}},
	}}
	want := lvs.Table{
		{Protocol: lvs.TCP, Addr: web.Addr}: {
			Scheduler: "wlc", Persistence: 50 * time.Second, Netmask: mask,
			Destinations: map[netip.AddrPort]lvs.Destination{addr: {Forward: lvs.DR, Weight: 70000}},
		},
		{Protocol: lvs.UDP, Addr: dns.Addr}: {
			Scheduler:    "rr",
			Destinations: map[netip.AddrPort]lvs.Destination{addr: {}}, // differs from every wanted one
		},
	}
	if d := cmp.Diff(want, l.Table(), equal); d != "" {
		t.Error(d)
	}
}

// TestDestinationRoundTrip reads what is written.
func TestDestinationRoundTrip(t *testing.T) {
	for _, tt := range []struct {
		addr string
		d    lvs.Destination
	}{
		{"10.0.0.1:80", lvs.Destination{Forward: lvs.NAT, Weight: 1}},
		{"10.0.0.1:65535", lvs.Destination{Forward: lvs.DR, Weight: 65535}},
		{"10.0.0.1:0", lvs.Destination{Forward: lvs.TUN, Weight: 70000}},
		{"[2001:db8::1]:80", lvs.Destination{Forward: lvs.DR}},
	} {
		addr := netip.MustParseAddrPort(tt.addr)
		msg := append([]byte{cmdNewDest, 1, 0, 0}, destinationAttr(addr, tt.d).Serialize()...)
		// The service has the other family: the destination's own counts.
		got, err := parseDestination(msg, lvs.ID{Mark: 1, Mark6: true})
		d := lvs.Destination{Forward: got.Method.Forward(), Weight: got.Weight}
		if err != nil || got.Addr != addr || d != tt.d {
			t.Errorf("%v %+v comes back as %+v, %v", addr, tt.d, got, err)
		}
		for n := range len(msg) {
			parseDestination(msg[:n:n], lvs.ID{}) // must not panic
		}
	}
}

func TestDestinationWithoutAddress(t *testing.T) {
	a := nl.NewRtAttr(attrDest, nil)
	a.AddRtAttr(destWeight, nl.Uint32Attr(1))
	msg := append([]byte{cmdNewDest, 1, 0, 0}, a.Serialize()...)
	if _, err := parseDestination(msg, lvs.ID{}); !errors.Is(err, errMalformed) {
		t.Errorf("%v, want %v", err, errMalformed)
	}
}

func TestNetmaskRoundTrip(t *testing.T) {
	v4, v6 := netip.MustParseAddr("198.51.100.1"), netip.MustParseAddr("2001:db8::1")
	for _, tt := range []struct {
		mask    string
		service netip.Addr
	}{
		{"", v4}, {"255.255.255.0", v4}, {"255.0.0.0", v4},
		{"", v6}, {"ffff:ffff:ffff:ffff::", v6}, {"ffff:f000::", v6},
	} {
		var mask netip.Addr
		if tt.mask != "" {
			mask = netip.MustParseAddr(tt.mask)
		}
		if got := fromNetmask(toNetmask(mask, tt.service), tt.service); got != mask {
			t.Errorf("mask %v of a service at %v comes back as %v", mask, tt.service, got)
		}
	}
}

func TestOtherwise(t *testing.T) {
	for _, tt := range []struct {
		kind lvs.OpKind
		err  error
		want lvs.OpKind // 0: nothing else to try
	}{
		{lvs.AddService, unix.EEXIST, lvs.EditService},
		{lvs.AddDestination, unix.EEXIST, lvs.EditDestination},
		{lvs.EditService, unix.ESRCH, lvs.AddService},
		{lvs.EditDestination, unix.ENOENT, lvs.AddDestination},
		{lvs.EditDestination, unix.ESRCH, 0},
		{lvs.AddService, unix.ENOENT, 0}, // no such scheduler
		{lvs.DeleteService, unix.ESRCH, 0},
		{lvs.AddService, unix.EPERM, 0},
	} {
		op, ok := otherwise(lvs.Op{Kind: tt.kind}, tt.err)
		if ok != (tt.want != 0) || ok && op.Kind != tt.want {
			t.Errorf("%v after %v: %v %t, want %v", tt.kind, tt.err, op.Kind, ok, tt.want)
		}
	}
}
