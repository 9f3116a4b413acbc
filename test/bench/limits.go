package bench

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// A limit is a figure and the most that it may be.
type limit struct {
	what       string
	got, limit float64
	unit       string
	doubt      string // why the figure says nothing of kactl
}

// Limit holds a figure to its limit: ok is got <= limit. what is one line,
// "last ARP of 500 VIPs, median, ratio"; unit is empty for a ratio. A figure that
// is none, such as a ratio to nothing, is past it.
func (r *Report) Limit(what string, got, most float64, unit string) {
	r.limits = append(r.limits, limit{what: what, got: got, limit: most, unit: unit})
}

// Beside holds a figure to a limit that is no ratio, where the peer's figure of the
// same run says whether the machine lets anybody keep to it: past the limit, with
// the peer past it too, nothing can be told.
func (r *Report) Beside(what string, got, peer, most float64, unit string) {
	l := limit{what: what, got: got, limit: most, unit: unit}
	if !l.ok() && !(peer <= most) {
		l.doubt = "the peer's is " + l.figure(peer)
	}
	r.limits = append(r.limits, l)
}

// Unknown says that nothing can be told, and why. That is no failure.
func (r *Report) Unknown(what, doubt string) {
	r.limits = append(r.limits, limit{what: what, got: math.NaN(), limit: math.NaN(), doubt: doubt})
}

// Past is the number of figures that are past their limits.
func (r *Report) Past() int {
	n := 0
	for _, l := range r.limits {
		if l.doubt == "" && !l.ok() {
			n++
		}
	}
	return n
}

// ok is false for a figure that is none.
func (l limit) ok() bool { return l.got <= l.limit }

func (l limit) line() string {
	verdict := "ok"
	switch {
	case l.doubt != "":
		verdict = fmt.Sprintf("cannot be told on this machine: %s", l.doubt)
	case !l.ok():
		verdict = "PAST THE LIMIT"
	}
	got, most := "", ""
	if !math.IsNaN(l.limit) {
		got, most = l.figure(l.got), "at most "+l.figure(l.limit)
	}
	return strings.Join([]string{l.what, got, most, verdict}, "\t")
}

// figure writes a number with its unit and three decimals at the most.
func (l limit) figure(v float64) string {
	s := strconv.FormatFloat(math.Round(v*1000)/1000, 'f', -1, 64)
	if l.unit != "" {
		s += " " + l.unit
	}
	return s
}
