package watch

import (
	"strings"
	"time"
)

// A contest is two machines that announce one virtual router at a time: the
// master and a rival of lower rank. Most are over with the next advert, for a
// take-over overlaps by one. Only one that goes on is confirmed, and told.
type contest struct {
	rival *source
	since time.Time // the first advert of the one that came later
	// preempted says that the rival was master before.
	preempted bool
	confirmed bool
	// split and collision are what was told of it.
	split     bool
	collision difference
	masters   []Party
}

// confirm tells of the contest once both have gone on for most of an interval:
// the advert that crosses another on the wire comes earlier.
func (v *virtual) confirm() {
	c, m := &v.contest, v.master
	if c.rival == nil || c.confirmed || !c.goesOn(m) || !c.goesOn(c.rival) {
		return
	}
	c.confirmed = true
	first, second := m, c.rival
	if c.preempted {
		first, second = second, first
	}
	c.masters = []Party{first.Party, second.Party}
	c.collision = differences(m, c.rival) & (differAddresses | differAuthentication)
	c.split = share(m, c.rival)
	d := Details{Masters: c.masters, Since: c.since}
	if c.split {
		c.split = v.emit(SplitBrain, d, "two masters: %s, and since %s %s",
			first.long(), c.since.Format(clock), second.long())
	}
	if c.collision != 0 {
		d.Differs = c.collision.words()
		if !v.emit(Collision, d, "%s announce it; they differ in %s", named(c.masters), strings.Join(d.Differs, " and ")) {
			c.collision = 0
		}
	}
}

// clock is how the time of day is printed.
const clock = "15:04:05.000000"

// goesOn says whether s announced itself again when it could have known better.
func (c *contest) goesOn(s *source) bool { return s.last.Sub(c.since) >= s.interval*3/4 }

// end is when s has fallen silent.
func (c *contest) end(s *source) time.Time {
	if c.confirmed {
		return s.goneAt()
	}
	return s.fadesAt()
}

// open says whether the rival announced itself beside the master. One that was
// preempted and said no more has not.
func (c *contest) open() bool { return c.rival != nil && !c.rival.last.Before(c.since) }

// masterEnd is when the rival has outlasted the master.
func (v *virtual) masterEnd() time.Time {
	if !v.contest.open() {
		return never
	}
	return v.contest.end(v.master)
}

// contestEnd is when one of the two has fallen silent.
func (v *virtual) contestEnd() time.Time {
	return earlier(v.masterEnd(), v.contest.end(v.contest.rival))
}

// endContest decides for the one that is not silent.
func (v *virtual) endContest() {
	loser := v.contest.rival
	if v.masterEnd().Before(v.contest.end(loser)) {
		loser = v.master
	}
	v.decide(loser, "silence")
}

// decide ends the contest against one of the two.
func (v *virtual) decide(loser *source, by string) {
	c, m := v.contest, v.master
	winner := m
	if loser == m {
		winner = c.rival
	}
	v.contest = contest{}
	if c.confirmed {
		d := Details{Masters: c.masters, Since: c.since, Duration: loser.last.Sub(c.since), To: copyOf(winner), From: copyOf(loser), By: by}
		if c.split {
			v.emitEnd(SplitBrain, d, "%s alone is master, after %v with two", winner.long(), round(d.Duration))
		}
		if c.collision != 0 {
			d.Differs = c.collision.words()
			v.emitEnd(Collision, d, "%s is left alone, after %v", winner.long(), round(d.Duration))
		}
	}
	switch {
	case loser == m:
		v.takeOver(winner, c.since, by)
		return
	case !c.confirmed && !c.preempted && by == "silence":
		v.emit(FalseTakeOver, Details{From: copyOf(m), Sender: copyOf(loser), Since: c.since, Duration: loser.last.Sub(c.since)},
			"%s announced itself beside %s, and gave way", loser.long(), m.long())
	}
	if !c.confirmed {
		v.settled(m, loser)
	}
}
