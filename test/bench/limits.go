package bench

import (
	"math"
	"strconv"
	"strings"
)

// A limit is a figure and the most that it may be.
type limit struct {
	what       string
	got, limit float64
	unit       string
}

// Limit holds a figure to its limit: ok is got <= limit. what is one line,
// "last ARP of 500 VIPs, median, ratio"; unit is empty for a ratio.
func (r *Report) Limit(what string, got, most float64, unit string) {
	r.limits = append(r.limits, limit{what, got, most, unit})
}

// Past is the number of figures that are past their limits.
func (r *Report) Past() int {
	n := 0
	for _, l := range r.limits {
		if !l.ok() {
			n++
		}
	}
	return n
}

// ok is false for a figure that is none, such as a ratio to nothing.
func (l limit) ok() bool { return l.got <= l.limit }

func (l limit) line() string {
	verdict := "ok"
	if !l.ok() {
		verdict = "PAST THE LIMIT"
	}
	return strings.Join([]string{l.what, l.figure(l.got), "at most " + l.figure(l.limit), verdict}, "\t")
}

// figure writes a number with its unit and three decimals at the most.
func (l limit) figure(v float64) string {
	s := strconv.FormatFloat(math.Round(v*1000)/1000, 'f', -1, 64)
	if l.unit != "" {
		s += " " + l.unit
	}
	return s
}
