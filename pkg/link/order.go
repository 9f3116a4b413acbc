package link

import (
	"net/netip"

	"github.com/kactl/kactl/pkg/iproute"
)

// A step of a removal either removes one address of a list, or puts one back
// that is none of ours.
type step struct {
	remove  int
	restore *address
}

// planRemoval returns the steps that remove from an interface, whose addresses
// there are in the kernel's order, those addresses of list that wanted names by
// index, and no other. What is not there is removed all the same: the kernel's
// answer counts.
func planRemoval(there []address, list []iproute.Address, wanted []int) []step {
	found := make(map[netip.Prefix]*address, len(there))
	for k := range there {
		found[there[k].prefix] = &there[k]
	}
	going := make(map[netip.Prefix]bool, len(wanted))
	var steps []step
	var primaries []int
	for _, i := range wanted {
		prefix := list[i].Prefix
		going[prefix] = true
		if a := found[prefix]; a != nil && !a.secondary {
			primaries = append(primaries, i)
		} else {
			steps = append(steps, step{remove: i})
		}
	}
	for _, i := range primaries {
		steps = append(steps, step{remove: i})
		primary := found[list[i].Prefix]
		for k := range there {
			a := &there[k]
			if a.secondary && a.subnet() == primary.subnet() && !going[a.prefix] {
				steps = append(steps, step{restore: a})
			}
		}
	}
	return steps
}

// subnet is what the kernel compares to find the primary address that a
// secondary one goes with.
func (a *address) subnet() netip.Prefix {
	return netip.PrefixFrom(a.peer, a.prefix.Bits()).Masked()
}
