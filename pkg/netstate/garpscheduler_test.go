package netstate

import (
	"context"
	"testing"
	"testing/synctest"
)

// What waits for announcements waits for the one under way, too, and not for a
// scheduler that has ended.
func TestFlush(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeSystem()
		f.holdGARP = make(chan struct{})
		g := newGARPScheduler(&announcer{device: "eth0", sys: f, report: f.report})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			g.run(ctx)
		}()
		g.flush() // of nothing
		p := pendingGARP{claim: new(claim), addr: addrs(2)[0]}
		g.first(p)
		synctest.Wait()
		flushed := false
		go func() {
			g.flush()
			flushed = true
		}()
		synctest.Wait()
		if flushed {
			t.Error("the one under way is not waited for")
		}
		close(f.holdGARP)
		synctest.Wait()
		if !flushed || f.take() != "!2" {
			t.Error("still waiting")
		}
		cancel()
		<-ended
		g.first(p)
		g.flush()
		if got := f.take(); got != "" {
			t.Errorf("after the end: %q", got)
		}
	})
}
