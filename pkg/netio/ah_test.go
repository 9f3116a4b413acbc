package netio

import (
	"testing"

	"golang.org/x/sys/unix"
)

// What is sent in an authentication header comes on the socket for that, with the
// identification that it was given, and plain adverts on the other.
func TestAuthenticationHeader(t *testing.T) {
	a, b := newLink(t)
	a.address(t, addrA.String()+"/24")
	b.address(t, addrB.String()+"/24")
	plainA, plainB, ahA, ahB := a.open(t), b.open(t), a.openFor(t, true), b.openFor(t, true)
	for _, v := range []*VRRP4{plainB, ahB} {
		if err := v.Join(group); err != nil {
			t.Fatal(err)
		}
	}
	payload := string(append([]byte{protocolVRRP, 4, 0, 0}, make([]byte, 40)...))
	for _, id := range []uint16{7, 1, 0xffff} {
		if err := plainA.Send(addrA, group, 255, []byte("plain")); err != nil {
			t.Fatal(err)
		}
		if err := ahA.SendIdentified(id, addrA, group, 255, []byte(payload)); err != nil {
			t.Fatal(err)
		}
		if p := next(t, ahB); p.Protocol != protocolAH || p.ID != id || p.TTL != 255 || p.Src != addrA || string(p.Payload()) != payload {
			t.Errorf("identification %d: received %x of protocol %d with identification %d", id, p.Payload(), p.Protocol, p.ID)
		}
		if p := next(t, plainB); p.Protocol != protocolVRRP || string(p.Payload()) != "plain" {
			t.Errorf("received %q of protocol %d", p.Payload(), p.Protocol)
		}
	}
	for _, v := range []*VRRP4{plainB, ahB} {
		if err := v.Receive(new(Packet)); err != unix.EAGAIN {
			t.Errorf("there is more: %v", err)
		}
	}
}

// A tap has adverts in authentication headers too, and nothing else that comes in
// such a header.
func TestTapAH(t *testing.T) {
	a, b := newLink(t)
	a.address(t, addrA.String()+"/24")
	b.address(t, addrB.String()+"/24")
	ah := a.openFor(t, true)
	var tap *Tap
	b.in(t, func() (err error) {
		tap, err = OpenTap("eth0", b.ifindex, false)
		return err
	})
	defer tap.Close()
	other := append([]byte{6, 4, 0, 0}, make([]byte, 40)...)
	advert := append([]byte{protocolVRRP, 4, 0, 0}, make([]byte, 40)...)
	for n, payload := range [][]byte{other, advert} {
		if err := ah.SendIdentified(uint16(n+1), addrA, group, 255, payload); err != nil {
			t.Fatal(err)
		}
	}
	p := new(Packet)
	for {
		err := tap.Receive(p)
		if err == nil {
			break
		}
		if err != unix.EAGAIN {
			t.Fatal(err)
		}
		if n, err := unix.Poll([]unix.PollFd{{Fd: int32(tap.FD()), Events: unix.POLLIN}}, 30_000); n == 0 && err == nil {
			t.Fatal("no packet came")
		}
	}
	if p.Protocol != protocolAH || p.ID != 2 || string(p.Payload()) != string(advert) {
		t.Errorf("received %x of protocol %d, the %dth", p.Payload(), p.Protocol, p.ID)
	}
}
