package vrrpd

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"github.com/kactl/kactl/pkg/vrrp"
)

// routesEvery is the time between two looks at the routes of unicast peers.
const routesEvery = 2 * time.Second

// A way is what a route is looked up for.
type way struct {
	ifindex int
	peer    netip.Addr
}

// watchRoutes tells the loop which unicast peers are reached through the
// interface of their instance, until ctx ends.
func (r *Router) watchRoutes(ctx context.Context) error {
	routes, err := r.cfg.System.OpenRoutes()
	if err != nil {
		return fmt.Errorf("watch the routes of unicast peers: %w", err)
	}
	defer routes.Close()
	tick := time.NewTicker(routesEvery)
	defer tick.Stop()
	for {
		r.lookUpRoutes(ctx, routes)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// lookUpRoutes looks at each way once. One that could not be looked up counts as
// one that leads to its peer.
func (r *Router) lookUpRoutes(ctx context.Context, routes Routes) {
	asked := make(chan []way, 1)
	r.loop.mail.post(func() { asked <- r.loop.ways() })
	var ways []way
	select {
	case ways = <-asked:
	case <-ctx.Done():
		return
	}
	blocked := map[way]bool{}
	for _, w := range ways {
		ok, err := routes.Reaches(ctx, w.ifindex, w.peer)
		if err == nil && !ok {
			blocked[w] = true
		}
	}
	r.loop.mail.post(func() { r.loop.setRoutes(blocked) })
}

// ways returns what routes the instances depend on.
func (l *loop) ways() (ways []way) {
	seen := map[way]bool{}
	for _, i := range l.instances {
		state, ok := l.links[i.cfg.Interface]
		for _, p := range i.cfg.Peers {
			if w := (way{state.index, p.Addr}); ok && state.up && !seen[w] {
				seen[w] = true
				ways = append(ways, w)
			}
		}
	}
	return ways
}

// setRoutes takes note of the ways that lead to no peer.
func (l *loop) setRoutes(blocked map[way]bool) {
	for _, i := range l.instances {
		unrouted := len(i.cfg.Peers) > 0
		for _, p := range i.cfg.Peers {
			unrouted = unrouted && blocked[way{l.links[i.cfg.Interface].index, p.Addr}]
		}
		if unrouted != i.unrouted {
			i.unrouted = unrouted
			l.step(i, vrrp.Event{Kind: vrrp.RouteChanged, Up: !unrouted})
		}
	}
}
