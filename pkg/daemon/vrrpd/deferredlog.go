package vrrpd

import (
	"slices"
	"time"

	"github.com/kactl/kactl/pkg/vrrp"
)

// deferLog is how long the log of a take-over waits. Whoever writes it would
// compete for a processor with those who add the addresses and announce them.
const deferLog = time.Millisecond

// A deferredLog is what is still to be logged of one instance, or of an interface.
type deferredLog struct {
	i        *instance // nil is none
	effects  []vrrp.Effect
	resigned bool
	quiet    bool // there are only events
}

// record is the one place where effects are logged: a take-over in a moment, and
// what comes after it not before it, all else at once.
func (l *loop) record(effects []vrrp.Effect) {
	for len(effects) > 0 {
		// Mostly they are all of one instance.
		first, same := effects[0].Instance, 1
		for same < len(effects) && effects[same].Instance == first {
			same++
		}
		if same == len(effects) {
			l.recordOne(effects)
			return
		}
		one, rest := slices.Clone(effects[:same]), effects[same:]
		if first == nil {
			l.recordOne(one)
			effects = rest
			continue
		}
		left := make([]vrrp.Effect, 0, len(rest))
		for _, e := range rest {
			if e.Instance == first {
				one = append(one, e)
			} else {
				left = append(left, e)
			}
		}
		l.recordOne(one)
		effects = left
	}
}

func (l *loop) recordOne(effects []vrrp.Effect) {
	i := l.known(&effects[0])
	d := deferredLog{i: i, effects: effects}
	if i != nil {
		d.quiet = i.quiet
		d.resigned, i.resigned = i.resigned, false
	}
	takeOver := false
	for n := range effects {
		takeOver = takeOver || !d.quiet && effects[n].Kind == vrrp.SetAddresses && effects[n].Addresses != nil
	}
	if takeOver || len(l.pendingLogs) > 0 {
		d.effects = slices.Clone(effects)
		l.pendingLogs = append(l.pendingLogs, d)
		return
	}
	l.write(d)
}

// flushLogs logs what waits to be logged.
func (l *loop) flushLogs() {
	for _, d := range l.pendingLogs {
		l.write(d)
	}
	l.pendingLogs = nil
}

func (l *loop) write(d deferredLog) {
	if d.i == nil {
		for _, e := range d.effects {
			l.logInterface(e)
		}
		return
	}
	if !d.quiet {
		d.i.logEffects(d.effects, d.resigned)
	}
	l.emitAll(d.i, d.effects)
}
