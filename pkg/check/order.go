package check

import (
	"cmp"
	"reflect"
	"slices"

	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/lint"
	"github.com/kactl/kactl/pkg/syntax"
)

// ordered returns ds by place, and of two that are the same one. An included
// file that several nodes share yields its findings with each of them.
func ordered(ds []diag.Diagnostic, nodes []*lint.Node) []diag.Diagnostic {
	order := map[string]int{}
	for _, n := range nodes {
		for _, f := range append([]string{n.Name}, n.Files...) {
			if _, ok := order[f]; !ok {
				order[f] = len(order)
			}
		}
	}
	slices.SortStableFunc(ds, func(a, b diag.Diagnostic) int {
		x, y := a.Range, b.Range
		return cmp.Or(
			cmp.Compare(order[x.File], order[y.File]),
			cmp.Compare(x.Start.Line, y.Start.Line),
			cmp.Compare(x.Start.Column, y.Start.Column),
			cmp.Compare(b.Severity, a.Severity),
			cmp.Compare(a.Rule, b.Rule),
			cmp.Compare(a.Message, b.Message),
			cmp.Compare(x.End.Line, y.End.Line),
			cmp.Compare(x.End.Column, y.End.Column),
			slices.CompareFunc(a.Related, b.Related, func(a, b diag.Related) int {
				return cmp.Or(cmp.Compare(a.Range.String(), b.Range.String()), cmp.Compare(a.Message, b.Message))
			}),
		)
	})
	return slices.CompactFunc(ds, same)
}

// told leaves out what another finding at the same place tells better: that a
// program is not there, where the shell's language is why.
func told(ds []diag.Diagnostic) []diag.Diagnostic {
	better := map[diag.Range]bool{}
	for _, d := range ds {
		if d.Rule == "script-shell" {
			better[d.Range] = true
		}
	}
	return slices.DeleteFunc(ds, func(d diag.Diagnostic) bool { return d.Rule == "script-not-found" && better[d.Range] })
}

// same reports whether a and b are one finding. Of a file that several include
// it does not matter which of them was read.
func same(a, b diag.Diagnostic) bool {
	a.Related, b.Related = slices.Clone(a.Related), slices.Clone(b.Related)
	included := func(r diag.Related) bool { return r.Message == syntax.IncludedHere }
	a.Related, b.Related = slices.DeleteFunc(a.Related, included), slices.DeleteFunc(b.Related, included)
	if len(a.Related) == 0 && len(b.Related) == 0 {
		a.Related, b.Related = nil, nil
	}
	return reflect.DeepEqual(a, b)
}
