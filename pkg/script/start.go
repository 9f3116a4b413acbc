package script

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"sync"

	"golang.org/x/sys/unix"
)

// start starts cmd with ordinary scheduling, whatever that of this process is:
// a script must not compete with the adverts. No descriptor above 2 goes with it,
// and no ambient capability if drop is set.
func start(cmd *exec.Cmd, drop bool) error {
	closeOnExec()
	attr, err := unix.SchedGetAttr(0, 0)
	ordinary := err != nil || attr.Policy == unix.SCHED_NORMAL && attr.Nice >= 0
	drop = drop && hasAmbient()
	if ordinary && !drop {
		return cmd.Start()
	}
	started := make(chan error)
	go func() {
		// Never unlocked: the thread and what is changed of it end with the
		// goroutine.
		runtime.LockOSThread()
		started <- func() error {
			if !ordinary {
				err := unix.SchedSetAttr(0, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_NORMAL}, 0)
				if err != nil {
					return fmt.Errorf("reset priority: %w", err)
				}
			}
			if drop {
				if err := unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); err != nil {
					return fmt.Errorf("drop ambient capabilities: %w", err)
				}
			}
			return cmd.Start()
		}()
	}()
	return <-started
}

// hasAmbient reports whether this process was started with ambient capabilities:
// those alone survive the start of a program by another user than root.
var hasAmbient = sync.OnceValue(func() bool {
	for c := uintptr(0); c <= unix.CAP_LAST_CAP; c++ {
		set, err := unix.PrctlRetInt(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_IS_SET, c, 0, 0)
		if err == nil && set == 1 {
			return true
		}
	}
	return false
})

// closeOnExec keeps the descriptors above 2 from programs. Ours are made so; those
// that this process was started with are not.
func closeOnExec() {
	if unix.CloseRange(3, math.MaxUint32, unix.CLOSE_RANGE_CLOEXEC) == nil {
		return
	}
	// A kernel before 5.11. What is opened from now on is ours.
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return
	}
	for _, f := range all {
		if fd, err := strconv.Atoi(f.Name()); err == nil && fd > 2 {
			unix.CloseOnExec(fd)
		}
	}
}
