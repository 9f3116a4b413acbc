// Package process tells what the processes of a director use.
package process

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/test/lab"
)

// Of are a director's: the one in its pid file and all below it.
func Of(d *lab.Director) ([]int, error) {
	text, err := os.ReadFile(filepath.Join(d.Dir, "run", "main.pid"))
	if err != nil {
		return nil, err
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return nil, fmt.Errorf("read the pid file: %w", err)
	}
	pids := []int{pid}
	for i := 0; i < len(pids); i++ {
		// Each thread has its own.
		lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pids[i]))
		for _, path := range lists {
			text, _ := os.ReadFile(path) // of a thread that has ended
			for _, f := range strings.Fields(string(text)) {
				if child, err := strconv.Atoi(f); err == nil {
					pids = append(pids, child)
				}
			}
		}
	}
	return pids, nil
}

// CPU is the processor time that the processes of a director have used, that of
// all their threads included.
func CPU(d *lab.Director) (time.Duration, error) {
	pids, err := Of(d)
	if err != nil {
		return 0, err
	}
	var sum time.Duration
	for _, pid := range pids {
		var ts unix.Timespec
		if err := unix.ClockGettime(cpuClock(pid), &ts); err != nil {
			return 0, fmt.Errorf("processor time of process %d: %w", pid, err)
		}
		sum += time.Duration(ts.Nano())
	}
	return sum, nil
}

// cpuClock is clock_getcpuclockid(3). /proc/PID/stat counts in 10 ms, and a
// backup uses no more than a few of those in a second.
func cpuClock(pid int) int32 {
	const sched = 2
	return int32(^pid<<3 | sched)
}
