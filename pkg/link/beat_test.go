package link

import (
	"errors"
	"testing"

	"golang.org/x/sys/unix"
)

// TestBeat asks the driver of an interface by each method: of one with a cable, whose
// other end is switched off, and that is switched off itself. It knows no transceiver,
// and that question becomes another one.
func TestBeat(t *testing.T) {
	h := newHost(t)
	h.addLink(t, "eth0")
	beat := func(method string) (up bool) {
		t.Helper()
		h.in(t, func() (err error) {
			up, err = Beat("eth0", method)
			return err
		})
		return up
	}
	methods := []string{"", "MII", "ETHTOOL", "IOCTL"}
	for _, m := range methods {
		if !beat(m) {
			t.Errorf("%q: no carrier", m)
		}
	}
	h.setDown(t, "eth0-peer")
	for _, m := range methods {
		if beat(m) {
			t.Errorf("%q: a carrier, and the other end is switched off", m)
		}
	}
	h.in(t, func() error { return setUp("eth0-peer") })
	h.ns.AwaitCarrier(t, "eth0")
	h.setDown(t, "eth0")
	for _, m := range methods {
		if beat(m) {
			t.Errorf("%q: a carrier, and it is switched off", m)
		}
	}
	h.in(t, func() error {
		if _, err := Beat("eth9", ""); !errors.Is(err, unix.ENODEV) {
			t.Errorf("of no interface: %v", err)
		}
		return nil
	})
}
