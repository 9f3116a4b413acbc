package need

import (
	"runtime"
	"testing"

	"github.com/vishvananda/netns"
)

// A Namespace is a network namespace of a test's own. It takes root.
type Namespace struct{ netns.NsHandle }

// NewNamespace makes a namespace that lasts as long as the test.
func NewNamespace(t testing.TB) Namespace {
	t.Helper()
	Root(t)
	var n Namespace
	onOwnThread(t, func() (err error) {
		n.NsHandle, err = netns.New()
		return err
	})
	t.Cleanup(func() { n.Close() })
	return n
}

// In calls f on a thread that is in the namespace, and ends the test if f fails.
func (n Namespace) In(t testing.TB, f func() error) {
	t.Helper()
	onOwnThread(t, func() error {
		if err := netns.Set(n.NsHandle); err != nil {
			return err
		}
		return f()
	})
}

// onOwnThread calls f on a thread that is not used for anything afterwards.
func onOwnThread(t testing.TB, f func() error) {
	t.Helper()
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked
		done <- f()
	}()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}
