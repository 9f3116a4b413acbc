package daemon

import (
	"os"
	"regexp"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/config"

	"github.com/kactl/kactl/test/need"
)

// TestSchedule changes the test process itself, and back.
func TestSchedule(t *testing.T) {
	if os.Geteuid() != 0 {
		need.Missing(t, "real-time scheduling needs root")
	}
	var all unix.CPUSet
	if err := unix.SchedGetaffinity(0, &all); err != nil {
		t.Fatal(err)
	}
	first := 0
	for !all.IsSet(first) {
		first++
	}
	before := config.Process{}
	t.Cleanup(func() {
		if err := schedule(before, config.Process{}); err != nil {
			t.Error(err)
		}
	})
	for _, c := range []struct {
		name         string
		p            config.Process
		policy       uint32
		priority     uint32
		nice         int32
		cpus         int
		memoryLocked bool
	}{
		{"ordinary", config.Process{}, unix.SCHED_NORMAL, 0, 0, all.Count(), false},
		{"real-time", config.Process{RealTime: 50, Nice: -5}, unix.SCHED_RR, 50, 0, all.Count(), false},
		{"nice", config.Process{Nice: -5}, unix.SCHED_NORMAL, 0, -5, all.Count(), false},
		{"one processor, no swap", config.Process{CPUs: []int{first}, NoSwap: true}, unix.SCHED_NORMAL, 0, 0, 1, true},
		{"ordinary again", config.Process{}, unix.SCHED_NORMAL, 0, 0, all.Count(), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := schedule(before, c.p); err != nil {
				t.Fatal(err)
			}
			before = c.p
			threads := 0
			err := eachThread(func(id int) error {
				threads++
				attr, err := unix.SchedGetAttr(id, 0)
				if err != nil {
					return err
				}
				if attr.Policy != c.policy || attr.Priority != c.priority || attr.Nice != c.nice {
					t.Errorf("thread %d: %+v", id, *attr)
				}
				var cpus unix.CPUSet
				if err := unix.SchedGetaffinity(id, &cpus); err != nil {
					return err
				}
				if cpus.Count() != c.cpus {
					t.Errorf("thread %d may run on %d processors, want %d", id, cpus.Count(), c.cpus)
				}
				return nil
			})
			if err != nil || threads < 2 {
				t.Fatalf("%d threads, %v", threads, err)
			}
			status, err := os.ReadFile("/proc/self/status")
			if err != nil {
				t.Fatal(err)
			}
			locked := !regexp.MustCompile(`VmLck:\s+0 kB`).Match(status)
			if locked != c.memoryLocked {
				t.Errorf("memory is locked: %v", locked)
			}
		})
	}
}
