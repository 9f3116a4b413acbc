package checkd

import (
	"reflect"
	"time"

	"github.com/kactl/kactl/pkg/health"
	"github.com/kactl/kactl/pkg/lvs"
)

// A checker is one check of one server.
type checker struct {
	server *server
	state  *health.State
	due    time.Time
	place  int  // in the schedule's heap, or -1
	gone   bool // a reload removed it while its probe ran
	// trouble kept its last probe from being made; nil is none.
	trouble *trouble
}

// A server is one real server of one service.
type server struct {
	real     lvs.RealServer
	key      lvs.RealKey
	checkers []*checker
	up       bool
}

// A service is one virtual server.
type service struct {
	virtual lvs.VirtualServer
	servers []*server
	quorum  bool
}

// A pool is the services of a configuration and the state of their servers. It
// is pure: time comes in, and what a reload did goes out.
type pool struct {
	settings lvs.Settings
	services []*service // in the order of the configuration
	byKey    map[lvs.VirtualKey]*service
	servers  map[lvs.RealKey]*server
}

// A change is what turning one pool into the next did, in the order of the
// configurations.
type change struct {
	removedServices []*service
	removedServers  []*server // also those of removed services
	addedServices   []*service
	addedServers    []*server
	addedCheckers   []*checker
	droppedCheckers []*checker
	weights         []weightChange
}

type weightChange struct {
	server *server
	from   int
}

func newPool() *pool {
	return &pool{byKey: map[lvs.VirtualKey]*service{}, servers: map[lvs.RealKey]*server{}}
}

// Up says whether a real server is up; what is not known is not.
func (p *pool) Up(k lvs.RealKey) bool {
	s := p.servers[k]
	return s != nil && s.up
}

// Quorum says whether the real servers of a service suffice.
func (p *pool) Quorum(k lvs.VirtualKey) bool {
	v := p.byKey[k]
	return v != nil && v.virtual.Weight(p) >= 1
}

// checks is how many checks the servers have in all.
func (p *pool) checks() (n int) {
	for _, s := range p.servers {
		n += len(s.checkers)
	}
	return n
}

// next returns the pool of new settings, in which what did not change keeps its
// state. The servers and checkers that stay are shared with p, which is not to
// be used any more. first says that this is the start, not a reload.
func (p *pool) next(settings lvs.Settings, first bool) (*pool, change) {
	n := newPool()
	n.settings = settings
	var ch change
	for _, v := range settings.Services {
		if n.byKey[v.Key()] != nil {
			continue // a second service of the same key: the first counts
		}
		svc := &service{virtual: v}
		if old := p.byKey[v.Key()]; old != nil {
			svc.quorum = old.quorum
		} else {
			ch.addedServices = append(ch.addedServices, svc)
		}
		n.services = append(n.services, svc)
		n.byKey[v.Key()] = svc
		for _, r := range v.Reals {
			key := lvs.RealKey{Service: v.Key(), Addr: r.Addr}
			if n.servers[key] != nil {
				continue
			}
			s := p.server(key, r, first, &ch)
			n.servers[key] = s
			svc.servers = append(svc.servers, s)
		}
	}
	for _, old := range p.services {
		if n.byKey[old.virtual.Key()] == nil {
			ch.removedServices = append(ch.removedServices, old)
		}
		for _, s := range old.servers {
			if n.servers[s.key] == nil {
				ch.removedServers = append(ch.removedServers, s)
				ch.droppedCheckers = append(ch.droppedCheckers, s.checkers...)
			}
		}
	}
	return n, ch
}

// server returns the server of r, with the state of p's if there is one.
func (p *pool) server(key lvs.RealKey, r lvs.RealServer, first bool, ch *change) *server {
	s := p.servers[key]
	fresh := s == nil
	if fresh {
		s = &server{key: key, up: true}
		ch.addedServers = append(ch.addedServers, s)
	} else if s.real.Weight != r.Weight {
		ch.weights = append(ch.weights, weightChange{s, s.real.Weight})
	}
	old := s.checkers
	s.real, s.checkers = r, nil
	for _, c := range r.Checks {
		i := indexOf(old, c)
		if i >= 0 {
			s.checkers = append(s.checkers, old[i])
			old = append(old[:i:i], old[i+1:]...)
			continue
		}
		added := &checker{server: s, place: -1}
		switch {
		case first:
			added.state = health.New(c)
		case s.up:
			added.state = health.NewAdded(c)
		default:
			added.state = health.NewDown(c)
		}
		s.checkers = append(s.checkers, added)
		ch.addedCheckers = append(ch.addedCheckers, added)
	}
	ch.droppedCheckers = append(ch.droppedCheckers, old...)
	s.up = s.verdict()
	return s
}

func indexOf(cs []*checker, c health.Check) int {
	for i := range cs {
		if reflect.DeepEqual(cs[i].state.Check(), c) {
			return i
		}
	}
	return -1
}

// settings returns a copy of those of s, which no reload changes.
func (s *server) settings() *lvs.RealServer {
	r := s.real
	return &r
}

// verdict is that of all checks together.
func (s *server) verdict() bool {
	for _, c := range s.checkers {
		if !c.state.Up() {
			return false
		}
	}
	return true
}
