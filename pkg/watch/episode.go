package watch

import (
	"slices"
	"time"
)

// An episode is a fault of one sender that shows again and again. It is told
// once, and once more when it has not shown for a while.
type episode struct {
	name        Name
	party       Party
	first, last time.Time
	count       int
	told        bool
}

// touch notes that a fault showed, count times.
func (v *virtual) touch(n Name, q Party, why string, count int) {
	if e := v.episode(n, q); e != nil {
		e.last = v.o.now
		e.count += count
		return
	}
	d := Details{Sender: &q, Differs: []string{why}}
	switch n {
	case WrongChecksum:
		v.begin(n, d, count, "adverts of %s have a wrong checksum", q)
	case Malformed:
		v.begin(n, d, count, "messages of %s are no adverts: %s", q, why)
	case WrongTTL:
		v.begin(n, d, count, "adverts of %s arrive with a TTL below 255", q)
	case WrongSignature:
		v.begin(n, d, count, "adverts of %s are not signed with the given key", q)
	}
}

// begin starts an episode and tells of it.
func (v *virtual) begin(n Name, d Details, count int, format string, args ...any) {
	if len(v.episodes) == maxEpisodes {
		return
	}
	d.Count = count
	told := v.emit(n, d, format, args...)
	v.episodes = append(v.episodes, episode{n, *d.Sender, v.o.now, v.o.now, count, told})
}

// episode returns that of a sender, nil if there is none on.
func (v *virtual) episode(n Name, q Party) *episode {
	for i := range v.episodes {
		if e := &v.episodes[i]; e.name == n && e.party.is(q) {
			return e
		}
	}
	return nil
}

// expireEpisodes ends what has not shown for long.
func (v *virtual) expireEpisodes() {
	v.episodes = slices.DeleteFunc(v.episodes, func(e episode) bool {
		if v.o.now.Before(e.last.Add(quiet)) {
			return false
		}
		if !e.told {
			return true
		}
		d := Details{Sender: &e.party, Since: e.first, Duration: e.last.Sub(e.first), Count: e.count}
		v.emitEnd(e.name, d, "%s: %d in %v, and none for %v", e.party, e.count, round(d.Duration), quiet)
		return true
	})
}

// pace judges how long after its last advert the master sent the next. One that
// comes early is no fault: a master answers another's advert at once.
func (v *virtual) pace(s *source, gap time.Duration) {
	i := s.interval
	if gap > i*7/4 {
		n := int((gap+i/4)/i) - 1
		v.missed += n
		if e := v.episode(Missed, s.Party); e != nil {
			e.last = v.o.now
			e.count += n
			return
		}
		v.begin(Missed, Details{Sender: copyOf(s), Gap: gap}, n, "%s sent nothing for %v: %d missed at an interval of %v", s.Party, round(gap), n, i)
		return
	}
	s.late += (max(gap-i, 0) - s.late) / 8
	if s.late <= i/4 {
		return
	}
	if e := v.episode(Jitter, s.Party); e != nil {
		e.last = v.o.now
		e.count++
		return
	}
	v.begin(Jitter, Details{Sender: copyOf(s), Gap: gap}, 1, "adverts of %s are %v late on average, at an interval of %v", s.Party, round(s.late), i)
}
