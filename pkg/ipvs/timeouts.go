package ipvs

import (
	"context"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"

	moby "github.com/moby/ipvs"
	"github.com/sirupsen/logrus"
	"github.com/vishvananda/netns"

	"github.com/kactl/kactl/pkg/rootonly"
)

// Timeouts reads the time-outs of connections.
func (h *Handle) Timeouts(ctx context.Context) (Timeouts, error) {
	m, err := h.openMoby()
	if err != nil {
		return Timeouts{}, fmt.Errorf("read IPVS time-outs: %w", err)
	}
	t, err := bounded(ctx, m, func() (t Timeouts, err error) {
		c, err := m.GetConfig()
		if err != nil {
			return t, err
		}
		return Timeouts{TCP: c.TimeoutTCP, TCPFin: c.TimeoutTCPFin, UDP: c.TimeoutUDP}, nil
	})
	if err != nil {
		return Timeouts{}, fmt.Errorf("read IPVS time-outs: %w", readable(err))
	}
	return t, nil
}

// SetTimeouts sets the time-outs of connections, in whole seconds. One that is 0
// stays as it is.
func (h *Handle) SetTimeouts(ctx context.Context, t Timeouts) error {
	m, err := h.openMoby()
	if err != nil {
		return fmt.Errorf("set IPVS time-outs: %w", err)
	}
	_, err = bounded(ctx, m, func() (struct{}, error) {
		return struct{}{}, m.SetConfig(&moby.Config{TimeoutTCP: t.TCP, TimeoutTCPFin: t.TCPFin, TimeoutUDP: t.UDP})
	})
	if err != nil {
		return fmt.Errorf("set IPVS time-outs: %w", readable(err))
	}
	return nil
}

// bounded calls f, which uses conn and waits without a deadline, and closes conn
// when f or the time for one exchange is over. That ends f.
func bounded[T any](ctx context.Context, conn interface{ Close() }, f func() (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	defer conn.Close()
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		var r result
		defer func() {
			if p := recover(); p != nil { // it takes an answer for granted
				r.err = fmt.Errorf("%w: %v", errMalformed, p)
			}
			done <- r
		}()
		r.value, r.err = f()
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

// openMoby opens moby/ipvs in the handle's network namespace. [Open] has found
// IPVS before: without it moby/ipvs reports success.
func (h *Handle) openMoby() (*moby.Handle, error) {
	if err := prepareMoby(); err != nil {
		return nil, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	here, err := netns.Get()
	if err != nil {
		return nil, fmt.Errorf("network namespace: %w", err)
	}
	defer here.Close()
	path := "" // of this thread: to enter it takes a capability
	if !here.Equal(h.ns) {
		path = fmt.Sprintf("/proc/self/fd/%d", h.ns)
	}
	return moby.New(path)
}

// prepareMoby keeps the library from writing to the standard error, and from
// running a modprobe that somebody else than root can change: it looks that up in
// PATH, without need, for [Open] has loaded the module.
var prepareMoby = sync.OnceValue(func() error {
	logrus.SetOutput(io.Discard)
	program, err := exec.LookPath("modprobe")
	if err != nil {
		return nil // nor will it run any
	}
	return checkModprobe(program)
})

func checkModprobe(program string) error {
	program, err := filepath.Abs(program)
	if err == nil {
		_, _, err = rootonly.Rules{RootGroup: true, OwnUser: true}.Follow(program)
	}
	if err != nil {
		return fmt.Errorf("the first modprobe in PATH is not root's alone, take its directory out of PATH: %w", err)
	}
	return nil
}
