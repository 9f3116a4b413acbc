package nlconn

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

func dialRoute(t *testing.T) *Conn {
	t.Helper()
	c, err := Dial(unix.NETLINK_ROUTE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// TestWaitEndsWithTheContext waits for an answer to nothing.
func TestWaitEndsWithTheContext(t *testing.T) {
	c := dialRoute(t)
	canceled, cancel := context.WithTimeout(t.Context(), time.Hour)
	time.AfterFunc(10*time.Millisecond, cancel)
	late, cancelLate := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancelLate()
	for ctx, want := range map[context.Context]error{canceled: context.Canceled, late: context.DeadlineExceeded} {
		disarm := c.arm(ctx)
		_, err := c.receive()
		disarm()
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(err)
		}
		if err := c.fail(ctx, "receive", err); !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
}

// TestLeftoversAreSkipped leaves the answer to one request unread.
func TestLeftoversAreSkipped(t *testing.T) {
	c := dialRoute(t)
	leave := func(typ int) {
		t.Helper()
		req := nl.NewNetlinkRequest(typ, unix.NLM_F_ACK)
		msg := nl.NewIfInfomsg(unix.AF_UNSPEC)
		msg.Index = 1 << 30 // there is no such interface: an error comes back
		req.AddData(msg)
		c.seq++
		req.Seq = c.seq
		if err := c.send(req.Serialize()); err != nil {
			t.Fatal(err)
		}
	}
	dump := func() *nl.NetlinkRequest {
		req := nl.NewNetlinkRequest(unix.RTM_GETLINK, 0)
		req.AddData(nl.NewIfInfomsg(unix.AF_UNSPEC))
		return req
	}
	leave(unix.RTM_GETLINK)
	if msgs, err := c.Dump(t.Context(), dump()); err != nil || len(msgs) == 0 {
		t.Errorf("dump after a leftover: %d messages, %v", len(msgs), err)
	}
	leave(unix.RTM_GETLINK)
	acks := 0
	one := dump() // of lo, which exists
	one.Data = nil
	lo := nl.NewIfInfomsg(unix.AF_UNSPEC)
	lo.Index = 1
	one.AddData(lo)
	err := c.Do(t.Context(), []*nl.NetlinkRequest{one}, func(i int, err error) {
		acks++
		if i != 0 || err != nil {
			t.Errorf("acknowledgement of %d: %v", i, err)
		}
	})
	if err != nil || acks != 1 {
		t.Errorf("%d acknowledgements, %v", acks, err)
	}
}
