package diag_test

import (
	"testing"

	"github.com/kactl/kactl/pkg/diag"
)

func TestApply(t *testing.T) {
	edit := func(line, from, to int, text string) diag.Edit {
		return diag.Edit{Range: diag.Range{Start: diag.Pos{Line: line, Column: from}, End: diag.Pos{Line: line, Column: to}}, New: text}
	}
	const text = "one two\nthree\n"
	for _, tt := range []struct {
		name  string
		edits []diag.Edit
		want  string
		made  int
	}{
		{"nothing", nil, text, 0},
		{"replace", []diag.Edit{edit(1, 5, 8, "2")}, "one 2\nthree\n", 1},
		{"out of order", []diag.Edit{edit(2, 1, 6, "3"), edit(1, 1, 4, "1")}, "1 two\n3\n", 2},
		{"insert at the ends", []diag.Edit{edit(1, 1, 1, "<"), edit(2, 6, 6, ">"), edit(3, 1, 1, "end")}, "<one two\nthree>\nend", 3},
		{"overlap", []diag.Edit{edit(1, 1, 5, "1"), edit(1, 3, 8, "x"), edit(1, 5, 8, "2")}, "12\nthree\n", 2},
		{"outside", []diag.Edit{edit(0, 1, 1, "x"), edit(4, 1, 1, "x"), edit(1, 9, 10, "x"), edit(1, 0, 1, "x"), edit(1, 3, 2, "x")}, text, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, made := diag.Apply(text, tt.edits)
			if got != tt.want || made != tt.made {
				t.Errorf("got %q and %d, want %q and %d", got, made, tt.want, tt.made)
			}
		})
	}
}

func TestOverlaps(t *testing.T) {
	edit := func(from, to int) diag.Edit {
		return diag.Edit{Range: diag.Range{Start: diag.Pos{Line: 1, Column: from}, End: diag.Pos{Line: 1, Column: to}}}
	}
	for _, tt := range []struct {
		a, b diag.Edit
		want bool
	}{
		{edit(1, 3), edit(3, 5), false}, {edit(3, 5), edit(1, 3), false}, {edit(1, 4), edit(3, 5), true},
		{edit(3, 5), edit(1, 9), true}, {edit(2, 2), edit(2, 2), true}, {edit(2, 2), edit(2, 5), true},
	} {
		if got := tt.a.Overlaps([]diag.Edit{tt.b}); got != tt.want {
			t.Errorf("%v and %v: %v", tt.a.Range, tt.b.Range, got)
		}
	}
}
