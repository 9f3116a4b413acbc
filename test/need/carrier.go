package need

import (
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// AwaitCarrier waits until the kernel has noticed that both ends of an
// interface's cable are up. What is sent before that is lost without a word.
func (n Namespace) AwaitCarrier(t testing.TB, name string) {
	t.Helper()
	updates, done := make(chan netlink.LinkUpdate), make(chan struct{})
	err := netlink.LinkSubscribeWithOptions(updates, done, netlink.LinkSubscribeOptions{
		Namespace: &n.NsHandle, ListExisting: true, // what was before it counts as well
	})
	if err != nil {
		t.Fatalf("%s: await the carrier: %v", name, err)
	}
	defer func() {
		close(done)
		for range updates { // until the subscription has ended
		}
	}()
	for limit := time.After(time.Minute); ; {
		select {
		case u, ok := <-updates:
			if !ok {
				t.Fatalf("%s: the kernel tells no more of links", name)
			}
			a := u.Attrs()
			if a.Name == name && a.RawFlags&unix.IFF_RUNNING != 0 && a.OperState == netlink.OperUp {
				return
			}
		case <-limit:
			t.Fatalf("%s has no carrier within a minute", name)
		}
	}
}
