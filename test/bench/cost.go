package bench

import (
	"fmt"
	"os/exec"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A Cost is what the runs of a program took.
type Cost struct {
	Time, User time.Duration
	Memory     int64 // bytes, the most that was resident
}

// plus is the cost of both.
func (c Cost) plus(other Cost) Cost {
	return Cost{c.Time + other.Time, c.User + other.User, max(c.Memory, other.Memory)}
}

// over is the mean of so many runs.
func (c Cost) over(runs int) Cost {
	return Cost{c.Time / time.Duration(runs), c.User / time.Duration(runs), c.Memory}
}

// Run runs a command to its end. What cannot be started ends the benchmark; failed
// is what else went wrong.
func Run(b *B, cmd *exec.Cmd) (c Cost, failed error) {
	start := time.Now()
	failed = cmd.Run()
	took := time.Since(start)
	if cmd.ProcessState == nil {
		b.Fatalf("%v: %v", cmd, failed)
	}
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		b.Fatalf("%v: no figures of its use", cmd)
	}
	return Cost{took, cmd.ProcessState.UserTime(), usage.Maxrss * 1024}, failed
}

// Undisturbed calls f, and tells whether nothing but this process and its children
// used the processors meanwhile. It takes about a third of a second to tell: the
// kernel counts in hundredths.
func Undisturbed(b *B, f func()) bool {
	before, err := ReadLoad()
	if err != nil {
		b.Fatalf("%v", err)
	}
	own := used(b)
	f()
	disturbed, err := before.Disturbed(used(b) - own)
	if err != nil {
		b.Fatalf("%v", err)
	}
	return !disturbed
}

// used is the processor time of this process and of its children that have ended.
func used(b *B) (sum time.Duration) {
	for _, who := range []int{unix.RUSAGE_SELF, unix.RUSAGE_CHILDREN} {
		var u unix.Rusage
		if err := unix.Getrusage(who, &u); err != nil {
			b.Fatalf("%v", fmt.Errorf("read what the benchmark used: %w", err))
		}
		sum += time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	return sum
}
