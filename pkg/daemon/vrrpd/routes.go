package vrrpd

import (
	"context"
	"fmt"
	"time"

	"github.com/kactl/kactl/pkg/vrrp"
)

// routesEvery is the time between two looks at the routes of unicast peers.
const routesEvery = 2 * time.Second

// watchRoutes reports which unicast peers are reached through the
// interface of their instance, until ctx ends.
func (d *Daemon) watchRoutes(ctx context.Context) error {
	routes, err := d.cfg.System.OpenRoutes()
	if err != nil {
		return fmt.Errorf("watch the routes of unicast peers: %w", err)
	}
	defer routes.Close()
	tick := time.NewTicker(routesEvery)
	defer tick.Stop()
	for {
		d.lookUpRoutes(ctx, routes)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// lookUpRoutes looks at each way once. One that could not be looked up counts as
// one that leads to its peer.
func (d *Daemon) lookUpRoutes(ctx context.Context, routes Routes) {
	asked := make(chan []vrrp.Way, 1)
	d.loop.tasks.post(func() { asked <- d.loop.router.Ways() })
	var ways []vrrp.Way
	select {
	case ways = <-asked:
	case <-ctx.Done():
		return
	}
	var blocked []vrrp.Way
	for _, w := range ways {
		ok, err := routes.Reaches(ctx, w.Index, w.Peer)
		if err == nil && !ok {
			blocked = append(blocked, w)
		}
	}
	d.loop.tasks.post(func() { d.loop.handle(vrrp.RouterEvent{Kind: vrrp.RoutesReported, Ways: blocked}) })
}
