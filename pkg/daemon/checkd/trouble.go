package checkd

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// A trouble is a cause on this machine that keeps probes from being made
// ([health.Trouble]).
type trouble struct {
	text   string
	checks int // those whose last probe it kept from being made
	since  time.Time
	seen   time.Time
	// interval is the longest of the checks that met it.
	interval time.Duration
	// told says that it lasts, which was said.
	told bool
}

// calm is when it is over unless it is seen again: where descriptors are short
// some probes are made and others not, in turn, and so two rounds have to pass.
func (t *trouble) calm() time.Time { return t.seen.Add(2 * t.interval) }

// lasts is when it is no passing matter any more.
func (t *trouble) lasts() time.Time { return t.since.Add(3 * t.interval) }

// troubles are all of them, by their text. It has no clock.
type troubles map[string]*trouble

// meet takes note that text kept a probe of c from being made, and reports
// whether that is a new trouble.
func (ts troubles) meet(c *checker, text string, now time.Time) (t *trouble, fresh bool) {
	t = ts[text]
	if fresh = t == nil; fresh {
		t = &trouble{text: text, since: now}
		ts[text] = t
	}
	if c.trouble != t {
		ts.leave(c)
		c.trouble = t
		t.checks++
	}
	t.seen, t.interval = now, max(t.interval, c.Settings().Interval)
	return t, fresh
}

// leave takes note that nothing keeps c from being probed.
func (ts troubles) leave(c *checker) {
	if c.trouble != nil {
		c.trouble.checks--
		c.trouble = nil
	}
}

// over removes and returns those that are over.
func (ts troubles) over(now time.Time) (list []*trouble) {
	for _, text := range slices.Sorted(maps.Keys(ts)) {
		if t := ts[text]; t.checks == 0 && !now.Before(t.calm()) {
			delete(ts, text)
			list = append(list, t)
		}
	}
	return list
}

// lasting returns those that begin to last.
func (ts troubles) lasting(now time.Time) (list []*trouble) {
	for _, text := range slices.Sorted(maps.Keys(ts)) {
		if t := ts[text]; t.checks > 0 && !t.told && !now.Before(t.lasts()) {
			t.told = true
			list = append(list, t)
		}
	}
	return list
}

// next returns when over or lasting has something to return, if nothing else
// happens.
func (ts troubles) next() (at time.Time, ok bool) {
	for _, t := range ts {
		due := t.lasts()
		switch {
		case t.checks == 0:
			due = t.calm()
		case t.told:
			continue
		}
		if !ok || due.Before(at) {
			at, ok = due, true
		}
	}
	return at, ok
}

// String returns in one line, for a status, what keeps checks from being made; it
// is empty if nothing does.
func (ts troubles) String() string {
	var parts []string
	for _, text := range slices.Sorted(maps.Keys(ts)) {
		if n := ts[text].checks; n > 0 {
			parts = append(parts, fmt.Sprintf("%s: %s", checksOf(n), text))
		}
	}
	return strings.Join(parts, "; ")
}

func checksOf(n int) string {
	if n == 1 {
		return "1 check cannot be made"
	}
	return fmt.Sprintf("%d checks cannot be made", n)
}

// skip takes a probe that text kept from being made: its server keeps the
// verdict that it has.
func (d *Daemon) skip(c *checker, text string) {
	if t, fresh := d.troubles.meet(c, text, time.Now()); fresh {
		d.log.Warn("Checks cannot be made, and their real servers stay as they are: "+t.text, "first", c.Key())
	}
}

// troubled says which troubles are over, which last, and how many checks each
// keeps from being made now.
func (d *Daemon) troubled(now time.Time) {
	over, lasting := d.troubles.over(now), d.troubles.lasting(now)
	for _, t := range over {
		d.log.Info("Checks can be made again. What kept them from it: " + t.text)
	}
	for _, t := range lasting {
		d.log.Error(fmt.Sprintf("%s since %s, and their real servers stay as they are, dead or not: %s",
			checksOf(t.checks), t.since.Format(time.TimeOnly), t.text))
	}
	if d.cfg.Status == nil || len(d.troubles) == 0 && d.status == "" {
		return
	}
	if text := d.troubles.String(); text != d.status {
		d.status = text
		d.cfg.Status(text)
	}
}
