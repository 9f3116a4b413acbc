package ipvs

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
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
		{"10.0.0.1:80", lvs.Destination{Forward: lvs.NAT, UpperThreshold: 1<<32 - 1, LowerThreshold: 5}},
		{"10.0.0.1:80", lvs.Destination{Forward: lvs.TUN, Tunnel: lvs.Tunnel{Type: lvs.GUE, Port: 6080, Checksum: lvs.RemoteChecksum}}},
		{"10.0.0.1:80", lvs.Destination{Forward: lvs.TUN, Tunnel: lvs.Tunnel{Type: lvs.GRE, Checksum: lvs.WithChecksum}}},
	} {
		addr := netip.MustParseAddrPort(tt.addr)
		msg := append([]byte{cmdNewDest, 1, 0, 0}, destinationAttr(addr, tt.d).Serialize()...)
		// The service has the other family: the destination's own counts.
		got, err := parseDestination(msg, lvs.ServiceID{Mark: 1, Family: 6})
		d := lvs.Destination{
			Forward: got.Method.Forward(), Weight: got.Weight, Tunnel: got.Tunnel,
			UpperThreshold: int(got.UpperThreshold), LowerThreshold: int(got.LowerThreshold),
		}
		if err != nil || got.Addr != addr || d != tt.d {
			t.Errorf("%v %+v comes back as %+v, %v", addr, tt.d, got, err)
		}
		for n := range len(msg) {
			parseDestination(msg[:n:n], lvs.ServiceID{}) // must not panic
		}
	}
}

// TestServiceRoundTrip reads what is written, and sees that the flags which kactl
// does not know are left to the kernel.
func TestServiceRoundTrip(t *testing.T) {
	for id, s := range map[lvs.ServiceID]lvs.Service{
		{Protocol: lvs.TCP, Addr: netip.MustParseAddrPort("198.51.100.1:80")}:  {Scheduler: "rr"},
		{Protocol: lvs.UDP, Addr: netip.MustParseAddrPort("[2001:db8::1]:53")}: {Scheduler: "mh", Flags: 0b111, OnePacket: true},
		{Mark: 1 << 31, Family: 4}: {Scheduler: "sh", Flags: 0b101, Persistence: time.Minute, Netmask: netip.MustParseAddr("255.255.0.0"), Engine: "sip"},
		{Mark: 5, Family: 6}:       {Scheduler: "sh", Flags: 0b010, Persistence: time.Hour, Netmask: netip.MustParseAddr("ffff::")},
	} {
		msg := append([]byte{cmdNewService, 1, 0, 0}, serviceAttr(id, s).Serialize()...)
		got, err := parseService(msg)
		l := Listing{Services: []Service{got}}
		if d := cmp.Diff(lvs.Table{id: s}, l.Table(), equal, cmpopts.EquateEmpty()); err != nil || d != "" {
			t.Errorf("%s: %v\n%s", id.Listed(), err, d)
		}
		var d decoder
		d.message(msg, func(_ uint16, v []byte) {
			d.each(v, func(kind uint16, v []byte) {
				if kind == svcFlags && native.Uint32(v[4:]) != 0x3d {
					t.Errorf("%s: it sets and clears the flags %#x", id.Listed(), native.Uint32(v[4:]))
				}
			})
		})
	}
}

func TestDestinationWithoutAddress(t *testing.T) {
	a := nl.NewRtAttr(attrDest, nil)
	a.AddRtAttr(destWeight, nl.Uint32Attr(1))
	msg := append([]byte{cmdNewDest, 1, 0, 0}, a.Serialize()...)
	if _, err := parseDestination(msg, lvs.ServiceID{}); !errors.Is(err, errMalformed) {
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
