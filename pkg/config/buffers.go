package config

import (
	"slices"
	"strings"

	"github.com/kactl/kactl/pkg/syntax"
)

// Buffer is the receive buffer of a socket.
type Buffer struct {
	// Size is in bytes; 0 is the kernel's default.
	Size int
	// Force lets Size be greater than net.core.rmem_max.
	Force bool
}

// Buffers are those of netlink and of the connector that tells of processes.
type Buffers struct {
	VRRPCommand, VRRPMonitor, LVSCommand, LVSMonitor, Processes Buffer
}

// RxBuffers sizes the sockets that adverts arrive at.
type RxBuffers struct {
	Policy RxPolicy
	// Size is in bytes, with RxSize.
	Size int
	// Multiplier is how many packets of each instance there must be room for,
	// with RxMTU and RxAdvert.
	Multiplier int
}

// RxPolicy is what the size of a buffer follows from.
type RxPolicy string

// The policies. RxSystem is net.core.rmem_default.
const (
	RxSystem RxPolicy = ""
	RxMTU    RxPolicy = "MTU"
	RxAdvert RxPolicy = "ADVERT"
	RxSize   RxPolicy = "SIZE"
)

func bufferKeywords() []Keyword {
	of := func(name, what string, b func(*Buffers) *Buffer) []Keyword {
		return []Keyword{
			{Name: name, Args: "BYTES", Default: "that of the kernel", Unit: "B", Limits: whole(0, 4294967295), decode: count(in(func(g *Global) *int { return &b(&g.Buffers).Size })),
				Doc: "receive buffer of " + what},
			{Name: name + "_force", Args: "[BOOL]", Default: "off", decode: toggle(in(func(g *Global) *bool { return &b(&g.Buffers).Force })),
				Doc: "let " + name + " exceed net.core.rmem_max"},
		}
	}
	return slices.Concat(
		of("vrrp_netlink_cmd_rcv_bufs", "VRRP's netlink requests", func(b *Buffers) *Buffer { return &b.VRRPCommand }),
		of("vrrp_netlink_monitor_rcv_bufs", "VRRP's netlink messages", func(b *Buffers) *Buffer { return &b.VRRPMonitor }),
		of("lvs_netlink_cmd_rcv_bufs", "the checks' netlink requests", func(b *Buffers) *Buffer { return &b.LVSCommand }),
		of("lvs_netlink_monitor_rcv_bufs", "the checks' netlink messages", func(b *Buffers) *Buffer { return &b.LVSMonitor }),
		of("process_monitor_rcv_bufs", "the messages about processes", func(b *Buffers) *Buffer { return &b.Processes }),
		[]Keyword{
			{Name: "vrrp_rx_bufs_policy", Args: "MTU|ADVERT|BYTES", Default: "the kernel's size", Unit: "B", Limits: whole(0, 4294967295), decode: (*decoder).rxPolicy,
				Doc: "receive buffer for adverts: room for packets of each instance, or bytes"},
			{Name: "vrrp_rx_bufs_multiplier", Args: "NUMBER", Default: "3", Limits: whole(1, 4294967295), decode: count(in(func(g *Global) *int { return &g.RxBuffers.Multiplier })),
				Doc: "packets of each instance that vrrp_rx_bufs_policy makes room for"},
		})
}

// rxPolicy reads one word. Of several, keepalived takes the first.
func (d *decoder) rxPolicy(k *Keyword, s *syntax.Statement) {
	if !d.valued(k, s) {
		return
	}
	p := &d.config.Global.RxBuffers
	for i, w := range s.Args() {
		policy, size := RxPolicy(strings.ToUpper(w.Text)), 0
		if policy != RxMTU && policy != RxAdvert {
			n, ok := d.numberAt(k.Limits, s.AtArg(i), k.Name, w.Text, "ignores it")
			if !ok {
				return
			}
			policy, size = RxSize, int(n)
		}
		switch {
		case i == 0:
			p.Policy, p.Size = policy, size
		case policy != p.Policy:
			d.fault("extra-words", s.AtArg(i), "%s takes one of %s; keepalived ignores %s", k.Name, k.Args, clip(w.Text))
			return
		}
	}
}
