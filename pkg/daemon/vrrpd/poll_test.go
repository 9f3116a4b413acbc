package vrrpd

import (
	"testing"
	"time"
)

// What is posted while a timer is late is not left until the next one: the loop
// looks at its sockets in between, and must not take that for the wake-up.
func TestLookLeavesTheWakeUp(t *testing.T) {
	p, err := newPoller()
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	none := func(fd int) { t.Errorf("descriptor %d is ready", fd) }
	for _, patience := range []time.Duration{0, time.Hour} {
		p.wake()
		if err := p.poll(none); err != nil {
			t.Fatal(err)
		}
		returned := make(chan error, 1)
		go func() { returned <- p.wait(patience, none) }()
		select {
		case err := <-returned:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("with a patience of %v: what was posted waits for the next timer", patience)
		}
	}
}
