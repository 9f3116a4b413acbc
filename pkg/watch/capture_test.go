package watch

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/netio"
	"github.com/kactl/kactl/pkg/vrrp"
	"github.com/kactl/kactl/test/need"
)

// 50,000 adverts a second are no more than one can take.
func TestCaptureKeepsUp(t *testing.T) {
	const (
		sent   = 250_000
		rate   = 50_000
		batch  = 500
		within = 60 * time.Second
	)
	ns := need.NewNamespace(t)
	var eth0 int
	ns.In(t, func() error {
		v := &netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: "eth0"}, PeerName: "eth1"}
		if err := netlink.LinkAdd(v); err != nil {
			return err
		}
		for _, name := range []string{"eth0", "eth1"} {
			link, err := netlink.LinkByName(name)
			if err != nil {
				return err
			}
			if name == "eth0" {
				eth0 = link.Attrs().Index
			}
			if err := netlink.LinkSetUp(link); err != nil {
				return err
			}
		}
		return nil
	})
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	var c *netio.Capture
	ns.In(t, func() (err error) {
		c, err = netio.OpenCapture(ctx, netio.CaptureOptions{Interfaces: []string{"eth1"}})
		return err
	})
	defer c.Close()

	frame := readVector(t, "v3-ipv4")[0].Data
	done := make(chan error, 1)
	began := time.Now()
	go func() {
		runtime.LockOSThread() // and never unlocked
		err := flood(ns.NsHandle, eth0, frame, sent, batch, rate)
		if err != nil {
			cancel()
		}
		done <- err
	}()
	d, adverts := NewDissector(), 0
	var f netio.Frame
	var p Packet
	for ; adverts < sent; adverts++ {
		if err := c.Next(&f); err != nil {
			break // the counts tell
		}
		if d.Dissect(&f, &p); p.Kind != Advert || p.Fault != vrrp.Accepted {
			t.Fatalf("%+v", p)
		}
	}
	took := time.Since(began)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	s, err := c.Stats()
	if err != nil {
		t.Fatal(err)
	}
	if s.Received+s.Dropped != sent || s.Dropped != 0 || adverts != sent {
		t.Errorf("%d adverts in %v, %+v, want %d", adverts, took, s, sent)
	}
	t.Logf("%d adverts in %v, %+v", adverts, took.Round(time.Millisecond), s)
}

// flood sends a frame count times, a batch at once, at a rate a second.
func flood(ns netns.NsHandle, ifindex int, frame []byte, count, batch, rate int) error {
	if err := netns.Set(ns); err != nil {
		return err
	}
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	pace := time.NewTicker(time.Second * time.Duration(batch) / time.Duration(rate))
	defer pace.Stop()
	for n := range count {
		if n%batch == 0 {
			<-pace.C
		}
		if err := unix.Sendto(fd, frame, 0, &unix.SockaddrLinklayer{Ifindex: ifindex}); err != nil {
			return err
		}
	}
	return nil
}
