package config

import (
	"slices"
	"strings"

	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/syntax"
)

// absences are the rules that miss something in a block, or above a line of it.
var absences = []string{
	"auth-pass", "empty-block", "no-address", "no-bfd-name", "no-file", "no-interface", "no-method", "no-neighbor", "no-path", "no-port", "no-priority",
	"no-process", "no-protocol", "no-real-server", "no-scheduler", "no-sorry-server", "no-track-file", "no-unicast-peer", "no-url", "no-user",
	"no-virtual-router-id", "scheduler-flag", "script-missing", "sync-group-size", "vmac",
}

// dropAbsences takes out what a block is found to lack where something else is
// wrong in it: most often that is what is missing. It is for [syntax.Intent].
func (d *decoder) dropAbsences(body []*syntax.Statement, found []diag.Diagnostic) []diag.Diagnostic {
	if d.policy != syntax.Intent || !slices.ContainsFunc(found, absent) {
		return found
	}
	var wrong []diag.Diagnostic
	for _, x := range found {
		if x.Severity == diag.Error && !absent(x) {
			wrong = append(wrong, x)
		}
	}
	return slices.DeleteFunc(found, func(x diag.Diagnostic) bool {
		if !absent(x) {
			return false
		}
		if x.Rule == "no-user" && slices.ContainsFunc(wrong, func(w diag.Diagnostic) bool {
			return w.Rule == "unknown-user" || strings.Contains(w.Message, "script_user") || strings.Contains(w.Hint, "script_user")
		}) {
			return true
		}
		b := blockAt(body, x.Range)
		return b != nil && slices.ContainsFunc(wrong, func(w diag.Diagnostic) bool { return covers(b, w.Range) })
	})
}

func absent(x diag.Diagnostic) bool { return slices.Contains(absences, x.Rule) }

// blockAt returns the innermost block of body that at is in, or is the head or
// the end of.
func blockAt(body []*syntax.Statement, at diag.Range) *syntax.Statement {
	for _, s := range body {
		if s.Block == nil || !covers(s, at) {
			continue
		}
		if inner := blockAt(s.Body(), at); inner != nil {
			return inner
		}
		return s
	}
	return nil
}

// covers reports whether at is in the block s: between its braces, or in a file
// that is included there.
func covers(s *syntax.Statement, at diag.Range) bool {
	if s.File == at.File {
		last := s.Block.Close
		return s.Line <= at.Start.Line && (last.File != s.File || at.Start.Line <= last.Start.Line)
	}
	return slices.ContainsFunc(s.Body(), func(c *syntax.Statement) bool {
		return c.File == at.File && c.Line == at.Start.Line || c.Block != nil && covers(c, at)
	})
}
