package lvs

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
)

// Kind is what is the matter with a service or a real server in the kernel's
// table.
type Kind uint8

// The kinds. Missing, Foreign and Different are drift; Down and Sorry are what
// the health of the real servers makes of the table.
const (
	// Missing is configured, and not in the table.
	Missing Kind = iota + 1
	// Foreign is in the table, and not configured.
	Foreign
	// Different is in both, and not the same.
	Different
	// Down is a real server that its checks took out, or that the sorry server
	// stands in for.
	Down
	// Sorry is a sorry server in use.
	Sorry
)

// Kinds are all of them.
var Kinds = []Kind{Missing, Foreign, Different, Down, Sorry}

// String returns the kind as one stable word.
func (k Kind) String() string {
	names := [...]string{"missing", "foreign", "different", "down", "sorry"}
	if k < Missing || k > Sorry {
		return fmt.Sprintf("kind(%d)", uint8(k))
	}
	return names[k-Missing]
}

// MarshalJSON writes the word.
func (k Kind) MarshalJSON() ([]byte, error) { return json.Marshal(k.String()) }

// Drift reports whether the table is not what the configuration makes of it.
func (k Kind) Drift() bool { return k <= Different }

// Field is what differs, as one stable word.
type Field string

// The fields: those of a service, and those of a real server.
const (
	FieldScheduler   Field = "scheduler"
	FieldFlags       Field = "flags"
	FieldPersistence Field = "persistence"
	FieldNetmask     Field = "netmask"
	FieldEngine      Field = "engine"

	FieldForwarding     Field = "forwarding"
	FieldTunnel         Field = "tunnel"
	FieldWeight         Field = "weight"
	FieldUpperThreshold Field = "upper-threshold"
	FieldLowerThreshold Field = "lower-threshold"
)

// A Difference is one thing in which the kernel's table and a configuration do
// not agree.
type Difference struct {
	Kind    Kind
	Service ServiceID
	// Destination is the real server that it is about; the zero AddrPort is the
	// service itself.
	Destination netip.AddrPort
	// Field is set for Different only.
	Field Field
	// Want and Have are the values in words: of the field, or of the whole where
	// it is missing or foreign. Empty is none.
	Want, Have string
}

// A Comparison is what [Compare] finds.
type Comparison struct {
	// Differences are ordered by service, then by real server, the service itself
	// first.
	Differences []Difference
	Uncompared  []Uncompared
	// Services is how many of the configuration were compared.
	Services int
}

// Drift reports whether something is missing, foreign or different.
func (c Comparison) Drift() bool {
	return slices.ContainsFunc(c.Differences, func(d Difference) bool { return d.Kind.Drift() })
}

// Compare tells in what have, the kernel's table, is not what s asks for. What
// the failure of a check, or a lost quorum, makes of the table is no drift.
//
// The weight of a real server whose checks set it (misc_dynamic, FILE_CHECK) is
// not compared.
func Compare(s Settings, have Table) Comparison {
	var c Comparison
	services, left := s.expand()
	c.Uncompared, c.Services = left, len(services)
	wants := make(map[ServiceID]bool, len(services))
	for _, w := range services {
		wants[w.id] = true
		h, ok := have[w.id]
		if !ok {
			c.add(Difference{Kind: Missing, Service: w.id, Want: w.service(w.id).describe(len(w.Reals))})
			continue
		}
		c.service(w.id, w.service(w.id), h)
		c.destinations(w, h.Destinations)
	}
	for id, h := range have { // any order: sorted below
		if !wants[id] {
			c.add(Difference{Kind: Foreign, Service: id, Have: h.describe(len(h.Destinations))})
		}
	}
	slices.SortStableFunc(c.Differences, func(a, b Difference) int {
		return cmp.Or(a.Service.Compare(b.Service), a.Destination.Compare(b.Destination))
	})
	return c
}

func (c *Comparison) add(d Difference) { c.Differences = append(c.Differences, d) }

// field adds the difference of a field if there is one.
func (c *Comparison) field(id ServiceID, dest netip.AddrPort, f Field, want, have string) {
	if want != have {
		c.add(Difference{Kind: Different, Service: id, Destination: dest, Field: f, Want: want, Have: have})
	}
}

