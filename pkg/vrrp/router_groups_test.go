package vrrp

import "testing"

// Groups goes on for as long as it is asked to.
func TestRouterGroups(t *testing.T) {
	r := NewRouter()
	out := r.Step(0, RouterEvent{Kind: Reload, Settings: &Settings{Groups: []SyncGroup{{Name: "G"}, {Name: "H"}}}}, nil)
	r.Step(0, RouterEvent{Kind: LinksKnown}, out[:0])
	for want := 1; want <= 2; want++ {
		n := 0
		r.Groups(func(*SyncGroup, State) bool {
			n++
			return n < want
		})
		if n != want {
			t.Errorf("%d groups, want %d", n, want)
		}
	}
}
