package daemon

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/config"
)

// schedule asks the kernel to treat this process as p says. VRRP shares the
// process with the checkers, and its loop with the Go runtime: it is all of
// them or none. Scripts are started as ordinary processes (package script).
// before is what it was asked for last: processors that nobody named are left to
// whoever started us.
func schedule(before, p config.Process) error {
	attr := unix.SchedAttr{Policy: unix.SCHED_NORMAL, Nice: int32(p.Nice)}
	if p.RealTime > 0 {
		attr = unix.SchedAttr{Policy: unix.SCHED_RR, Priority: uint32(p.RealTime)}
	}
	var cpus unix.CPUSet
	for _, n := range p.CPUs {
		cpus.Set(n)
	}
	if len(p.CPUs) == 0 {
		cpus.Fill()
	}
	moved := !slices.Equal(before.CPUs, p.CPUs)
	// One that is refused does not keep the others from being set.
	errs := []error{eachThread(func(id int) error {
		if err := unix.SchedSetAttr(id, &attr, 0); err != nil {
			return fmt.Errorf("set the scheduling of vrrp_rt_priority or vrrp_priority: %w", err)
		}
		return nil
	})}
	if moved {
		errs = append(errs, eachThread(func(id int) error {
			if err := unix.SchedSetaffinity(id, &cpus); err != nil {
				return fmt.Errorf("set vrrp_cpu_affinity: %w", err)
			}
			return nil
		}))
	}
	if p.NoSwap {
		// On fault: what the process has reserved and not used is nothing to
		// keep in memory.
		if err := unix.Mlockall(unix.MCL_CURRENT | unix.MCL_FUTURE | unix.MCL_ONFAULT); err != nil {
			errs = append(errs, fmt.Errorf("vrrp_no_swap: lock memory: %w", err))
		}
	} else if err := unix.Munlockall(); err != nil {
		errs = append(errs, fmt.Errorf("unlock memory: %w", err))
	}
	return errors.Join(errs...)
}

// eachThread calls f for every thread. A new thread inherits from the one that
// starts it, and so one round in which none is new has seen them all.
func eachThread(f func(id int) error) error {
	seen := map[int]bool{}
	for fresh := true; fresh; {
		fresh = false
		threads, err := os.ReadDir("/proc/self/task")
		if err != nil {
			return fmt.Errorf("list the threads: %w", err)
		}
		for _, t := range threads {
			id, err := strconv.Atoi(t.Name())
			if err != nil || seen[id] {
				continue
			}
			if err := f(id); err != nil && !errors.Is(err, unix.ESRCH) { // it may have ended
				return err
			}
			seen[id], fresh = true, true
		}
	}
	return nil
}
