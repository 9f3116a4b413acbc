package netstate

import (
	"cmp"
	"slices"
)

// An op changes one thing on an interface.
type op struct {
	remove bool
	item   *Item
	entry  *entry
}

// difference appends to ops what makes the entries what they should be, given
// what is known of them: removals first, those of the last kind before all
// others, then additions, those of the first kind before all others. Of one kind
// they are in the order of the entries. What should be there in another form is
// removed and added.
func difference(entries []*entry, ops []op) []op {
	start := len(ops)
	for _, e := range entries {
		item := e.desired()
		if item == nil && e.state != absent || item != nil && e.replaced(item) {
			ops = append(ops, op{remove: true, item: e.item, entry: e})
		}
	}
	sortOps(ops[start:], func(a, b op) int { return cmp.Compare(b.item.Kind, a.item.Kind) })
	start = len(ops)
	for _, e := range entries {
		if item := e.desired(); item != nil && (e.state != present || e.verify || e.replaced(item)) {
			ops = append(ops, op{item: item, entry: e})
		}
	}
	sortOps(ops[start:], func(a, b op) int { return cmp.Compare(a.item.Kind, b.item.Kind) })
	return ops
}

func sortOps(ops []op, compare func(a, b op) int) {
	if !slices.IsSortedFunc(ops, compare) {
		slices.SortStableFunc(ops, compare)
	}
}

// replaced says that the entry is there, or may be, in another form than item, in
// which it should be. Of what a predecessor has left the form is not known.
func (e *entry) replaced(item *Item) bool {
	return e.state != absent && e.formed && !same(e.item, item)
}

// run returns how many of the ops, from the first on, can be done together.
func run(ops []op) int {
	for n, o := range ops {
		if o.remove != ops[0].remove || o.item.Kind != ops[0].item.Kind {
			return n
		}
	}
	return len(ops)
}
