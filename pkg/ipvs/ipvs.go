// Package ipvs reads and changes the kernel's IPVS table. It is the one place
// that knows github.com/moby/ipvs, which it lists the services with, and the
// generic netlink messages of IPVS (linux/ip_vs.h), which it does the rest with:
// those carry the address family and the whole weight of a real server, many to
// a send, and never wait for ever.
package ipvs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"sync"
	"time"

	moby "github.com/moby/ipvs"
	"github.com/sirupsen/logrus"
	"github.com/vishvananda/netlink/nl"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/lvs"
	"github.com/kactl/kactl/pkg/nlconn"
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
	reader reader
}

// reader is what the handle uses of moby/ipvs.
type reader interface {
	GetServices() ([]*moby.Service, error)
	Close()
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
	h.dropReader()
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
	out, loadErr := exec.CommandContext(ctx, "modprobe", "ip_vs").CombinedOutput()
	if family, err = askFamily(ctx, conn); !errors.Is(err, unix.ENOENT) {
		return family, err
	}
	if loadErr != nil {
		return 0, fmt.Errorf("%w (modprobe ip_vs: %w: %.200s)", ErrNoIPVS, loadErr, out)
	}
	return 0, ErrNoIPVS
}

func askFamily(ctx context.Context, conn *nlconn.Conn) (uint16, error) {
	req := nl.NewNetlinkRequest(nl.GENL_ID_CTRL, 0)
	req.AddData(&nl.Genlmsg{Command: nl.GENL_CTRL_CMD_GETFAMILY, Version: 1})
	req.AddData(nl.NewRtAttr(nl.GENL_CTRL_ATTR_FAMILY_NAME, nl.ZeroTerminated("IPVS")))
	msgs, err := conn.Query(ctx, req)
	if err != nil {
		return 0, fmt.Errorf("look up generic netlink family IPVS: %w", err)
	}
	for _, m := range msgs {
		if len(m) < nl.SizeofGenlmsg {
			continue
		}
		attrs, err := nl.ParseRouteAttr(m[nl.SizeofGenlmsg:])
		if err != nil {
			return 0, fmt.Errorf("look up generic netlink family IPVS: %w", err)
		}
		for _, a := range attrs {
			if a.Attr.Type == nl.GENL_CTRL_ATTR_FAMILY_ID && len(a.Value) >= 2 {
				return nl.NativeEndian().Uint16(a.Value), nil
			}
		}
	}
	return 0, errors.New("look up generic netlink family IPVS: the answer has no number")
}

// openReader opens moby/ipvs, which is safe once the family is known to exist,
// in the namespace of the handle.
func (h *Handle) openReader() error {
	if h.reader != nil {
		return nil
	}
	silence.Do(func() { logrus.SetOutput(io.Discard) })
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	path := "" // the thread's own, which needs no privilege to enter
	if here, err := netns.Get(); err == nil {
		if !here.Equal(h.ns) {
			path = fmt.Sprintf("/proc/self/fd/%d", int(h.ns))
		}
		here.Close()
	}
	r, err := moby.New(path)
	if err != nil {
		return err
	}
	h.reader = r
	return nil
}

// silence keeps moby/ipvs from logging past our own log; nothing else in the
// program uses logrus.
var silence sync.Once

func (h *Handle) dropReader() {
	if h.reader != nil {
		h.reader.Close()
		h.reader = nil
	}
}
