package main

import (
	"strings"
	"time"

	"github.com/kactl/kactl/test/lab"
)

// The log lines that both programs have.
const (
	toMaster = "Entering MASTER STATE"
	toBackup = "Entering BACKUP STATE"
)

// states is how often any instance of a director has entered a state.
func states(d *lab.Director, line string) int { return d.CountLog(time.Time{}, line) }

// await waits until so many instances of a director have entered a state.
func (r *run) await(d *lab.Director, line string, n int) {
	if !lab.Within(30*time.Second, func() bool { return states(d, line) >= n }) {
		r.Fatalf("%s: only %d of %d instances of %s logged %q; its log ends:\n%s",
			d.Host.Name, states(d, line), n, d.Kind, line, tail(d))
	}
}

// stays tells whether every instance of a director is still the backup of a
// living master: if not, figures would be those of another state.
func (r *run) stays(d *lab.Director) bool {
	n := states(d, toMaster)
	if n > 0 {
		r.Logf("%s: %s became master %d times beside a master", d.Host.Name, d.Kind, n)
	}
	return n == 0
}

// tail is the end of a director's log.
func tail(d *lab.Director) string {
	lines := strings.SplitAfter(d.Dump(), "\n")
	return strings.Join(lines[max(0, len(lines)-20):], "")
}
