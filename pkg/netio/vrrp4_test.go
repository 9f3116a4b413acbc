package netio

import (
	"bytes"
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/mdlayher/packet"
	"golang.org/x/sys/unix"
)

var (
	group   = netip.MustParseAddr("224.0.0.18")
	another = netip.MustParseAddr("224.0.0.99")
	addrA   = netip.MustParseAddr("198.51.100.1")
	addrB   = netip.MustParseAddr("198.51.100.2")
)

func (h host) open(t *testing.T) *VRRP4 { return h.openFor(t, false) }

func (h host) openFor(t *testing.T, ah bool) *VRRP4 {
	t.Helper()
	var v *VRRP4
	h.in(t, func() (err error) {
		v, err = OpenVRRP4("eth0", h.ifindex, ah)
		return err
	})
	t.Cleanup(func() { v.Close() })
	return v
}

// A receiver is a socket of either family, or a tap.
type receiver interface {
	FD() int
	Receive(*Packet) error
}

// next waits for a packet, for long only if the test is to fail.
func next(t *testing.T, v receiver) *Packet {
	t.Helper()
	p := new(Packet)
	for {
		err := v.Receive(p)
		if err == nil {
			return p
		}
		if err != unix.EAGAIN {
			t.Fatal(err)
		}
		arrived(t, v)
	}
}

// arrived waits until there is a packet to receive.
func arrived(t *testing.T, v receiver) {
	t.Helper()
	for {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(v.FD()), Events: unix.POLLIN}}, 30_000)
		switch {
		case n > 0:
			return
		case err != unix.EINTR:
			t.Fatalf("no packet came: %v", err)
		}
	}
}

func TestVRRP4(t *testing.T) {
	a, b := newLink(t)
	a.address(t, addrA.String()+"/24")
	b.address(t, addrB.String()+"/24")
	va, vb := a.open(t), b.open(t)
	for _, v := range []*VRRP4{va, vb} {
		for range 2 { // twice is once
			if err := v.Join(group); err != nil {
				t.Fatal(err)
			}
		}
	}
	// Another socket of the same host may be in another group.
	if err := b.open(t).Join(another); err != nil {
		t.Fatal(err)
	}
	if err := vb.Receive(new(Packet)); err != unix.EAGAIN {
		t.Errorf("nothing sent: %v, want EAGAIN itself", err)
	}

	type seen struct {
		Src, Dst netip.Addr
		TTL      uint8
		Payload  string
	}
	tests := []struct {
		name string
		seen
	}{
		{"multicast", seen{addrA, group, 255, "one"}},
		{"source of somebody else", seen{netip.MustParseAddr("203.0.113.5"), group, 255, "two"}},
		{"unicast", seen{addrA, addrB, 7, "three"}},
		{"large", seen{addrA, group, 255, string(bytes.Repeat([]byte("x"), 8+255*4+8))}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			// What is not for the group or not for us must not come before it.
			if err := va.Send(addrA, another, 255, []byte("another group")); err != nil {
				t.Fatal(err)
			}
			if err := va.Send(tt.Src, tt.Dst, tt.TTL, []byte(tt.Payload)); err != nil {
				t.Fatal(err)
			}
			p := next(t, vb)
			if diff := cmp.Diff(tt.seen, seen{p.Src, p.Dst, p.TTL, string(p.Payload())}, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
				t.Error(diff)
			}
			if p.IfIndex != b.ifindex {
				t.Errorf("interface %d, want %d", p.IfIndex, b.ifindex)
			}
		})
	}
	if err := va.Receive(new(Packet)); err != unix.EAGAIN {
		t.Errorf("the sender hears itself: %v", err)
	}

	t.Run("leave", func(t *testing.T) {
		for range 2 {
			if err := vb.Leave(group); err != nil {
				t.Fatal(err)
			}
		}
		if err := va.Send(addrA, group, 255, []byte("unheard")); err != nil {
			t.Fatal(err)
		}
		if err := va.Send(addrA, addrB, 255, []byte("heard")); err != nil {
			t.Fatal(err)
		}
		if p := next(t, vb); string(p.Payload()) != "heard" {
			t.Errorf("got %q", p.Payload())
		}
	})
}

