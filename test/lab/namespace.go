package lab

import (
	"fmt"
	"os"
	"runtime"
	"sync"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// A Namespace is a network namespace without a name, and threads that live
// in it.
type Namespace struct {
	fd netns.NsHandle

	mu     sync.Mutex
	idle   []*thread
	closed bool
	handle *netlink.Handle
}

// NewNamespace makes an empty namespace with its loopback interface up.
func NewNamespace() (*Namespace, error) {
	var ns *Namespace
	err := onNewThread(func() error {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("unshare the network: %w (are you root?)", err)
		}
		fd, err := netns.Get()
		if err != nil {
			return fmt.Errorf("open the namespace: %w", err)
		}
		h, err := netlink.NewHandle(unix.NETLINK_ROUTE)
		if err != nil {
			fd.Close()
			return fmt.Errorf("open netlink: %w", err)
		}
		ns = &Namespace{fd: fd, handle: h}
		return nil
	})
	if err != nil {
		return nil, err
	}
	lo, err := ns.handle.LinkByName("lo")
	if err == nil {
		err = ns.handle.LinkSetUp(lo)
	}
	if err != nil {
		ns.Close()
		return nil, fmt.Errorf("set lo up: %w", err)
	}
	return ns, nil
}

// onNewThread runs f on a thread that ends with it.
func onNewThread(f func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends here
		done <- f()
	}()
	return <-done
}

// A thread runs functions in its namespace, one at a time. It is never given
// back to the scheduler.
type thread struct{ work chan func() }

// Do runs f on a thread in the namespace and returns its error. Sockets that
// f opens and processes that it starts belong to the namespace. Calls run at
// the same time as others.
func (ns *Namespace) Do(f func() error) error {
	t, err := ns.take()
	if err != nil {
		return err
	}
	done := make(chan error, 1)
	t.work <- func() { done <- f() }
	err = <-done
	ns.give(t)
	return err
}

func (ns *Namespace) take() (*thread, error) {
	ns.mu.Lock()
	defer ns.mu.Unlock()
	if ns.closed {
		return nil, os.ErrClosed
	}
	if n := len(ns.idle); n > 0 {
		t := ns.idle[n-1]
		ns.idle = ns.idle[:n-1]
		return t, nil
	}
	t := &thread{work: make(chan func())}
	entered := make(chan error)
	go func() {
		runtime.LockOSThread()
		err := netns.Set(ns.fd)
		entered <- err
		if err != nil {
			return
		}
		for f := range t.work {
			f()
		}
	}()
	if err := <-entered; err != nil {
		return nil, fmt.Errorf("enter the namespace: %w", err)
	}
	return t, nil
}

func (ns *Namespace) give(t *thread) {
	ns.mu.Lock()
	defer ns.mu.Unlock()
	if ns.closed {
		close(t.work)
		return
	}
	ns.idle = append(ns.idle, t)
}

// Sysctl sets a value below /proc/sys as the namespace sees it.
func (ns *Namespace) Sysctl(name, value string) error {
	return ns.Do(func() error { return os.WriteFile("/proc/sys/"+name, []byte(value), 0) })
}

// Close ends the namespace's threads and lets go of it. The kernel takes it
// away once its sockets and processes are gone too.
func (ns *Namespace) Close() {
	ns.mu.Lock()
	defer ns.mu.Unlock()
	if ns.closed {
		return
	}
	ns.closed = true
	for _, t := range ns.idle {
		close(t.work)
	}
	ns.handle.Close()
	ns.fd.Close()
}
