package ipvs

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	moby "github.com/moby/ipvs"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/lvs"
)

var equal = cmp.Options{
	cmp.Comparer(func(a, b netip.Addr) bool { return a == b }),
	cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b }),
}

type fakeReader struct {
	err    error
	closed bool
}

func (f *fakeReader) GetServices() ([]*moby.Service, error) { return nil, f.err }
func (f *fakeReader) Close()                                { f.closed = true }

func TestAssemble(t *testing.T) {
	destinations := map[netip.AddrPort]lvs.Destination{
		netip.MustParseAddrPort("10.0.0.1:80"): {Forward: lvs.DR, Weight: 1},
	}
	got, err := assemble([]*moby.Service{
		{Address: net.IP{198, 51, 100, 1}, Protocol: 6, Port: 80, SchedName: "wlc", Flags: 0x3, Timeout: 50,
			Netmask: native.Uint32([]byte{255, 255, 255, 0}), AddressFamily: unix.AF_INET},
		{Address: net.ParseIP("2001:db8::1"), Protocol: 17, Port: 53, SchedName: "rr", Flags: 0x2, Timeout: 360,
			Netmask: 128, AddressFamily: unix.AF_INET6},
		{FWMark: 7, SchedName: "rr", AddressFamily: unix.AF_INET},
	}, func(lvs.ServiceKey) (map[netip.AddrPort]lvs.Destination, error) { return destinations, nil })
	if err != nil {
		t.Fatal(err)
	}
	want := lvs.Table{
		{Protocol: lvs.TCP, Addr: netip.MustParseAddrPort("198.51.100.1:80")}: {
			Scheduler: "wlc", Persistence: 50 * time.Second, Netmask: netip.MustParseAddr("255.255.255.0"), Destinations: destinations,
		},
		{Protocol: lvs.UDP, Addr: netip.MustParseAddrPort("[2001:db8::1]:53")}: {
			Scheduler: "rr", Destinations: destinations,
		},
	}
	if d := cmp.Diff(want, got, equal); d != "" {
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
		got, d, err := parseDestination(msg, netip.MustParseAddr("2001:db8::9"))
		if err != nil || got != addr || d != tt.d {
			t.Errorf("%v %+v comes back as %v %+v, %v", addr, tt.d, got, d, err)
		}
		for n := range len(msg) {
			parseDestination(msg[:n:n], addr.Addr()) // must not panic
		}
	}
}

func TestDestinationWithoutAddress(t *testing.T) {
	a := nl.NewRtAttr(attrDest, nil)
	a.AddRtAttr(destWeight, nl.Uint32Attr(1))
	msg := append([]byte{cmdNewDest, 1, 0, 0}, a.Serialize()...)
	if _, _, err := parseDestination(msg, netip.MustParseAddr("198.51.100.1")); !errors.Is(err, errMalformed) {
		t.Errorf("%v, want %v", err, errMalformed)
	}
}

func TestTableDropsAFailedReader(t *testing.T) {
	f := &fakeReader{err: unix.ENOBUFS}
	h := &Handle{reader: f}
	if _, err := h.Table(t.Context()); !errors.Is(err, unix.ENOBUFS) {
		t.Errorf("%v, want %v", err, unix.ENOBUFS)
	}
	if !f.closed || h.reader != nil {
		t.Error("the reader is still in use")
	}
}

// hungReader answers when it is closed, as moby/ipvs does after a lost answer.
type hungReader struct{ end chan struct{} }

func (f *hungReader) GetServices() ([]*moby.Service, error) {
	<-f.end
	return nil, net.ErrClosed
}

func (f *hungReader) Close() {
	select {
	case <-f.end:
	default:
		close(f.end)
	}
}

func TestTableIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		read := func(ctx context.Context) (took time.Duration, err error) {
			h := &Handle{reader: &hungReader{end: make(chan struct{})}}
			begun := time.Now()
			_, err = h.Table(ctx)
			if h.reader != nil {
				t.Error("the reader is still in use")
			}
			return time.Since(begun), err
		}
		if took, err := read(t.Context()); !errors.Is(err, context.DeadlineExceeded) || took != timeout {
			t.Errorf("lost answer: %v after %v", err, took)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if took, err := read(ctx); !errors.Is(err, context.DeadlineExceeded) || took != time.Second {
			t.Errorf("ended context: %v after %v", err, took)
		}
	})
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
