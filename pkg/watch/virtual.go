package watch

import (
	"fmt"
	"time"

	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/vrrp"
)

// A virtual is what is known of one virtual router.
type virtual struct {
	Router
	o *Observer

	keys    []Router // the interfaces that it was seen on
	sources []*source
	latest  *source // who sent the last sound advert
	// master is who is master, or resigned and nobody followed yet; since is
	// from when on. Without one, former was the last.
	master, former *source
	since          time.Time
	deaf           bool // nothing was heard since its interface went down
	contest        contest
	mismatches     [names]mismatch // of two senders
	episodes       []episode
	claims         []claim
	places         []place

	first, seen  time.Time // of anything, sound or not
	adverts      uint64
	missed       int
	budgets      [names]budget
	lastName     string // of the last event, and when
	lastAt       time.Time
	lastSeverity diag.Severity
}

// hear takes in a sound advert.
func (v *virtual) hear(p *Packet) {
	s := v.source(partyOf(p))
	if s.repeated(p) {
		return
	}
	v.adverts++
	v.deaf, v.o.sound = false, true
	before, resigned, steady := s.last, s.resigned, v.latest == s && !s.resigned
	moved, password := s.learn(p)
	if other := v.latest; other != nil && other != s {
		v.compare(other, s)
	}
	v.latest = s
	v.o.remark = v.remarkOn(s, password)
	if p.Advert.Priority == vrrp.PriorityResign {
		v.resign(s)
		return
	}
	s.resigned = false
	if steady && s == v.master {
		v.pace(s, s.last.Sub(before))
	}
	v.settleClaims(s)
	v.follow(s, before, resigned)
	if moved && v.master == s {
		v.o.index(v)
	}
}

// remarkOn compares passwords for the advert's own line.
func (v *virtual) remarkOn(s *source, changed bool) Remark {
	m := v.master
	switch {
	case m != nil && m != s && s.authType == vrrp.AuthPassword && m.authType == s.authType && m.key != s.key:
		return PasswordDiffers
	case changed:
		return PasswordChanged
	}
	return Sound
}

// source returns what is known of a sender. Where there are too many, the one
// silent for longest goes.
func (v *virtual) source(q Party) *source {
	for _, s := range v.sources {
		if s.is(q) {
			return s
		}
	}
	s := &source{Party: q}
	if len(v.sources) < maxSources {
		v.sources = append(v.sources, s)
		return s
	}
	oldest := -1
	for i, o := range v.sources {
		kept := o == v.master || o == v.former || o == v.contest.rival
		if !kept && (oldest < 0 || o.last.Before(v.sources[oldest].last)) {
			oldest = i
		}
	}
	v.sources[oldest] = s
	return s
}

// follow decides who is master now that s announced itself; before is when it
// did so last.
func (v *virtual) follow(s *source, before time.Time, resumed bool) {
	m := v.master
	switch {
	case m == nil, s == m && resumed:
		v.appear(s, before)
	case m.resigned:
		v.takeOver(s, s.last, "resignation")
	case s == m, s == v.contest.rival && !before.Before(v.contest.since):
		v.confirm()
	case !s.last.Before(m.fadesAt()):
		v.takeOver(s, s.last, "silence")
	case s == v.contest.rival:
		// It was preempted, and this is its first advert since.
	case v.contest.confirmed:
		// A third one: two are enough to tell.
	case s.above(m.Party) && share(m, s):
		v.takeOver(s, s.last, "preemption")
		v.contest = contest{rival: m, since: s.last, preempted: true}
	case v.contest.rival == nil:
		v.contest = contest{rival: s, since: s.last}
	}
}

// appear makes s master where none was.
func (v *virtual) appear(s *source, before time.Time) {
	d := Details{To: copyOf(s)}
	after := ""
	old := v.former
	if v.master != nil {
		old = v.master
	}
	if old != nil {
		if old != s {
			before = old.last
		}
		d.From, d.Gap = copyOf(old), s.last.Sub(before)
		after = fmt.Sprintf(", after %v without one", round(d.Gap))
	}
	v.master, v.former, v.since, v.contest = s, nil, s.last, contest{}
	v.o.index(v)
	v.emit(MasterAppeared, d, "%s is master%s", s.long(), after)
}

// takeOver makes s master in place of another, from the first advert of s on.
func (v *virtual) takeOver(s *source, first time.Time, by string) {
	m := v.master
	gap := max(first.Sub(m.last), 0)
	v.master, v.since, v.contest = s, first, contest{}
	v.o.index(v)
	d := Details{From: copyOf(m), To: copyOf(s), Gap: gap, By: by}
	between := "without a gap"
	if gap > 0 {
		between = "with a gap of " + round(gap).String()
	}
	v.emit(TakeOver, d, "%s took over from %s by %s, %s", s.long(), m.long(), by, between)
	if by != "preemption" {
		v.settled(m, s)
	}
}

// resign takes in an advert of priority 0.
func (v *virtual) resign(s *source) {
	if s.resigned {
		return
	}
	s.resigned = true
	v.emit(Resignation, Details{Sender: copyOf(s)}, "%s resigned", s.Party)
	switch {
	case v.master == nil && v.former == nil:
		v.master, v.since = s, s.last // it was, before anybody looked
		v.o.index(v)
	case s == v.contest.rival, s == v.master && v.contest.open():
		v.decide(s, "resignation")
	case s == v.master:
		v.since, v.contest = s.last, contest{}
	}
}

// lose is for a master that is silent and was not followed.
func (v *virtual) lose() {
	m, gap := v.master, v.o.now.Sub(v.master.last)
	why := "is silent"
	if m.resigned {
		why = "resigned"
	}
	v.former, v.master, v.since, v.contest = m, nil, v.o.now, contest{}
	v.emit(MasterLost, Details{From: copyOf(m), Gap: gap}, "%s %s, and nobody has taken over for %v", m.long(), why, round(gap))
}

// deadline is when the next thing is due.
func (v *virtual) deadline() time.Time {
	d := v.seen.Add(forgotten)
	if v.master != nil {
		d = v.master.lostAt()
	}
	if v.contest.rival != nil {
		d = earlier(d, v.contestEnd())
	}
	for i := range v.episodes {
		d = earlier(d, v.episodes[i].last.Add(quiet))
	}
	for i := range v.claims {
		d = earlier(d, v.claims[i].until)
	}
	return d
}

// expire does what is due now, and tells whether v can be forgotten.
func (v *virtual) expire() (forget bool) {
	at := v.o.now
	switch {
	case v.contest.rival != nil && !at.Before(v.contestEnd()):
		v.endContest()
	case v.master != nil && !at.Before(v.master.lostAt()):
		v.lose()
	case v.master == nil && !at.Before(v.seen.Add(forgotten)):
		return true
	default:
		v.expireClaims()
		v.expireEpisodes()
	}
	return false
}

func copyOf(s *source) *Party { p := s.Party; return &p }

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// setBack keeps times from lying in the future, when a clock was set back.
func (v *virtual) setBack(now time.Time) {
	times := []*time.Time{&v.seen, &v.since, &v.contest.since}
	for _, s := range v.sources {
		times = append(times, &s.last)
	}
	for i := range v.episodes {
		times = append(times, &v.episodes[i].first, &v.episodes[i].last)
	}
	for i := range v.claims {
		v.claims[i].until = earlier(v.claims[i].until, now.Add(time.Second))
	}
	for _, t := range times {
		*t = earlier(*t, now)
	}
}
