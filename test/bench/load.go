package bench

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// tooBusy is the share of the processors that others may use while a program is
// measured.
const tooBusy = 0.1

// A Load is how busy the machine has been since it was started.
type Load struct {
	at   time.Time
	busy time.Duration // of all processors together
}

// ReadLoad reads the machine's load now.
func ReadLoad() (Load, error) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return Load{}, fmt.Errorf("read the machine's load: %w", err)
	}
	busy, err := busyTime(string(text))
	return Load{time.Now(), busy}, err
}

// Disturbed tells whether others used more of the processors since l than leaves a
// program undisturbed. own is the processor time that the program used meanwhile.
func (l Load) Disturbed(own time.Duration) (bool, error) {
	now, err := ReadLoad()
	if err != nil {
		return false, err
	}
	return others(now.at.Sub(l.at), now.busy-l.busy, own, runtime.NumCPU()) > tooBusy, nil
}

// others is the share of so many processors that was used by others.
func others(wall, busy, own time.Duration, processors int) float64 {
	return float64(busy-own) / float64(wall) / float64(processors)
}

// busyTime adds up the first line of /proc/stat (proc(5)) without what is idle, and
// without the guests' time, which is in the user's. What the host took is in it.
func busyTime(stat string) (busy time.Duration, err error) {
	line, _, _ := strings.Cut(stat, "\n")
	f := strings.Fields(line)
	if len(f) < 9 || f[0] != "cpu" {
		return 0, fmt.Errorf("read the machine's load: /proc/stat begins with %q", line)
	}
	for n, text := range f[1:9] {
		ticks, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("read the machine's load: %w", err)
		}
		if idle := n == 3 || n == 4; !idle {
			busy += time.Duration(ticks) * time.Second / 100 // USER_HZ
		}
	}
	return busy, nil
}
