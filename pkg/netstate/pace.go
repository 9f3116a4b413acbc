package netstate

import (
	"sync"
	"time"
)

// A SharedPause is a pause that the announcements on several interfaces keep together,
// whatever their owners ask for: the interfaces are behind one switch.
type SharedPause struct {
	Devices []string
	Pause   Pause
}

// A pace keeps a shared pause.
type pace struct {
	pause Pause

	mu         sync.Mutex
	quietUntil [protocols]time.Time // guarded by mu
}

// take begins the pause after an announcement that is about to be made, and returns 0;
// or how long there is to be none.
func (p *pace) take(by protocol) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if wait := p.quietUntil[by].Sub(now); wait > 0 {
		return wait
	}
	p.quietUntil[by] = now.Add(p.pause.of(by))
	return 0
}

// SharePauses makes interfaces keep shared pauses: each those of the first that has it,
// and none of those that were set before.
func (s *State) SharePauses(list []SharedPause) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.paces = map[string]*pace{}
	for _, l := range list {
		p := &pace{pause: l.Pause}
		for _, name := range l.Devices {
			if s.paces[name] == nil {
				s.paces[name] = p
			}
		}
	}
	for name, d := range s.devices {
		d.garp.pace.Store(s.paces[name])
	}
}

// pause is the time after an announcement of a claim by a protocol.
func (d *device) pause(c *claim, by protocol) time.Duration {
	if p := d.garp.pace.Load(); p != nil {
		return p.pause.of(by)
	}
	return c.now.pause.of(by)
}
