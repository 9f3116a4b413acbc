package vrrpd

import (
	"log/slog"
	"net/netip"
	"testing"

	"github.com/kactl/kactl/pkg/vrrp"
)

// TestListensTo tells instances of one VRID on one interface apart: by the group,
// by the peer, and by the own address where the peer is the same.
func TestListensTo(t *testing.T) {
	addr := netip.MustParseAddr
	group, other := addr("224.0.0.18"), addr("224.0.0.19")
	peer, stranger := addr("192.0.2.2"), addr("192.0.2.9")
	own, second := addr("192.0.2.1"), addr("192.0.2.3")
	unicast := func(source netip.Addr) vrrp.Instance {
		return vrrp.Instance{Source: source, Peers: []vrrp.Peer{{Addr: peer, MaxTTL: 255}}}
	}
	for _, c := range []struct {
		name     string
		cfg      vrrp.Instance
		src, dst netip.Addr
		alone    bool
		want     bool
	}{
		{"its group", vrrp.Instance{Group: other}, peer, other, false, true},
		{"another group", vrrp.Instance{Group: other}, peer, group, false, false},
		{"another group, alone", vrrp.Instance{Group: other}, peer, group, true, false},
		{"its peer", unicast(netip.Addr{}), peer, own, false, true},
		{"a stranger", unicast(netip.Addr{}), stranger, own, false, false},
		{"a stranger, alone", unicast(netip.Addr{}), stranger, own, true, true},
		{"its peer, at its source", unicast(own), peer, own, false, true},
		{"its peer, at another address", unicast(own), peer, second, false, false},
		{"its peer, at another address, alone", unicast(own), peer, second, true, true},
		{"multicast to one of unicast", unicast(own), peer, group, true, false},
	} {
		i := newInstance(&c.cfg, slog.New(slog.DiscardHandler))
		i.machine.Step(0, vrrp.Event{Kind: vrrp.SourceChanged, From: c.cfg.Source}, nil)
		if got := i.listensTo(c.src, c.dst, c.alone); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}
