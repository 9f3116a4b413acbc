package diag

import (
	"cmp"
	"slices"
	"strings"
)

// Apply returns text with the edits made, whatever file they name, and how many
// of them were. One that overlaps another before it, or is not within the text,
// is left out.
func Apply(text string, edits []Edit) (string, int) {
	lines := lineStarts(text)
	sorted := slices.Clone(edits)
	slices.SortStableFunc(sorted, func(a, b Edit) int {
		return cmp.Or(cmp.Compare(a.Range.Start.Line, b.Range.Start.Line), cmp.Compare(a.Range.Start.Column, b.Range.Start.Column))
	})
	var b strings.Builder
	done, made := 0, 0
	for _, e := range sorted {
		from, ok1 := offset(text, lines, e.Range.Start)
		to, ok2 := offset(text, lines, e.Range.End)
		if !ok1 || !ok2 || to < from || from < done {
			continue
		}
		b.WriteString(text[done:from])
		b.WriteString(e.New)
		done, made = to, made+1
	}
	b.WriteString(text[done:])
	return b.String(), made
}

// Overlaps reports whether e touches text that one of others replaces.
func (e Edit) Overlaps(others []Edit) bool {
	return slices.ContainsFunc(others, func(o Edit) bool {
		return e.Range.Start.before(o.Range.End) && o.Range.Start.before(e.Range.End) || e.Range.Start == o.Range.Start
	})
}

func (p Pos) before(q Pos) bool {
	return p.Line < q.Line || p.Line == q.Line && p.Column < q.Column
}

// lineStarts are the offsets at which the lines of text start.
func lineStarts(text string) []int {
	starts := []int{0}
	for i := range len(text) {
		if text[i] == '\n' {
			starts = append(starts, i+1)
		}
	}
	return starts
}

func offset(text string, lines []int, p Pos) (int, bool) {
	if p.Line < 1 || p.Line > len(lines) || p.Column < 1 {
		return 0, false
	}
	end := len(text)
	if p.Line < len(lines) {
		end = lines[p.Line] - 1
	}
	at := lines[p.Line-1] + p.Column - 1
	return at, at <= end
}
