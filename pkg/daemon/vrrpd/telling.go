package vrrpd

import (
	"slices"
	"time"

	"github.com/kactl/kactl/pkg/vrrp"
)

// tellAfter is how long the log of a take-over waits. Whoever writes it would
// compete for a processor with those who add the addresses and announce them.
const tellAfter = time.Millisecond

// A telling is what is still to be logged of an event.
type telling struct {
	i        *instance
	effects  []vrrp.Effect
	resigned bool
}

// tell logs what an event has brought about: a take-over in a moment, and what
// comes after it not before it, all else at once.
func (l *loop) tell(i *instance, effects []vrrp.Effect, resigned bool) {
	if i.quiet {
		return
	}
	takeOver := slices.ContainsFunc(effects, func(e vrrp.Effect) bool { return e.Kind == vrrp.AddAddresses })
	if len(effects) > 0 && (takeOver || len(l.untold) > 0) {
		l.untold = append(l.untold, telling{i, slices.Clone(effects), resigned})
		return
	}
	i.tell(effects, resigned)
}

// tellRest logs what waits to be logged.
func (l *loop) tellRest() {
	for _, t := range l.untold {
		t.i.tell(t.effects, t.resigned)
	}
	l.untold = nil
}
