package daemon

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/daemon/child"
)

// namespaceVar says, in the program that was started again, that it is in a
// network namespace already.
const namespaceVar = "KACTL_IN_NAMESPACE"

// EnterNamespace puts the process into a network namespace that ip netns has
// made. A thread can go there, but not the others that run by now: so the thread
// becomes the program once more, and EnterNamespace returns to that one only.
func EnterNamespace(name string) error {
	if os.Getenv(namespaceVar) == name {
		return os.Unsetenv(namespaceVar)
	}
	if name != filepath.Base(name) {
		return fmt.Errorf("network namespace %q: give its name, as ip netns lists it", name)
	}
	f, err := os.Open(filepath.Join("/run/netns", name))
	if err != nil {
		return fmt.Errorf("enter network namespace %s: %w", name, err)
	}
	defer f.Close()
	runtime.LockOSThread()
	if err := unix.Setns(int(f.Fd()), unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("enter network namespace %s: %w", name, err)
	}
	if err := os.Setenv(namespaceVar, name); err != nil {
		return fmt.Errorf("enter network namespace %s: %w", name, err)
	}
	err = child.Become()
	return fmt.Errorf("enter network namespace %s: start again: %w", name, err)
}
