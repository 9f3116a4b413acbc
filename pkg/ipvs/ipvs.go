// Package ipvs reads and changes the kernel's IPVS table, and prints it as
// ipvsadm does. It is the one place that knows the generic netlink messages of
// IPVS (linux/ip_vs.h). [Handle.Table] is all that can be configured;
// [Handle.List] has the counters besides, in the kernel's order.
package ipvs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/vishvananda/netlink/nl"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/lvs"
	"github.com/kactl/kactl/pkg/nlconn"
	"github.com/kactl/kactl/pkg/rootonly"
)

// ErrNoIPVS says that the kernel cannot balance at all.
var ErrNoIPVS = errors.New("the kernel has no IPVS: run modprobe ip_vs, or load it at boot through /etc/modules-load.d/ipvs.conf")

// timeout bounds one exchange with the kernel.
const timeout = 10 * time.Second

// A Handle is a connection to the IPVS table of one network namespace. Its
// methods may be called from several goroutines.
type Handle struct {
	// OnWrite is called for each operation that the kernel carried out. It is
	// set before the first use, and must not call the handle.
	OnWrite func(lvs.Op)

	mu     sync.Mutex // guards all following
	conn   *nlconn.Conn
	family uint16
	ns     netns.NsHandle
}

// Open connects to the table of the calling thread's network namespace. It
// loads the kernel's module if that is not there yet; if that fails, the error
// wraps ErrNoIPVS.
func Open() (*Handle, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	conn, err := nlconn.Dial(unix.NETLINK_GENERIC)
	if err != nil {
		return nil, fmt.Errorf("open IPVS: %w", err)
	}
	family, err := findFamily(conn)
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("open IPVS: %w", err)
	}
	ns, err := netns.Get()
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("open IPVS: network namespace: %w", err)
	}
	return &Handle{conn: conn, family: family, ns: ns}, nil
}

// Close ends the handle. The kernel's table stays.
func (h *Handle) Close() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return errors.Join(h.conn.Close(), h.ns.Close())
}

// findFamily asks for the number of IPVS in generic netlink, once more after
// loading the module.
func findFamily(conn *nlconn.Conn) (uint16, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	family, err := askFamily(ctx, conn)
	if !errors.Is(err, unix.ENOENT) {
		return family, err
	}
	out, loadErr := loadModule(ctx)
	if family, err = askFamily(ctx, conn); !errors.Is(err, unix.ENOENT) {
		return family, err
	}
	return 0, noIPVS(loadErr, out)
}

// loadModule returns what modprobe said.
func loadModule(ctx context.Context) ([]byte, error) {
	cmd, err := rootonly.Command(ctx, "modprobe", "ip_vs")
	if err != nil {
		return nil, err
	}
	return cmd.CombinedOutput()
}

// noIPVS wraps ErrNoIPVS with what modprobe said, if it failed.
func noIPVS(err error, out []byte) error {
	said := bytes.TrimSpace(out)
	switch {
	case err == nil:
		return ErrNoIPVS
	case len(said) == 0:
		return fmt.Errorf("%w (modprobe ip_vs: %w)", ErrNoIPVS, err)
	}
	return fmt.Errorf("%w (modprobe ip_vs: %w: %.200s)", ErrNoIPVS, err, said)
}

func askFamily(ctx context.Context, conn *nlconn.Conn) (uint16, error) {
	req := nl.NewNetlinkRequest(nl.GENL_ID_CTRL, 0)
	req.AddData(&nl.Genlmsg{Command: nl.GENL_CTRL_CMD_GETFAMILY, Version: 1})
	req.AddData(nl.NewRtAttr(nl.GENL_CTRL_ATTR_FAMILY_NAME, nl.ZeroTerminated("IPVS")))
	msgs, err := conn.Query(ctx, req)
	if err != nil {
		return 0, fmt.Errorf("look up generic netlink family IPVS: %w", err)
	}
	var family uint16
	var d decoder
	for _, m := range msgs {
		d.message(m, func(kind uint16, v []byte) {
			if kind == nl.GENL_CTRL_ATTR_FAMILY_ID {
				family = d.u16(v)
			}
		})
	}
	switch {
	case d.err != nil:
		return 0, fmt.Errorf("look up generic netlink family IPVS: %w", d.err)
	case family == 0:
		return 0, errors.New("look up generic netlink family IPVS: the answer has no number")
	}
	return family, nil
}
