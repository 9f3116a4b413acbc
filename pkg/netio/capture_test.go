package netio

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// frameOf is an Ethernet frame to everyone, behind the tags (each a TPID and an
// identifier).
func frameOf(kind uint16, payload []byte, tags ...uint16) []byte {
	b := []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1}
	for _, tag := range tags {
		b = binary.BigEndian.AppendUint16(b, tag)
	}
	b = binary.BigEndian.AppendUint16(b, kind)
	return append(b, payload...)
}

// ipv4Of is an IPv4 packet of a protocol from 198.51.100.1 to 224.0.0.18.
func ipv4Of(protocol byte, payload ...byte) []byte {
	b := []byte{0x45, 0xc0, 0, 0, 0, 0, 0, 0, 255, protocol, 0, 0, 198, 51, 100, 1, 224, 0, 0, 18}
	b = append(b, payload...)
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
	return b
}

// advertOf is an advert with a number in it, its checksum undone.
func advertOf(n uint32, tags ...uint16) []byte {
	payload := binary.BigEndian.AppendUint32([]byte{0x31, 51, 100, 1, 0, 100, 0, 0}, n)
	return frameOf(unix.ETH_P_IP, ipv4Of(protocolVRRP, payload...), tags...)
}

// listen begins a capture on the host.
func (h host) listen(t *testing.T, o CaptureOptions) *Capture {
	t.Helper()
	// Whoever waits for a frame in vain is told.
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	c, err := h.tryCapture(t, ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func (h host) tryCapture(t *testing.T, ctx context.Context, o CaptureOptions) (c *Capture, err error) {
	t.Helper()
	h.in(t, func() error {
		c, err = OpenCapture(ctx, o)
		return nil
	})
	return c, err
}

// send sends frames out of an interface of the host.
func (h host) send(t *testing.T, ifindex int, frames ...[]byte) {
	t.Helper()
	h.in(t, func() error {
		fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		for _, f := range frames {
			if err := unix.Sendto(fd, f, 0, &unix.SockaddrLinklayer{Ifindex: ifindex}); err != nil {
				return err
			}
		}
		return nil
	})
}

// read returns the next n frames.
func read(t *testing.T, c *Capture, n int) []Frame {
	t.Helper()
	var frames []Frame
	for range n {
		var f Frame
		if err := c.Next(&f); err != nil {
			t.Fatalf("after %d of %d frames: %v", len(frames), n, err)
		}
		f.Data = slices.Clone(f.Data)
		frames = append(frames, f)
	}
	return frames
}

// none fails if there is one frame more.
func none(t *testing.T, c *Capture) {
	t.Helper()
	var f Frame
	c.SetDeadline(time.Now().Add(5 * CaptureLag))
	if err := c.Next(&f); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("error %v, frame %x", err, f.Data)
	}
	c.SetDeadline(time.Time{})
}

func TestCapture(t *testing.T) {
	a, b := newLink(t)
	from, to := a.listen(t, CaptureOptions{}), b.listen(t, CaptureOptions{Interfaces: []string{"eth0"}})
	began := time.Now()
	want := [][]byte{
		advertOf(1),
		advertOf(2, unix.ETH_P_8021Q, 10),
		advertOf(3, unix.ETH_P_8021AD, 20, unix.ETH_P_8021Q, 0xe000|30), // with a priority
		frameOf(unix.ETH_P_IP, ipv4Of(protocolAH, protocolVRRP, 4)),
	}
	other := [][]byte{
		frameOf(unix.ETH_P_IP, ipv4Of(unix.IPPROTO_UDP, 1, 2, 3, 4)),
		frameOf(unix.ETH_P_IP, ipv4Of(protocolAH, unix.IPPROTO_UDP, 4)),
		frameOf(unix.ETH_P_IP, ipv4Of(unix.IPPROTO_UDP, 1, 2, 3, 4), unix.ETH_P_8021Q, 10),
	}
	a.send(t, a.ifindex, slices.Concat(other, want)...)
	for _, c := range []*Capture{from, to} {
		for i, f := range read(t, c, len(want)) {
			if !slices.Equal(f.Data, want[i]) {
				t.Errorf("frame %d:\ngot  %x\nwant %x", i, f.Data, want[i])
			}
			if f.Interface != "eth0" || f.Link != LinkEthernet || f.Length != len(want[i]) {
				t.Errorf("frame %d: on %q, link type %d, %d bytes", i, f.Interface, f.Link, f.Length)
			}
			if f.Time.Before(began) || f.Time.After(time.Now()) {
				t.Errorf("frame %d: at %v, it is between %v and now", i, f.Time, began)
			}
		}
		none(t, c)
		if s, err := c.Stats(); err != nil || s != (CaptureStats{Received: uint64(len(want))}) {
			t.Errorf("%+v, %v", s, err)
		}
	}
}

// The hardware must let through any group, and all there is to a promiscuous
// capture; and be as it was afterwards.
func TestCaptureMembership(t *testing.T) {
	_, b := newLink(t)
	for _, tt := range []struct {
		o    CaptureOptions
		want membership
	}{
		{CaptureOptions{}, membership{Allmulti: 1}},
		{CaptureOptions{Interfaces: []string{"lo"}}, membership{}},
		{CaptureOptions{Promiscuous: true}, membership{Promiscuity: 1}},
	} {
		c, err := b.tryCapture(t, t.Context(), tt.o)
		if err != nil {
			t.Fatal(err)
		}
		if got := b.membership(t); got != tt.want {
			t.Errorf("%+v: %+v, want %+v", tt.o, got, tt.want)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		if got := b.membership(t); got != (membership{}) {
			t.Errorf("%+v left %+v", tt.o, got)
		}
	}
}

// membership is how many want more of an interface than what is for the host.
type membership struct{ Promiscuity, Allmulti int }

func (h host) membership(t *testing.T) membership {
	t.Helper()
	var list []membership
	h.in(t, func() error {
		out, err := exec.Command("ip", "-json", "-details", "link", "show", "eth0").Output()
		if err == nil {
			err = json.Unmarshal(out, &list)
		}
		return err
	})
	if len(list) != 1 {
		t.Fatalf("%d interfaces", len(list))
	}
	return list[0]
}

// The loopback interface shows each frame once.
func TestCaptureLoopback(t *testing.T) {
	a, _ := newLink(t)
	var lo int
	a.in(t, func() error {
		link, err := netlink.LinkByName("lo")
		if err != nil {
			return err
		}
		lo = link.Attrs().Index
		return netlink.LinkSetUp(link)
	})
	c := a.listen(t, CaptureOptions{Interfaces: []string{"lo"}})
	a.send(t, lo, advertOf(1), advertOf(2))
	for i, f := range read(t, c, 2) {
		if !slices.Equal(f.Data, advertOf(uint32(i+1))) {
			t.Errorf("frame %d: %x", i, f.Data)
		}
	}
	none(t, c)
}

// It waits for nothing that comes, and ends with its context.
func TestCaptureStops(t *testing.T) {
	a, _ := newLink(t)
	ctx, cancel := context.WithTimeout(t.Context(), 5*CaptureLag)
	defer cancel()
	c, err := a.tryCapture(t, ctx, CaptureOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var f Frame
	if err := c.Next(&f); err != io.EOF {
		t.Error(err)
	}
	for range 2 {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
}

// It ends although there is more to read than anybody can.
func TestCaptureStopsAmidFrames(t *testing.T) {
	a, b := newLink(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	c, err := b.tryCapture(t, ctx, CaptureOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	a.send(t, a.ifindex, slices.Repeat([][]byte{advertOf(1)}, 1000)...)
	read(t, c, 1)
	cancel()
	var f Frame
	if err := c.Next(&f); err != io.EOF {
		t.Errorf("error %v, %d bytes", err, len(f.Data))
	}
}

// Frames that come one by one have room for a second, as many at once have.
func TestCaptureHolds(t *testing.T) {
	a, b := newLink(t)
	c := b.listen(t, CaptureOptions{})
	const sent = 80
	pace := time.NewTicker(retire * 5 / 4) // a block each
	defer pace.Stop()
	for range sent {
		<-pace.C
		a.send(t, a.ifindex, advertOf(1))
	}
	read(t, c, sent)
	if s, err := c.Stats(); err != nil || s.Dropped != 0 {
		t.Errorf("%+v, %v", s, err)
	}
}

// What the kernel has no room for it counts.
func TestCaptureDrops(t *testing.T) {
	a, b := newLink(t)
	c := b.listen(t, CaptureOptions{Buffer: 1})
	const sent = 10_000
	frames := slices.Repeat([][]byte{advertOf(1)}, sent)
	a.send(t, a.ifindex, frames...)
	var f Frame
	c.SetDeadline(time.Now())
	for {
		if err := c.Next(&f); errors.Is(err, os.ErrDeadlineExceeded) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	s, err := c.Stats()
	if err != nil {
		t.Fatal(err)
	}
	if s.Dropped == 0 || s.Received == 0 || s.Received+s.Dropped != sent {
		t.Errorf("%+v of %d", s, sent)
	}
	again, err := c.Stats()
	if err != nil || again != s {
		t.Errorf("%+v, then %+v, %v", s, again, err)
	}
}

func TestCaptureNoInterface(t *testing.T) {
	a, _ := newLink(t)
	_, err := a.tryCapture(t, t.Context(), CaptureOptions{Interfaces: []string{"eth0", "eth1"}})
	if !errors.Is(err, unix.ENODEV) || !strings.Contains(err.Error(), "there is no interface eth1, but eth0, lo") {
		t.Error(err)
	}
}

// Interfaces go down and up, away and come again, while a capture lasts.
func TestCaptureLinks(t *testing.T) {
	for _, names := range [][]string{nil, {"eth0"}, {"eth0", "lo"}} {
		t.Run(strings.Join(names, " "), func(t *testing.T) {
			a, b := newLink(t)
			var events []LinkEvent
			c := b.listen(t, CaptureOptions{Interfaces: names, OnLink: func(e LinkEvent) { events = append(events, e) }})
			until := func(want LinkEvent) {
				t.Helper()
				events = events[:0]
				var f Frame
				for !slices.Contains(events, want) {
					c.SetDeadline(time.Now().Add(CaptureLag))
					if err := c.Next(&f); !errors.Is(err, os.ErrDeadlineExceeded) {
						t.Fatalf("waiting for %v: %v, saw %v", want, err, events)
					}
				}
				c.SetDeadline(time.Time{})
			}
			change := func(h host, f func(netlink.Link) error) {
				t.Helper()
				h.in(t, func() error {
					link, err := netlink.LinkByName("eth0")
					if err != nil {
						return err
					}
					return f(link)
				})
			}
			change(b, netlink.LinkSetDown)
			until(LinkEvent{"eth0", LinkDown})
			change(b, netlink.LinkSetUp)
			until(LinkEvent{"eth0", LinkUp})

			// Who comes late learns of it before the deadline.
			events = nil
			change(b, netlink.LinkSetDown)
			c.SetDeadline(time.Unix(0, 1))
			if err := c.Next(&Frame{}); !errors.Is(err, os.ErrDeadlineExceeded) || !slices.Contains(events, LinkEvent{"eth0", LinkDown}) {
				t.Errorf("%v, saw %v", err, events)
			}
			change(b, netlink.LinkSetUp)
			until(LinkEvent{"eth0", LinkUp})
			a.send(t, a.ifindex, advertOf(1))
			read(t, c, 1)

			change(b, netlink.LinkDel)
			until(LinkEvent{"eth0", LinkGone})
			a, _ = cable(t, a, b)
			until(LinkEvent{"eth0", LinkUp})
			a.send(t, a.ifindex, advertOf(2))
			if f := read(t, c, 1)[0]; !slices.Equal(f.Data, advertOf(2)) || f.Interface != "eth0" {
				t.Errorf("on %q: %x", f.Interface, f.Data)
			}
		})
	}
}
