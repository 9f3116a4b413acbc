package config

import (
	"slices"
	"strings"

	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/syntax"
)

// states are the keywords of which a block usually has each once.
var states = []string{"notify_master", "notify_backup", "notify_fault"}

// A spot is where a finding starts.
type spot struct {
	file string
	pos  diag.Pos
}

// hintRepeats says what to do about keywords that a block has twice. That takes
// the whole block.
func (d *decoder) hintRepeats(tree *syntax.Tree) {
	at := map[spot]*diag.Diagnostic{}
	for i := range d.diagnostics {
		if x := &d.diagnostics[i]; x.Rule == "duplicate-keyword" && x.Hint == "" {
			at[spot{x.Range.File, x.Range.Start}] = x
		}
	}
	if len(at) > 0 {
		hintRepeatsIn(tree.Body, at)
	}
}

func hintRepeatsIn(body []*syntax.Statement, at map[spot]*diag.Diagnostic) {
	for _, s := range body {
		hintRepeatsIn(s.Body(), at)
		x := at[spot{s.File, s.AtName().Start}]
		switch {
		case x == nil:
		case x.Severity == diag.Error: // the program of a state
			x.Hint = hintRepeat(s.Name(), body)
		default:
			x.Hint = "remove one of them; the last one counts"
		}
	}
}

// hintRepeat names the state that body has no program for, if name is of one.
func hintRepeat(name string, body []*syntax.Statement) string {
	var lacks []string
	for _, other := range states {
		if !slices.ContainsFunc(body, func(s *syntax.Statement) bool { return s.Name() == other }) {
			lacks = append(lacks, other)
		}
	}
	if len(lacks) == 0 || !slices.Contains(states, name) {
		return "remove one of them"
	}
	return "did you mean " + strings.Join(lacks, " or ") + "?"
}
