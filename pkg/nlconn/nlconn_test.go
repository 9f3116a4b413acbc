package nlconn_test

import (
	"context"
	"errors"
	"net"
	"runtime"
	"syscall"
	"testing"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/nlconn"

	"github.com/kactl/kactl/test/need"
)

func dial(t *testing.T, family int) *nlconn.Conn {
	t.Helper()
	c, err := nlconn.Dial(family)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func getLinks() *nl.NetlinkRequest {
	req := nl.NewNetlinkRequest(unix.RTM_GETLINK, 0)
	req.AddData(nl.NewIfInfomsg(unix.AF_UNSPEC))
	return req
}

func TestDumpListsEveryInterface(t *testing.T) {
	want, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	msgs, err := dial(t, unix.NETLINK_ROUTE).Dump(t.Context(), getLinks())
	if err != nil {
		t.Fatal(err)
	}
	have := map[int]bool{}
	for _, m := range msgs {
		have[int(nl.DeserializeIfInfomsg(m).Index)] = true
	}
	for _, i := range want {
		if !have[i.Index] {
			t.Errorf("interface %s is not in the dump", i.Name)
		}
	}
}

func TestQueryReturnsTheAnswerOrTheKernelsError(t *testing.T) {
	c := dial(t, unix.NETLINK_GENERIC)
	family := func(name string) *nl.NetlinkRequest {
		req := nl.NewNetlinkRequest(nl.GENL_ID_CTRL, 0)
		req.AddData(&nl.Genlmsg{Command: nl.GENL_CTRL_CMD_GETFAMILY, Version: 1})
		req.AddData(nl.NewRtAttr(nl.GENL_CTRL_ATTR_FAMILY_NAME, nl.ZeroTerminated(name)))
		return req
	}
	if msgs, err := c.Query(t.Context(), family("nlctrl")); err != nil || len(msgs) != 1 {
		t.Errorf("family nlctrl: %d messages, %v", len(msgs), err)
	}
	if _, err := c.Query(t.Context(), family("no-such")); !errors.Is(err, unix.ENOENT) {
		t.Errorf("family no-such: %v, want %v", err, unix.ENOENT)
	}
}

// deleteLink asks for the removal of an interface that does not exist, which
// the kernel refuses without a privilege check or with one.
func deleteLink(index int32) *nl.NetlinkRequest {
	req := nl.NewNetlinkRequest(unix.RTM_DELLINK, 0)
	msg := nl.NewIfInfomsg(unix.AF_UNSPEC)
	msg.Index = index
	req.AddData(msg)
	return req
}

func TestDoAcknowledgesEachRequestInOrder(t *testing.T) {
	const n = 1000 // several batches
	c := dial(t, unix.NETLINK_ROUTE)
	reqs := make([]*nl.NetlinkRequest, n)
	for i := range reqs {
		reqs[i] = deleteLink(1<<30 + int32(i))
	}
	next := 0
	err := c.Do(t.Context(), reqs, func(i int, err error) {
		if i != next {
			t.Errorf("acknowledgement of %d, want %d", i, next)
		}
		next = i + 1
		if !errors.Is(err, unix.ENODEV) && !errors.Is(err, unix.EPERM) {
			t.Errorf("request %d: %v", i, err)
		}
	})
	if err != nil {
		t.Error(err)
	}
	if next != n {
		t.Errorf("%d acknowledgements, want %d", next, n)
	}
	// The connection is in step afterwards.
	if _, err := c.Dump(t.Context(), getLinks()); err != nil {
		t.Error(err)
	}
}

func TestEndedContextAndClosedConnection(t *testing.T) {
	c := dial(t, unix.NETLINK_ROUTE)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Dump(ctx, getLinks()); !errors.Is(err, context.Canceled) {
		t.Errorf("with an ended context: %v", err)
	}
	if _, err := c.Dump(t.Context(), getLinks()); err != nil {
		t.Errorf("afterwards: %v", err)
	}
	c.Close()
	if err := c.Do(t.Context(), []*nl.NetlinkRequest{deleteLink(1 << 30)}, nil); err == nil {
		t.Error("no error from a closed connection")
	}
}

func TestDialUsesTheNamespaceOfTheThread(t *testing.T) {
	type result struct {
		links int
		err   error
	}
	done := make(chan result)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with its namespace
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			done <- result{err: err}
			return
		}
		c, err := nlconn.Dial(unix.NETLINK_ROUTE)
		if err != nil {
			done <- result{err: err}
			return
		}
		defer c.Close()
		read := make(chan result)
		go func() { // on another thread
			msgs, err := c.Dump(context.Background(), deviceDump())
			read <- result{len(msgs), err}
		}()
		done <- <-read
	}()
	r := <-done
	if errors.Is(r.err, syscall.EPERM) {
		need.Missing(t, "needs the privilege to make a network namespace")
	}
	// A new namespace has lo and the kernel's fallback tunnels, none of them up.
	if r.err != nil || r.links == 0 {
		t.Errorf("%d links, %v", r.links, r.err)
	}
	ours, err := dial(t, unix.NETLINK_ROUTE).Dump(t.Context(), addressDump())
	if err != nil || len(ours) == 0 {
		t.Errorf("%d addresses here, %v", len(ours), err)
	}
}

func TestDumpsAnswerEachRequest(t *testing.T) {
	const n = 300 // several batches
	c := dial(t, unix.NETLINK_ROUTE)
	want, err := c.Dump(t.Context(), getLinks())
	if err != nil {
		t.Fatal(err)
	}
	reqs := make([]*nl.NetlinkRequest, n)
	for i := range reqs {
		if reqs[i] = getLinks(); i%100 == 50 {
			reqs[i] = nl.NewNetlinkRequest(unix.RTM_BASE+1<<10, 0) // nothing has that number
		}
	}
	next := 0
	err = c.Dumps(t.Context(), reqs, func(i int, msgs [][]byte, err error) {
		if i != next {
			t.Errorf("answer of %d, want %d", i, next)
		}
		next = i + 1
		if i%100 == 50 {
			if !errors.Is(err, unix.EOPNOTSUPP) {
				t.Errorf("request %d: %v", i, err)
			}
		} else if err != nil || len(msgs) != len(want) {
			t.Errorf("request %d: %d messages, %v, want %d", i, len(msgs), err, len(want))
		}
	})
	if err != nil || next != n {
		t.Errorf("%d answers, %v, want %d", next, err, n)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err = c.Dumps(ctx, reqs, func(i int, _ [][]byte, _ error) { t.Errorf("answer of %d after the end", i) })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("with an ended context: %v", err)
	}
}

func deviceDump() *nl.NetlinkRequest { return getLinks() }

func addressDump() *nl.NetlinkRequest {
	req := nl.NewNetlinkRequest(unix.RTM_GETADDR, 0)
	req.AddData(nl.NewIfInfomsg(unix.AF_UNSPEC))
	return req
}
