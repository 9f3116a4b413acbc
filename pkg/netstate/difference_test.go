package netstate

import (
	"fmt"
	"strings"
	"testing"
)

// of makes an entry that is in that state, as item, and that each of the others
// is wanted as.
func of(s state, item Item, wanted ...Item) *entry {
	e := &entry{key: item.key(), state: s, item: &item, formed: s == present}
	for _, w := range wanted {
		e.refs = append(e.refs, ref{claim: &claim{now: decision{held: true}}, item: &w})
	}
	return e
}

func labelled(host int, label string) Item {
	i := vip(host)
	i.Address.Label = label
	return i
}

func TestDifference(t *testing.T) {
	early, late := KindAddress, KindAddress+1
	kind := func(host int, k Kind) Item {
		i := vip(host)
		i.Kind = k
		return i
	}
	verify := of(present, vip(1), vip(1))
	verify.verify = true
	idle := of(present, vip(1), vip(1))
	idle.refs[0].claim.now.held = false
	free := vip(1)
	free.Address.NoTrack, free.Address.TrackGroup = true, "g"
	for _, tt := range []struct {
		name    string
		entries []*entry
		want    string
	}{
		{"nothing", nil, ""},
		{"wanted, absent", []*entry{of(absent, vip(1), vip(1))}, "+1"},
		{"wanted, unknown", []*entry{of(unknown, vip(1), vip(1))}, "+1"},
		{"wanted, there", []*entry{of(present, vip(1), vip(1))}, ""},
		{"wanted, there, in doubt", []*entry{verify}, "+1"},
		{"not wanted, absent", []*entry{of(absent, vip(1))}, ""},
		{"not wanted, unknown: a predecessor's", []*entry{of(unknown, vip(1))}, "-1"},
		{"not wanted, there", []*entry{of(present, vip(1))}, "-1"},
		{"there, its owner does not hold it", []*entry{idle}, "-1"},
		{"a predecessor's, in another form", []*entry{of(unknown, labelled(1, "a"), labelled(1, "b"))}, "+1b"},
		{"in another form", []*entry{of(present, labelled(1, "a"), labelled(1, "b"))}, "-1a +1b"},
		{"two forms, one of them there", []*entry{of(present, labelled(1, "b"), labelled(1, "a"), labelled(1, "b"))}, ""},
		{"two forms, none there", []*entry{of(absent, vip(1), labelled(1, "a"), labelled(1, "b"))}, "+1a"},
		{"what is not the kernel's", []*entry{of(present, vip(1), free)}, ""},
		{"removals first, in order", []*entry{
			of(absent, vip(1), vip(1)), of(present, vip(2)), of(absent, vip(3), vip(3)), of(present, vip(4)),
		}, "-2 -4 +1 +3"},
		{"kinds in order", []*entry{
			of(absent, kind(1, late), kind(1, late)), of(absent, kind(2, early), kind(2, early)),
			of(present, kind(3, early)), of(present, kind(4, late)),
		}, "-4 -3 +2 +1"},
	} {
		var got []string
		for _, o := range difference(tt.entries, nil) {
			verb := "+"
			if o.remove {
				verb = "-"
			}
			got = append(got, fmt.Sprint(verb, short(o.item.Address.Prefix.Addr()), o.item.Address.Label))
		}
		if s := strings.Join(got, " "); s != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, s, tt.want)
		}
	}
}

func TestRun(t *testing.T) {
	one := vip(1)
	add, remove, other := op{item: &one}, op{remove: true, item: &one}, op{item: &Item{Kind: KindAddress + 1}}
	for _, tt := range []struct {
		ops  []op
		want int
	}{
		{nil, 0}, {[]op{add}, 1}, {[]op{add, add}, 2}, {[]op{remove, add}, 1}, {[]op{remove, remove, add, add}, 2}, {[]op{add, other}, 1},
	} {
		if got := run(tt.ops); got != tt.want {
			t.Errorf("%v: %d, want %d", tt.ops, got, tt.want)
		}
	}
}
