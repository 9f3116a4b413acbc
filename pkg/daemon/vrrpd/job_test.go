package vrrpd

import "testing"

func TestRunOf(t *testing.T) {
	for _, tt := range []struct {
		name string
		jobs []jobKind
		want int
	}{
		{"nothing", nil, 0},
		{"one", []jobKind{add}, 1},
		{"many instances take over", []jobKind{add, tell, add, tell, ensure, restore, tell}, 7},
		{"many give way", []jobKind{remove, tell, remove, tell}, 4},
		{"an addition is not undone in one go", []jobKind{add, tell, remove, tell}, 2},
		{"a removal is not", []jobKind{remove, add}, 1},
		{"an announcement goes with an addition", []jobKind{add, announce, tell, add}, 4},
		{"what is announced first is announced before the next change", []jobKind{announce, add}, 1},
		{"what is told first is told before the next change", []jobKind{tell, tell, remove, tell}, 2},
	} {
		jobs := make([]job, len(tt.jobs))
		for n, k := range tt.jobs {
			jobs[n].kind = k
		}
		if got := runOf(jobs); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
	}
}
