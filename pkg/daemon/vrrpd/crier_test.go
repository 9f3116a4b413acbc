package vrrpd

import (
	"context"
	"net/netip"
	"testing"

	"github.com/kactl/kactl/pkg/vrrp"
)

// Who waits for announcements does not wait for a crier that has ended.
func TestCrierEnds(t *testing.T) {
	sys := newFakeSystem(t)
	c := newCrier(&voice{device: "eth0", sys: sys, log: testLog(t)})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		c.run(ctx)
	}()
	i := new(instance)
	j := &job{kind: add, owner: i, generation: always}
	a := vrrp.Address{Prefix: netip.MustParsePrefix("192.0.2.1/32")}
	c.first(j, a)
	c.flush()
	sys.wait("announce 192.0.2.1 on eth0")
	cancel()
	<-ended
	c.first(j, a)
	c.flush()
	sys.never("announce 192.0.2.1 on eth0")
}
