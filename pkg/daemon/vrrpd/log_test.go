package vrrpd

import (
	"testing"

	"github.com/kactl/kactl/pkg/vrrp"
)

// The log has the life of an instance, in the order in which it happened, although
// that of a take-over is written later.
func TestLogOfALife(t *testing.T) {
	cfg := quick("VI_1")
	r := start(t, cfg)
	r.wait("notify VI_1 MASTER 200")
	r.hear(cfg, 201)
	r.wait("notify VI_1 BACKUP 200")
	r.hear(cfg, vrrp.PriorityResign)
	r.wait("notify VI_1 MASTER 200")
	r.down("eth0", 2)
	r.wait("notify VI_1 FAULT 200")
	r.stop()
	r.wait("notify VI_1 STOP 200")
	last := -1
	for _, text := range []string{
		"(VI_1) removing VIPs.", "(VI_1) Entering MASTER STATE", "(VI_1) setting VIPs.",
		"with higher priority 201, ours 200", "Backup received priority 0", "gave up with priority 0",
		"Netlink reports eth0 down", "entering FAULT state (interface eth0 down)", "(VI_1) Entering FAULT STATE", "(VI_1) sent 0 priority",
	} {
		at := r.logged.where(text)
		if at < 0 || at < last {
			t.Errorf("%q was logged at %d, what is before it at %d", text, at, last)
		}
		last = at
	}
}

// What a machine looks for beside the loop, because it lacked it, it looks for.
func TestTryAddresses(t *testing.T) {
	r := start(t, owner("VI_1", 51, "198.51.100.1/24"))
	r.wait("notify VI_1 MASTER 255")
	r.flush("VI_1")
	r.forget()
	l := r.daemon.loop
	l.tasks.post(func() {
		l.perform(monotonic(), []vrrp.Effect{{Kind: vrrp.TryAddresses, Instance: l.instances["VI_1"].cfg}})
	})
	r.wait("open addresses")
}
