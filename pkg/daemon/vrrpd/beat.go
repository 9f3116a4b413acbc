package vrrpd

import (
	"context"
	"fmt"
	"time"

	"github.com/kactl/kactl/pkg/vrrp"
)

// beatEvery is the time between two questions to a driver, as keepalived has it.
const beatEvery = time.Second

// polled are the interfaces whose drivers are asked for the carrier.
type polled struct {
	all     bool
	methods map[string]string // by name; empty is any
}

// newPolled returns those of settings, nil for none.
func newPolled(s *vrrp.Settings) *polled {
	p := &polled{all: s.PollAll, methods: map[string]string{}}
	for _, i := range s.Instances {
		if i.Linkbeat && i.Interface != "" {
			p.methods[i.Interface] = ""
		}
	}
	for _, k := range s.Polled {
		p.methods[k.Interface] = k.Method
	}
	if !p.all && len(p.methods) == 0 {
		return nil
	}
	return p
}

// pollLinks asks drivers for the carrier until ctx ends.
func (d *Daemon) pollLinks(ctx context.Context) error {
	if d.cfg.Beat == nil {
		return nil
	}
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	asked := false
	failed := map[string]bool{}
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
		p := d.polled.Load()
		if p == nil && !asked {
			continue
		}
		names, err := d.linksToAsk(ctx, p)
		if err != nil {
			return nil // the end
		}
		carrier := map[string]bool{}
		for _, name := range names {
			up, err := d.cfg.Beat(name, p.methods[name])
			if err != nil && !failed[name] {
				d.cfg.Log.Warn(fmt.Sprintf("%s cannot be asked for its carrier: what the kernel reports counts", name), "error", err)
			}
			if failed[name] = err != nil; err == nil {
				carrier[name] = up
			}
		}
		asked = p != nil
		d.loop.tasks.post(func() { d.loop.carriersHeard(carrier) })
	}
}

// linksToAsk returns the names of those of the interfaces that are there.
func (d *Daemon) linksToAsk(ctx context.Context, p *polled) ([]string, error) {
	if p == nil {
		return nil, nil
	}
	there := make(chan []string, 1)
	d.loop.tasks.post(func() {
		var names []string
		for name := range d.loop.carriers.known {
			if _, ok := p.methods[name]; ok || p.all {
				names = append(names, name)
			}
		}
		there <- names
	})
	select {
	case names := <-there:
		return names, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// carriersHeard takes what drivers said to the router.
func (l *loop) carriersHeard(carrier map[string]bool) {
	for _, k := range l.carriers.hear(carrier, l.linkDue) {
		l.handle(vrrp.RouterEvent{Kind: vrrp.LinkChanged, Link: stateOfLink(k)})
	}
}
