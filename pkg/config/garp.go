package config

import (
	"time"

	"github.com/kactl/kactl/pkg/syntax"
)

// garp is what one block says of gratuitous ARP; nil is nothing.
type garp struct {
	delay, refresh, lowerDelay         *time.Duration
	repeat, refreshRepeat, lowerRepeat *int
}

func (g *garp) setDelay(n float64)         { g.delay = ptr(seconds(n)) }
func (g *garp) setRefresh(n float64)       { g.refresh = ptr(seconds(n)) }
func (g *garp) setLowerDelay(n float64)    { g.lowerDelay = ptr(seconds(n)) }
func (g *garp) setRepeat(n float64)        { g.repeat = ptr(max(1, int(n))) }
func (g *garp) setRefreshRepeat(n float64) { g.refreshRepeat = ptr(max(1, int(n))) }
func (g *garp) setLowerRepeat(n float64)   { g.lowerRepeat = ptr(int(n)) }

func ptr[T any](v T) *T { return &v }

// fill sets a value that is not there.
func fill[T any](p **T, v T) {
	if *p == nil {
		*p = &v
	}
}

func globalGARP(set func(*garp, float64)) func(*decoder, *Keyword, *syntax.Statement) {
	return func(d *decoder, k *Keyword, s *syntax.Statement) { d.garp(&d.globals.garp, set, k, s) }
}

func instanceGARP(set func(*garp, float64)) func(*decoder, *Keyword, *syntax.Statement) {
	return func(d *decoder, k *Keyword, s *syntax.Statement) { d.garp(&d.instance.garp, set, k, s) }
}

// garp reads one value. A master announces at least once: only its
// re-announcement after an advert of lower priority can be none.
func (d *decoder) garp(g *garp, set func(*garp, float64), k *Keyword, s *syntax.Statement) {
	n, ok := d.number(k, s, "ignores it")
	if !ok {
		return
	}
	if set(g, n); n != 0 {
		return
	}
	switch k.Name {
	case "garp_master_repeat", "garp_master_refresh_repeat", "vrrp_garp_master_repeat", "vrrp_garp_master_refresh_repeat":
		d.fault("number", s.AtArg(0), "%s must be greater than 0; keepalived uses 1", k.Name)
	}
}
