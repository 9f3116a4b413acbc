package watch

import (
	"fmt"
	"time"

	"github.com/kactl/kactl/pkg/diag"
)

// The limits of how often one virtual router tells of one thing.
const (
	budgetEvents = 10
	budgetTime   = time.Minute
)

// A budget counts events of one name since a time.
type budget struct {
	since time.Time
	told  int
}

// emit tells of an event, unless the like was told too often: then it returns
// false.
func (v *virtual) emit(n Name, d Details, format string, args ...any) bool {
	return v.tell(Event{Name: n, Details: d}, format, args)
}

// emitEnd tells of the end of what emit told the beginning of.
func (v *virtual) emitEnd(n Name, d Details, format string, args ...any) {
	v.tell(Event{Name: n, End: true, Details: d}, format, args)
}

// tell adds an event to those of the packet, or of the time.
func (v *virtual) tell(e Event, format string, args []any) bool {
	e.Time = v.o.now
	b := &v.budgets[e.Name]
	if at := e.Time.Sub(b.since); at >= budgetTime || at < 0 {
		*b = budget{since: e.Time}
	}
	// Ends are told in any case: there is one for each beginning that was.
	if !e.End {
		b.told++
	}
	if b.told > budgetEvents && !e.End {
		if b.told == budgetEvents+1 && e.Name != Suppressed {
			v.emit(Suppressed, Details{Count: budgetEvents, Differs: []string{e.Name.String()}},
				"%d %s within %v; no more of them until that time is over", budgetEvents, e.Name, budgetTime)
		}
		return false
	}
	e.Router, e.Severity = v.Router, Meanings[e.Name].Severity
	switch {
	case e.End:
		e.Severity = diag.Info
	case e.Name == TakeOver && e.By == "silence":
		e.Severity = diag.Warning
	}
	e.Message = fmt.Sprintf(format, args...)
	v.lastName, v.lastAt, v.lastSeverity = e.String(), e.Time, e.Severity
	v.o.events = append(v.o.events, e)
	return true
}

// named lists parties in a message.
func named(ps []Party) string {
	var s string
	for i, p := range ps {
		switch {
		case i > 0 && i == len(ps)-1:
			s += " and "
		case i > 0:
			s += ", "
		}
		s += p.long()
	}
	return s
}

// round shortens a duration to what a reader wants of it.
func round(d time.Duration) time.Duration {
	switch {
	case d >= time.Second:
		return d.Round(time.Millisecond)
	case d >= time.Millisecond:
		return d.Round(10 * time.Microsecond)
	}
	return d
}
