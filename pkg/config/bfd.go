package config

import (
	"strings"
	"time"

	"github.com/kactl/kactl/pkg/bfd"
	"github.com/kactl/kactl/pkg/syntax"
)

func bfdKeywords() []Keyword {
	neighbor := Keyword{Name: "neighbor_ip", Args: "ADDRESS", repeats: true, decode: (*decoder).bfdNeighbor,
		Doc: "address of the other end"}
	neighbour := neighbor
	neighbour.Name, neighbour.Doc = "neighbour_ip", "the same as neighbor_ip"
	ttl := Keyword{Name: "ttl", Args: "1..255", Need: 1, Default: "255 over IPv4, 64 over IPv6", Limits: whole(1, 255), Doc: "TTL or hop limit of the packets",
		decode: bfdNumber(func(b *bfd.Instance, n int) { b.TTL = uint8(n) })}
	hops := ttl
	hops.Name, hops.Doc = "hoplimit", "the same as ttl"
	return []Keyword{
		neighbor, neighbour,
		{Name: "source_ip", Args: "ADDRESS", Need: 1, Default: "the system's choice", decode: (*decoder).bfdSource,
			Doc: "address to send from"},
		{Name: "min_rx", Args: "MILLISECONDS", Need: 1, Default: "10", Unit: "ms", Limits: decimal(1, 4294967), decode: bfdTime(func(b *bfd.Instance) *time.Duration { return &b.MinRx }),
			Doc: "least interval at which packets may come in"},
		{Name: "min_tx", Args: "MILLISECONDS", Need: 1, Default: "10", Unit: "ms", Limits: decimal(1, 4294967), decode: bfdTime(func(b *bfd.Instance) *time.Duration { return &b.MinTx }),
			Doc: "least interval at which packets are sent"},
		{Name: "idle_tx", Args: "MILLISECONDS", Need: 1, Default: "1000", Unit: "ms", Limits: decimal(1000, 4294967), decode: bfdTime(func(b *bfd.Instance) *time.Duration { return &b.IdleTx }),
			Doc: "interval at which packets are sent while the session is not up"},
		{Name: "multiplier", Args: "1..255", Need: 1, Default: "5", Limits: whole(1, 255), decode: bfdNumber(func(b *bfd.Instance, n int) { b.Multiplier = n }),
			Doc: "packets that may be missing until the session is down"},
		ttl, hops,
		{Name: "max_hops", Args: "-1..255", Need: 1, Default: "0", Limits: whole(-1, 255), decode: bfdNumber(func(b *bfd.Instance, n int) { b.MaxHops = int(uint8(n)) }), // -1 is 255
			Doc: "how far the TTL of a received packet may have gone down; 255 and -1 do not look"},
		{Name: "multihop", Since: "2.4", decode: bfdFlag(func(b *bfd.Instance) *bool { return &b.Multihop }),
			Doc: "speak to a neighbor that is not on the link (RFC 5883)"},
		{Name: "passive", decode: bfdFlag(func(b *bfd.Instance) *bool { return &b.Passive }),
			Doc: "wait for the neighbor's first packet"},
		{Name: "weight", Args: "-253..253 [reverse]", Need: 1, Default: "0", Limits: whole(-253, 253), decode: (*decoder).bfdWeight,
			Doc: weightDoc},
		{Name: "vrrp", Default: "vrrp and checker", decode: bfdFlag(func(b *bfd.Instance) *bool { return &b.VRRP }),
			Doc: "tell VRRP of changes, and nobody else"},
		{Name: "checker", Default: "vrrp and checker", decode: bfdFlag(func(b *bfd.Instance) *bool { return &b.Checker }),
			Doc: "tell the checks of changes, and nobody else"},
	}
}

const bfdNameSize = 31

func (d *decoder) bfdInstance(k *Keyword, s *syntax.Statement) {
	name := s.Arg(0)
	switch {
	case len(s.Args()) == 0:
		d.fault("value", s.Range(), "%s without a name; keepalived crashes", k.Name).Hint = "write " + k.Name + " NAME"
		return
	case len(name) > bfdNameSize:
		d.fault("value", s.AtArg(0), "%s has more than %d characters; keepalived ignores the block", clip(name), bfdNameSize)
		return
	case d.bfdNamed[name]:
		d.fault("duplicate-block", s.AtArg(0), "there is a bfd_instance %s already; keepalived ignores this one", clip(name))
		return
	}
	d.bfd = &bfd.Instance{Name: name, MinRx: 10 * time.Millisecond, MinTx: 10 * time.Millisecond, IdleTx: time.Second, Multiplier: 5}
	d.inside(k, s, k.Name, name)
	if d.bfd != nil && !d.stop {
		d.endBFD(s)
	}
	d.bfd = nil
}

