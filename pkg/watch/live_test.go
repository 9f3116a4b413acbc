package watch

import (
	"bytes"
	"context"
	"io"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/test/need"
)

// veth makes a namespace with the pair eth0 and eth1 and returns it with the
// index of eth0.
func veth(t *testing.T) (ns need.Namespace, index int) {
	t.Helper()
	ns = need.NewNamespace(t)
	ns.In(t, func() error {
		pair := &netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: "eth0"}, PeerName: "eth1"}
		if err := netlink.LinkAdd(pair); err != nil {
			return err
		}
		for _, name := range []string{"eth1", "eth0"} {
			link, err := netlink.LinkByName(name)
			if err != nil {
				return err
			}
			if err := netlink.LinkSetUp(link); err != nil {
				return err
			}
			index = link.Attrs().Index
		}
		for _, name := range []string{"eth1", "eth0"} { // the carrier comes a moment later
			for running := false; !running; time.Sleep(time.Millisecond) {
				link, err := netlink.LinkByName(name)
				if err != nil {
					return err
				}
				running = link.Attrs().RawFlags&unix.IFF_RUNNING != 0
			}
		}
		return nil
	})
	return ns, index
}

// onFirst calls first at the first line.
type onFirst struct {
	io.Writer
	first func()
	done  atomic.Bool
}

func (w *onFirst) Write(b []byte) (int, error) {
	if !w.done.Swap(true) {
		w.first()
	}
	return w.Writer.Write(b)
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

// A lineCounter counts the lines of adverts and of events.
type lineCounter struct{ lines, events int }

func (c *lineCounter) Write(b []byte) (int, error) {
	c.lines += bytes.Count(b, []byte(" > "))
	c.events += bytes.Count(b, []byte(" vrid 51: "))
	return len(b), nil
}

// TestRunKeepsUp prints 50,000 broken adverts a second, all of them, and tells
// once that they are.
func TestRunKeepsUp(t *testing.T) {
	const count, rate = 100_000, 50_000
	ns, eth0 := veth(t)
	frame := bytes.Clone(readVector(t, "v3-ipv4")[0].Data)
	frame[len(frame)-1] ^= 1
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	sent := make(chan error, 1)
	var out lineCounter
	var sum Summary
	ns.In(t, func() (err error) {
		// The capture is open when it has printed a line: the sender begins
		// with one advert after another until then.
		begun := &onFirst{Writer: &out, first: func() {
			go func() {
				runtime.LockOSThread() // and never unlocked
				sent <- flood(ns.NsHandle, eth0, frame, count, 500, rate)
			}()
		}}
		go func() {
			runtime.LockOSThread()
			for !begun.done.Load() && ctx.Err() == nil {
				_ = flood(ns.NsHandle, eth0, frame, 1, 1, 100)
			}
		}()
		sum, err = Run(ctx, Options{Interfaces: []string{"eth1"}, Count: count, Format: &Text{}, Out: begun})
		return err
	})
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	if sum.Adverts != count || sum.Dropped != 0 || out.lines != count || out.events != 1 || sum.Errors != 1 {
		t.Errorf("%+v, %d lines, %d events", sum, out.lines, out.events)
	}
}

// TestSilence tells of a lost master when nothing comes any more: the clock
// does it.
func TestSilence(t *testing.T) {
	ns, eth0 := veth(t)
	frame := readVector(t, "v3-centisecond")[0].Data
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var out bytes.Buffer
	ns.In(t, func() error {
		lost := writerFunc(func(b []byte) (int, error) {
			out.Write(b)
			if strings.Contains(out.String(), "master-lost") {
				cancel()
			}
			return len(b), nil
		})
		heard := make(chan struct{})
		go func() {
			runtime.LockOSThread() // and never unlocked
			for {
				select {
				case <-heard:
					return
				default:
					_ = flood(ns.NsHandle, eth0, frame, 1, 1, 100)
				}
			}
		}()
		begun := &onFirst{Writer: lost, first: func() { close(heard) }}
		_, err := Run(ctx, Options{Interfaces: []string{"eth1"}, Format: &Text{}, Out: begun})
		return err
	})
	if !strings.Contains(out.String(), "error master-lost eth1 vrid 51: 192.0.2.1 ") {
		t.Errorf("no master is lost:\n%s", out.String())
	}
}

// TestInterfaceDown takes the carrier from the interface and gives it back: the
// master is not lost by it, and appears again.
func TestInterfaceDown(t *testing.T) {
	ns, eth0 := veth(t)
	frame := readVector(t, "v3-centisecond")[0].Data
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	set := func(change func(netlink.Link) error) {
		link, err := netlink.LinkByName("eth0")
		if err == nil {
			err = change(link)
		}
		if err != nil {
			t.Error(err)
		}
	}
	// What follows each line, in its order.
	steps := []struct {
		line string
		then func()
	}{
		{" info master-appeared eth1 vrid 51: ", func() { set(netlink.LinkSetDown) }},
		{" warning interface-down eth1: ", func() { set(netlink.LinkSetUp) }},
		{" info interface-down-end eth1: ", func() {
			if err := flood(ns.NsHandle, eth0, frame, 1, 1, 100); err != nil {
				t.Error(err)
			}
		}},
		{" info master-appeared eth1 vrid 51: ", cancel},
	}
	var out bytes.Buffer
	ns.In(t, func() error {
		heard := make(chan struct{})
		go func() {
			runtime.LockOSThread() // and never unlocked
			for {
				select {
				case <-heard:
					return
				default:
					_ = flood(ns.NsHandle, eth0, frame, 1, 1, 100)
				}
			}
		}()
		lines := &onFirst{first: func() { close(heard) }, Writer: writerFunc(func(b []byte) (int, error) {
			out.Write(b)
			for len(steps) > 0 && bytes.Contains(b, []byte(steps[0].line)) {
				step := steps[0]
				steps = steps[1:]
				step.then()
			}
			return len(b), nil
		})}
		_, err := Run(ctx, Options{Interfaces: []string{"eth1"}, Format: &Text{}, Out: lines, EventsOnly: true})
		return err
	})
	if len(steps) > 0 || strings.Contains(out.String(), "master-lost") {
		t.Errorf("%d steps are left:\n%s", len(steps), out.String())
	}
}

// TestDeaf fails, and does not say that there are no adverts, where the
// interface is down; where it is up it does.
func TestDeaf(t *testing.T) {
	ns, _ := veth(t)
	for _, name := range []string{"eth1", "lo"} { // lo was never up
		ns.In(t, func() error {
			var out bytes.Buffer
			_, err := Run(t.Context(), Options{Interfaces: []string{name}, Format: &Text{}, Out: &out, EventsOnly: true, VRID: 51, Duration: time.Millisecond})
			got := strings.Contains(out.String(), " warning interface-down lo: ") && !strings.Contains(out.String(), "no-adverts") &&
				err != nil && err.Error() == "nothing of vrid 51 could be heard: lo is down"
			if name == "eth1" {
				got = strings.Contains(out.String(), " error no-adverts vrid 51: ") && !strings.Contains(out.String(), "interface-down") && err == nil
			}
			if !got {
				t.Errorf("%s: %v\n%s", name, err, out.String())
			}
			return nil
		})
	}
}