// A packet that has waited says for how long.
func TestAge(t *testing.T) {
	a, b := newLink(t)
	a.address(t, addrA.String()+"/24")
	b.address(t, addrB.String()+"/24")
	va, vb := a.open(t), b.open(t)
	if err := vb.Join(group); err != nil {
		t.Fatal(err)
	}
	const waits = 20 * time.Millisecond
	// The kernel notes when a packet comes only from some time after it has been
	// told to: until then a packet comes when it is received.
	for limit := time.Now().Add(30 * time.Second); ; {
		began := time.Now()
		if err := va.Send(addrA, group, 255, []byte("one")); err != nil {
			t.Fatal(err)
		}
		arrived(t, vb) // a cable is only nearly immediate
		sent := time.Now()
		for time.Since(sent) < waits { // busy: what is measured is time
		}
		p := next(t, vb)
		if most := time.Since(began); p.Age > most {
			t.Fatalf("age %v, want %v at most", p.Age, most)
		}
		if p.Age >= waits {
			return
		}
		if time.Now().After(limit) {
			t.Fatalf("age %v, want %v at least", p.Age, waits)
		}
	}
}

func TestVRRP4DoesNotAllocate(t *testing.T) {
	a, b := newLink(t)
	va, vb := a.open(t), b.open(t)
	if err := vb.Join(group); err != nil {
		t.Fatal(err)
	}
	payload := make([]byte, 28)
	p := new(Packet)
	received := 0
	allocs := testing.AllocsPerRun(100, func() {
		if err := va.Send(addrA, group, 255, payload); err != nil {
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

func TestVRRP4Errors(t *testing.T) {
	a, _ := newLink(t)
	a.in(t, func() error {
		if _, err := OpenVRRP4("nothing0", 99, false); !errors.Is(err, unix.ENODEV) || !strings.Contains(err.Error(), "no such interface") {
			t.Errorf("open on an unknown interface: %v", err)
		}
		return nil
	})
	v := a.open(t)
	v6 := netip.MustParseAddr("2001:db8::1")
	for name, err := range map[string]error{
		"send from IPv6":   v.Send(v6, group, 255, nil),
		"send to IPv6":     v.Send(addrA, v6, 255, nil),
		"send nowhere":     v.Send(addrA, netip.Addr{}, 255, nil),
		"send too much":    v.Send(addrA, group, 255, make([]byte, maxPacket)),
		"join IPv6":        v.Join(netip.MustParseAddr("ff02::12")),
		"join unicast":     v.Join(addrA),
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

// capture returns what reads whole frames of one EtherType on eth0 of h.
func (h host) capture(t *testing.T, etherType int) func() []byte {
	t.Helper()
	var conn *packet.Conn
	h.in(t, func() (err error) {
		conn, err = packet.Listen(&net.Interface{Index: h.ifindex}, packet.Raw, etherType, nil)
		return err
	})
	t.Cleanup(func() { conn.Close() })
	return func() []byte {
		t.Helper()
		if err := conn.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 2048)
		n, _, err := conn.ReadFrom(buf)
		if err != nil {
			t.Fatal(err)
		}
		return buf[:n]
	}
}

// What is on the wire is, but for the hardware address, what was captured from
// keepalived.
func TestFramesOnTheWire(t *testing.T) {
	a, b := newLink(t)
	v := a.open(t)
	read := b.capture(t, unix.ETH_P_IP)
	payload := unhex(t, "2133 9602 0001 c3fe c000 0264 c000 0265 0000 0000 0000 0000")
	for _, sum := range []string{"0001 0000 ff70 188d", "0002 0000 ff70 188c"} {
		if err := v.Send(netip.MustParseAddr("192.0.2.1"), group, 255, payload); err != nil {
			t.Fatal(err)
		}
		want := append(unhex(t, "0100 5e00 0012"), a.mac...)
		want = append(want, unhex(t, "0800 45c0 002c"+sum+"c000 0201 e000 0012")...)
		want = append(want, payload...)
		if diff := cmp.Diff(want, read()); diff != "" {
			t.Error(diff)
		}
	}
}

func TestARP(t *testing.T) {
	a, b := newLink(t)
	read := b.capture(t, unix.ETH_P_ARP)
	var arp *Announcer
	a.in(t, func() (err error) {
		arp, err = OpenAnnouncer("eth0", a.ifindex, a.mac) // which has no IPv4 address
		return err
	})
	vip := netip.MustParseAddr("192.0.2.100")
	if err := arp.Announce(vip); err != nil {
		t.Fatal(err)
	}
	want, err := gratuitous(a.mac, vip)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, read()); diff != "" {
		t.Error(diff)
	}
	if err := arp.Announce(netip.Addr{}); err == nil {
		t.Error("announced no address")
	}
	if err := arp.Close(); err != nil {
		t.Error(err)
	}
	if err := arp.Announce(vip); err == nil {
		t.Error("announced after Close")
	}
	if _, err := OpenAnnouncer("ib0", a.ifindex, make(net.HardwareAddr, 20)); err == nil {
		t.Error("opened with a hardware address of 20 bytes")
	}
}
