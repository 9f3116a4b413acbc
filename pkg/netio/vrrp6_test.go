package netio

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/mdlayher/ndp"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

var (
	group6   = netip.MustParseAddr("ff02::12")
	another6 = netip.MustParseAddr("ff02::99")
	addrA6   = netip.MustParseAddr("fe80::a")
	addrB6   = netip.MustParseAddr("fe80::b")
)

func (h host) open6(t *testing.T) *VRRP6 {
	t.Helper()
	var v *VRRP6
	h.in(t, func() (err error) {
		v, err = OpenVRRP6("eth0", h.ifindex)
		return err
	})
	t.Cleanup(func() { v.Close() })
	return v
}

// address6 gives the interface of h an IPv6 address that can be used at once.
func (h host) address6(t *testing.T, cidr string) {
	t.Helper()
	h.in(t, func() error {
		addr, err := netlink.ParseAddr(cidr)
		if err != nil {
			return err
		}
		addr.Flags = unix.IFA_F_NODAD
		link, err := netlink.LinkByIndex(h.ifindex)
		if err != nil {
			return err
		}
		return netlink.AddrAdd(link, addr)
	})
}

func newLink6(t *testing.T) (a, b host) {
	a, b = newLink(t)
	a.address6(t, addrA6.String()+"/64")
	b.address6(t, addrB6.String()+"/64")
	return a, b
}

func TestVRRP6(t *testing.T) {
	a, b := newLink6(t)
	b.address6(t, "2001:db8::b/64")
	a.address6(t, "2001:db8::a/64")
	va, vb := a.open6(t), b.open6(t)
	for _, v := range []*VRRP6{va, vb} {
		for range 2 { // twice is once
			if err := v.Join(group6); err != nil {
				t.Fatal(err)
			}
		}
	}
	// Another socket of the same host may be in another group.
	if err := b.open6(t).Join(another6); err != nil {
		t.Fatal(err)
	}
	if err := vb.Receive(new(Packet)); err != unix.EAGAIN {
		t.Errorf("nothing sent: %v, want EAGAIN itself", err)
	}
	type seen struct {
		Src, Dst netip.Addr
		HopLimit uint8
		Payload  string
	}
	tests := []struct {
		name string
		seen
	}{
		{"multicast", seen{addrA6, group6, 255, "one"}},
		{"hop limit that is not ours to refuse", seen{addrA6, group6, 254, "low"}},
		{"source of somebody else", seen{netip.MustParseAddr("2001:db8:5::5"), group6, 255, "two"}},
		{"unicast to the link-local address", seen{addrA6, addrB6, 7, "three"}},
		{"unicast", seen{netip.MustParseAddr("2001:db8::a"), netip.MustParseAddr("2001:db8::b"), 7, "three"}},
		{"large", seen{addrA6, group6, 255, string(bytes.Repeat([]byte("x"), 8+89*16))}},
		{"larger than the MTU", seen{addrA6, group6, 255, string(bytes.Repeat([]byte("y"), 8+255*16))}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			// What is not for the group or not for us must not come before it.
			if err := va.Send(addrA6, another6, 255, []byte("another group")); err != nil {
				t.Fatal(err)
			}
			if err := va.Send(tt.Src, tt.Dst, tt.HopLimit, []byte(tt.Payload)); err != nil {
				t.Fatal(err)
			}
			p := next(t, vb)
			if diff := cmp.Diff(tt.seen, seen{p.Src, p.Dst, p.TTL, string(p.Payload())}, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
				t.Error(diff)
			}
			if p.IfIndex != b.ifindex || p.Age < 0 || p.Age > maxAge {
				t.Errorf("interface %d, want %d; age %v", p.IfIndex, b.ifindex, p.Age)
			}
		})
	}
	if err := va.Receive(new(Packet)); err != unix.EAGAIN {
		t.Errorf("the sender hears itself: %v", err)
	}
	t.Run("leave", func(t *testing.T) {
		for range 2 {
			if err := vb.Leave(group6); err != nil {
				t.Fatal(err)
			}
		}
		if err := va.Send(addrA6, group6, 255, []byte("unheard")); err != nil {
			t.Fatal(err)
		}
		if err := va.Send(addrA6, addrB6, 255, []byte("heard")); err != nil {
			t.Fatal(err)
		}
		if p := next(t, vb); string(p.Payload()) != "heard" {
			t.Errorf("got %q", p.Payload())
		}
	})
}