// endBFD keeps the instance if it is complete.
func (d *decoder) endBFD(s *syntax.Statement) {
	b, end := d.bfd, d.endOf(s)
	switch {
	case !b.Neighbor.IsValid():
		d.fault("no-neighbor", end, "bfd_instance %s has no neighbor_ip; keepalived ignores it", b.Name).Hint = "write neighbor_ip ADDRESS"
		return
	case b.Source.IsValid() && b.Source.Is4() != b.Neighbor.Is4():
		d.fault("address-family", end, "source_ip %s and neighbor_ip %s of bfd_instance %s are of two families; keepalived ignores it", b.Source, b.Neighbor, b.Name)
		return
	case d.bfdNeighbors[b.Neighbor]:
		d.fault("duplicate-neighbor", end, "another bfd_instance has neighbor_ip %s; keepalived ignores %s", b.Neighbor, b.Name)
		return
	}
	if b.TTL == 0 && b.Neighbor.Is4() {
		b.TTL = 255
	} else if b.TTL == 0 {
		b.TTL = 64
	}
	if b.MaxHops > int(b.TTL) {
		d.fault("number", end, "max_hops %d is greater than the ttl; keepalived uses %d", b.MaxHops, b.TTL)
		b.MaxHops = int(b.TTL)
	}
	if !b.VRRP && !b.Checker {
		b.VRRP, b.Checker = true, true
	}
	d.config.BFD.Instances = append(d.config.BFD.Instances, *b)
	d.bfdNamed[b.Name], d.bfdNeighbors[b.Neighbor] = true, true
}

// bfdNeighbor reads the address. Without it keepalived reads no more of the
// block.
func (d *decoder) bfdNeighbor(k *Keyword, s *syntax.Statement) {
	if d.bfd == nil {
		return
	}
	if len(s.Args()) == 0 {
		d.fault("value", s.Range(), "%s without an address; keepalived crashes", k.Name).Hint = "write " + k.Name + " " + k.Args
		return
	}
	a, ok := hostAddress(s.Arg(0))
	if !ok {
		d.fault("address", s.AtArg(0), "%s is not an IP address; keepalived ignores the block", clip(s.Arg(0)))
		d.bfd = nil
		return
	}
	d.bfd.Neighbor = a
}

func (d *decoder) bfdSource(k *Keyword, s *syntax.Statement) {
	if d.bfd == nil {
		return
	}
	a, ok := hostAddress(s.Arg(0))
	if !ok {
		d.fault("address", s.AtArg(0), "%s is not an IP address; keepalived ignores %s", clip(s.Arg(0)), k.Name)
		return
	}
	d.bfd.Source = a
}

func bfdNumber(set func(*bfd.Instance, int)) decoding {
	return func(d *decoder, k *Keyword, s *syntax.Statement) {
		if d.bfd == nil {
			return
		}
		if n, ok := d.integer(k, s, "ignores it"); ok {
			set(d.bfd, n)
		}
	}
}

// bfdTime reads milliseconds, down to a microsecond.
func bfdTime(field func(*bfd.Instance) *time.Duration) decoding {
	return func(d *decoder, k *Keyword, s *syntax.Statement) {
		if d.bfd == nil {
			return
		}
		n, ok := d.number(k, s, "ignores it")
		if !ok {
			return
		}
		if _, decimals, _ := strings.Cut(s.Arg(0), "."); len(decimals) > 3 {
			d.fault("number", s.AtArg(0), "%s has more than three decimals; keepalived cuts them", k.Name)
		}
		*field(d.bfd) = time.Duration(n*1000) * time.Microsecond
	}
}

func bfdFlag(field func(*bfd.Instance) *bool) decoding {
	return func(d *decoder, _ *Keyword, _ *syntax.Statement) {
		if d.bfd != nil {
			*field(d.bfd) = true
		}
	}
}

func (d *decoder) bfdWeight(k *Keyword, s *syntax.Statement) {
	if d.bfd == nil {
		return
	}
	n, ok := d.integer(k, s, "ignores it")
	if !ok {
		return
	}
	d.bfd.Weight, d.bfd.Reverse = n, s.Arg(1) == "reverse"
	if s.Arg(1) != "" && !d.bfd.Reverse {
		d.fault("value", s.AtArg(1), "unknown word %q behind the weight; keepalived ignores it", clip(s.Arg(1))).Hint = "write reverse, or nothing"
	}
}
