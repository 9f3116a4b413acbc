package lab

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// Urgent gives this program, and every program that it starts from now on,
// the processor before all that is not urgent, as long as the system lets it.
// It is for tests whose timers are shorter than the turns that a busy machine
// gives to others.
func Urgent() {
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return
	}
	for _, task := range tasks {
		if id, err := strconv.Atoi(task.Name()); err == nil {
			// New threads and programs have what the one has that starts them.
			_ = unix.SchedSetAttr(id, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_RR, Priority: 1}, 0)
		}
	}
}
