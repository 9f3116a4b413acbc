package netio

import (
	"bytes"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// A tap has what comes in of VRRP, and nothing of what goes out.
func TestTap(t *testing.T) {
	a, b := newLink(t)
	a.address(t, addrA.String()+"/24")
	b.address(t, addrB.String()+"/24")
	va, vb := a.open(t), b.open(t)
	var tap *Tap
	b.in(t, func() (err error) {
		tap, err = OpenTap("eth0", b.ifindex, false)
		return err
	})
	defer tap.Close()
	if err := tap.Receive(new(Packet)); err != unix.EAGAIN {
		t.Fatalf("nothing was sent: %v, want EAGAIN itself", err)
	}
	if err := vb.Send(addrB, group, 255, []byte("goes out")); err != nil {
		t.Fatal(err)
	}
	// Nobody has joined the group: there is no socket that it is for.
	if err := va.Send(addrA, addrB, 64, []byte("comes in")); err != nil {
		t.Fatal(err)
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
		if n, err := unix.Poll([]unix.PollFd{{Fd: int32(tap.FD()), Events: unix.POLLIN}}, 10000); n == 0 && err == nil {
			t.Fatal("no packet came")
		}
	}
	if p.Src != addrA || p.Dst != addrB || p.TTL != 64 || string(p.Payload()) != "comes in" {
		t.Errorf("received %q from %v to %v with TTL %d", p.Payload(), p.Src, p.Dst, p.TTL)
	}
}

// What has become too large for the interface arrives whole.
func TestFragments(t *testing.T) {
	a, b := newLink(t)
	a.address(t, addrA.String()+"/24")
	b.address(t, addrB.String()+"/24")
	va, vb := a.open(t), b.open(t)
	if err := vb.Join(group); err != nil {
		t.Fatal(err)
	}
	a.in(t, func() error {
		l, err := netlink.LinkByName("eth0")
		if err != nil {
			return err
		}
		return netlink.LinkSetMTU(l, 300)
	})
	for _, size := range []int{280, 281, 552, 1036} {
		want := bytes.Repeat([]byte("kactl"), 300)[:size]
		if err := va.Send(addrA, group, 255, want); err != nil {
			t.Fatalf("%d bytes: %v", size, err)
		}
		if p := next(t, vb); !bytes.Equal(p.Payload(), want) || p.TTL != 255 || p.Src != addrA {
			t.Errorf("%d bytes: received %d from %v with TTL %d", size, len(p.Payload()), p.Src, p.TTL)
		}
	}
}