func TestVRRP6DoesNotAllocate(t *testing.T) {
	a, b := newLink6(t)
	va, vb := a.open6(t), b.open6(t)
	if err := vb.Join(group6); err != nil {
		t.Fatal(err)
	}
	payload := make([]byte, 40)
	p := new(Packet)
	received := 0
	allocs := testing.AllocsPerRun(100, func() {
		if err := va.Send(addrA6, group6, 255, payload); err != nil {
			t.Fatal(err)
		}
		for vb.Receive(p) == nil {
			received += len(p.Payload())
		}
	})
	for received < 101*len(payload) { // a cable is only nearly immediate
		received += len(next(t, vb).Payload())
	}
	if allocs != 0 {
		t.Errorf("%v allocations for a packet sent and received", allocs)
	}
}

func TestVRRP6Errors(t *testing.T) {
	a, _ := newLink(t)
	a.in(t, func() error {
		if _, err := OpenVRRP6("nothing0", 99); !errors.Is(err, unix.ENODEV) {
			t.Errorf("open on an unknown interface: %v", err)
		}
		return nil
	})
	v := a.open6(t)
	for name, err := range map[string]error{
		"send from IPv4":   v.Send(addrA, group6, 255, nil),
		"send to IPv4":     v.Send(addrA6, group, 255, nil),
		"send nowhere":     v.Send(addrA6, netip.Addr{}, 255, nil),
		"send too much":    v.Send(addrA6, group6, 255, make([]byte, maxPacket+1)),
		"join IPv4":        v.Join(group),
		"join unicast":     v.Join(addrA6),
		"leave no address": v.Leave(netip.Addr{}),
	} {
		if !errors.Is(err, unix.EINVAL) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for range 2 {
		if err := v.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := v.Receive(new(Packet)); !errors.Is(err, unix.EBADF) {
		t.Errorf("receive after Close: %v", err)
	}
}

// What is on the wire is, but for addresses and the flow label, what was captured
// from keepalived.
func TestFrames6OnTheWire(t *testing.T) {
	a, b := newLink6(t)
	v := a.open6(t)
	read := b.capture(t, unix.ETH_P_IPV6)
	payload := unhex(t, "3133 9601 0064 0000 fe80 0000 0000 0000 0000 0000 0000 0051")
	if err := v.Send(addrA6, group6, 255, payload); err != nil {
		t.Fatal(err)
	}
	want := append(unhex(t, "3333 0000 0012"), a.mac...)
	want = append(want, unhex(t, "86dd 6c00 0000 0018 70ff fe80 0000 0000 0000 0000 0000 0000 000a ff02 0000 0000 0000 0000 0000 0000 0012")...)
	want = append(want, payload...)
	for limit := time.Now().Add(30 * time.Second); ; {
		got := read()
		if bytes.HasPrefix(got, want[:6]) { // the kernel speaks too
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			return
		}
		if time.Now().After(limit) {
			t.Fatal("no advert")
		}
	}
}

// An IPv6 address is announced as keepalived does, with the flag of a router where
// the host is one.
func TestNeighbourAdvertisement(t *testing.T) {
	for name, router := range map[string]bool{"host": false, "router": true} {
		t.Run(name, func(t *testing.T) {
			a, b := newLink6(t)
			read := b.capture(t, unix.ETH_P_IPV6)
			var announcer *Announcer
			a.in(t, func() (err error) {
				if router {
					if err := os.WriteFile("/proc/sys/net/ipv6/conf/eth0/forwarding", []byte("1\n"), 0); err != nil {
						return err
					}
				}
				announcer, err = OpenAnnouncer("eth0", a.ifindex, a.mac)
				return err
			})
			defer announcer.Close()
			vip := netip.MustParseAddr("2001:db8::100")
			if err := announcer.Announce(vip); err != nil {
				t.Fatal(err)
			}
			var got []byte
			for got = read(); !bytes.Contains(got[:etherLen+header6Len], vip.AsSlice()); got = read() {
			}
			want := append(unhex(t, "3333 0000 0001"), a.mac...)
			want = append(want, unhex(t, "86dd 6000 0000 0020 3aff 2001 0db8 0000 0000 0000 0000 0000 0100 ff02 0000 0000 0000 0000 0000 0000 0001")...)
			if diff := cmp.Diff(want, got[:etherLen+header6Len]); diff != "" {
				t.Error(diff)
			}
			message := got[etherLen+header6Len:]
			parsed, err := ndp.ParseMessage(message)
			if err != nil {
				t.Fatal(err)
			}
			wantMessage := &ndp.NeighborAdvertisement{Router: router, Override: true, TargetAddress: vip,
				Options: []ndp.Option{&ndp.LinkLayerAddress{Direction: ndp.Target, Addr: a.mac}}}
			if diff := cmp.Diff(wantMessage, parsed, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
				t.Error(diff)
			}
			if sum := checksum6(got[etherLen:]); sum != 0xffff {
				t.Errorf("the checksum adds up to %04x", sum)
			}
			// The neighbour takes it in, if it has asked before.
			b.in(t, func() error {
				link, err := netlink.LinkByIndex(b.ifindex)
				if err != nil {
					return err
				}
				return netlink.NeighSet(&netlink.Neigh{LinkIndex: link.Attrs().Index, Family: unix.AF_INET6, State: unix.NUD_STALE,
					IP: vip.AsSlice(), HardwareAddr: []byte{2, 2, 2, 2, 2, 2}})
			})
			if err := announcer.Announce(vip); err != nil {
				t.Fatal(err)
			}
			for limit := time.Now().Add(30 * time.Second); ; time.Sleep(time.Millisecond) {
				learned := false
				b.in(t, func() error {
					list, err := netlink.NeighList(b.ifindex, unix.AF_INET6)
					for _, n := range list {
						learned = learned || n.IP.Equal(vip.AsSlice()) && bytes.Equal(n.HardwareAddr, a.mac)
					}
					return err
				})
				if learned {
					return
				}
				if time.Now().After(limit) {
					t.Fatal("the neighbour does not learn the address")
				}
			}
		})
	}
}

// checksum6 adds up an IPv6 packet with its pseudo-header.
func checksum6(packet []byte) uint16 {
	total := uint32(packet[6]) + uint32(binary.BigEndian.Uint16(packet[4:]))
	for b := packet[8:]; len(b) > 1; b = b[2:] {
		total += uint32(binary.BigEndian.Uint16(b))
	}
	for total > 0xffff {
		total = total>>16 + total&0xffff
	}
	return uint16(total)
}

// A tap for IPv6 has what comes in of VRRP over that, and nothing of what goes out.
func TestTap6(t *testing.T) {
	a, b := newLink6(t)
	a.address(t, addrA.String()+"/24")
	b.address(t, addrB.String()+"/24")
	va, vb, v4 := a.open6(t), b.open6(t), a.open(t)
	var tap *Tap
	b.in(t, func() (err error) {
		tap, err = OpenTap("eth0", b.ifindex, true)
		return err
	})
	defer tap.Close()
	if err := vb.Send(addrB6, group6, 255, []byte("goes out")); err != nil {
		t.Fatal(err)
	}
	if err := v4.Send(addrA, addrB, 255, []byte("IPv4")); err != nil {
		t.Fatal(err)
	}
	// Nobody has joined the group: there is no socket that it is for.
	if err := va.Send(addrA6, group6, 254, []byte("comes in")); err != nil {
		t.Fatal(err)
	}
	p := next(t, tap)
	if string(p.Payload()) != "comes in" || p.Src != addrA6 || p.Dst != group6 || p.TTL != 254 || p.IfIndex != b.ifindex {
		t.Errorf("%q from %v to %v, hop limit %d, on %d", p.Payload(), p.Src, p.Dst, p.TTL, p.IfIndex)
	}
	if err := tap.Receive(p); err != unix.EAGAIN {
		t.Errorf("and %q: %v", p.Payload(), err)
	}
}

// A packet that is cut short, or carries something else, is none.
func TestParse6(t *testing.T) {
	whole := make([]byte, header6Len+4)
	putHeader6(whole, addrA6, group6, 255, protocolVRRP, 4)
	for name, tt := range map[string]struct {
		change func([]byte) []byte
		ok     bool
	}{
		"whole":            {func(b []byte) []byte { return b }, true},
		"padded":           {func(b []byte) []byte { return append(b, 0, 0) }, true},
		"cut":              {func(b []byte) []byte { return b[:len(b)-1] }, false},
		"half a header":    {func(b []byte) []byte { return b[:20] }, false},
		"nothing":          {func([]byte) []byte { return nil }, false},
		"of IPv4":          {func(b []byte) []byte { b[0] = 0x4c; return b }, false},
		"of another thing": {func(b []byte) []byte { b[6] = nextFragment; return b }, false},
	} {
		var p Packet
		n := copy(p.buf[:], tt.change(bytes.Clone(whole)))
		if got := p.parse6(n); got != tt.ok || got && (len(p.Payload()) != 4 || p.Src != addrA6 || p.Dst != group6 || p.TTL != 255) {
			t.Errorf("%s: %v, %x from %v to %v, hop limit %d", name, got, p.Payload(), p.Src, p.Dst, p.TTL)
		}
	}
}