func (c *Comparison) service(id ServiceID, want, have Service) {
	field := func(f Field, want, have string) { c.field(id, netip.AddrPort{}, f, want, have) }
	field(FieldScheduler, want.Scheduler, have.Scheduler)
	field(FieldFlags, want.flags(), have.flags())
	field(FieldPersistence, seconds(want.Persistence), seconds(have.Persistence))
	if want.Persistence > 0 && have.Persistence > 0 { // else it has no effect
		field(FieldNetmask, netmask(want.Netmask), netmask(have.Netmask))
		field(FieldEngine, cmp.Or(want.Engine, "none"), cmp.Or(have.Engine, "none"))
	}
}

// destination compares one real server. weight says whether its weight counts.
func (c *Comparison) destination(id ServiceID, addr netip.AddrPort, want, have Destination, weight bool) {
	field := func(f Field, want, have string) { c.field(id, addr, f, want, have) }
	field(FieldForwarding, method(want.Forward), method(have.Forward))
	if want.Forward == TUN && have.Forward == TUN {
		field(FieldTunnel, want.Tunnel.describe(), have.Tunnel.describe())
	}
	if weight {
		field(FieldWeight, strconv.Itoa(want.Weight), strconv.Itoa(have.Weight))
	}
	field(FieldUpperThreshold, strconv.Itoa(want.UpperThreshold), strconv.Itoa(have.UpperThreshold))
	field(FieldLowerThreshold, strconv.Itoa(want.LowerThreshold), strconv.Itoa(have.LowerThreshold))
}

// destinations compares the real servers of one service.
func (c *Comparison) destinations(w wanted, have map[netip.AddrPort]Destination) {
	rest := maps.Clone(have)
	sorryAddr, sorryUsed := w.sorryUse(have)
	seen := map[netip.AddrPort]bool{}
	for _, r := range w.Reals {
		addr := r.at(w.id)
		if seen[addr] {
			continue
		}
		seen[addr] = true
		h, ok := have[addr]
		delete(rest, addr)
		switch want := r.destination(); {
		case sorryUsed && addr == sorryAddr: // which is one of them
		case !ok && (sorryUsed || r.checked() && (!r.Inhibit || r.Alpha)):
			c.add(Difference{Kind: Down, Service: w.id, Destination: addr, Want: want.describe()})
		case !ok:
			c.add(Difference{Kind: Missing, Service: w.id, Destination: addr, Want: want.describe()})
		case h.Weight == 0 && want.Weight > 0 && r.checked() && (r.Inhibit || r.dynamicWeight()):
			c.add(Difference{Kind: Down, Service: w.id, Destination: addr, Want: want.describe(), Have: h.describe()})
			c.destination(w.id, addr, want, h, false)
		default:
			c.destination(w.id, addr, want, h, !r.dynamicWeight())
		}
	}
	if w.Sorry != nil {
		c.sorry(w, sorryAddr, sorryUsed, have)
		if sorryUsed || w.SorryInhibit && have[sorryAddr].Weight == 0 {
			delete(rest, sorryAddr)
		}
	}
	for addr, h := range rest { // any order: the caller sorts
		c.add(Difference{Kind: Foreign, Service: w.id, Destination: addr, Have: h.describe()})
	}
}

// sorry compares the sorry server. It is wanted while no real server takes
// connections, and else if it is inhibited with weight 0.
func (c *Comparison) sorry(w wanted, addr netip.AddrPort, used bool, have map[netip.AddrPort]Destination) {
	h, ok := have[addr]
	want := w.Sorry.destination()
	switch {
	case used:
		c.add(Difference{Kind: Sorry, Service: w.id, Destination: addr, Want: want.describe(), Have: h.describe()})
		c.destination(w.id, addr, want, h, true)
	case ok && w.SorryInhibit && h.Weight == 0:
		c.destination(w.id, addr, want, h, false)
	case !ok && (w.SorryInhibit || w.canLoseQuorum() && !w.serving(have)):
		c.add(Difference{Kind: Missing, Service: w.id, Destination: addr, Want: want.describe()})
	}
}
