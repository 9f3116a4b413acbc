package vrrpd

import (
	"slices"

	"github.com/kactl/kactl/pkg/vrrp"
)

// calls are the announcements that wait on one interface. There is one entry an
// instance at the most, whatever a peer makes it ask for.
type calls struct {
	queue []*call
}

// A call is what is left to announce of an instance.
type call struct {
	job
	at int // in addrs, of the round under way
}

// add takes an announcement in. One that waits for the same instance is joined:
// all addresses of both are repeated as often as either asks for.
func (c *calls) add(j job) {
	if j.repeat <= 0 || len(j.addrs) == 0 || j.stale() {
		return
	}
	n := slices.IndexFunc(c.queue, func(w *call) bool { return w.owner == j.owner })
	switch {
	case n < 0:
		c.queue = append(c.queue, &call{job: j})
	case c.queue[n].generation != j.generation:
		c.queue[n] = &call{job: j}
	default:
		w := c.queue[n]
		w.repeat = max(w.repeat, j.repeat)
		for _, a := range j.addrs {
			if !slices.Contains(w.addrs, a) {
				w.addrs = append(slices.Clip(w.addrs), a)
			}
		}
	}
}

// next takes the next address to announce. Instances take turns, round by
// round; what was overtaken is dropped.
func (c *calls) next() (j *job, addr vrrp.Address, ok bool) {
	for len(c.queue) > 0 {
		w := c.queue[0]
		if w.stale() || w.repeat == 0 {
			c.queue = c.queue[1:]
			continue
		}
		addr = w.addrs[w.at]
		if w.at++; w.at == len(w.addrs) {
			w.at = 0
			w.repeat--
			c.queue = append(c.queue[1:], w)
		}
		return &w.job, addr, true
	}
	return nil, vrrp.Address{}, false
}
