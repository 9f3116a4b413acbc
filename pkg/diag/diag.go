// Package diag describes what is wrong with a text, and where, as values.
//
// The language packages return diagnostics and print nothing; who called them
// decides what to show, to whom, and whether to go on.
package diag

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/kactl/kactl/pkg/escape"
)

// A Pos is a place in a file. Line and Column count from 1; Column counts
// bytes. The zero Pos is "no place known".
type Pos struct {
	Line, Column int
}

// A Range is a stretch of one file, from Start up to but not including End.
type Range struct {
	File       string
	Start, End Pos
}

// String returns FILE:LINE:COLUMN, or the file alone where no line is known.
func (r Range) String() string {
	if r.Start.Line == 0 {
		return r.File
	}
	return fmt.Sprintf("%s:%d:%d", r.File, r.Start.Line, r.Start.Column)
}

// Severity grades a diagnostic.
type Severity uint8

// The grades, from mild to grave. An error is something that keepalived
// refuses, drops or ignores; a warning is accepted and will hurt.
const (
	Info Severity = iota + 1
	Warning
	Error
)

// String returns the name that a user sees.
func (s Severity) String() string {
	switch s {
	case Info:
		return "info"
	case Warning:
		return "warning"
	case Error:
		return "error"
	}
	return fmt.Sprintf("severity(%d)", uint8(s))
}

// Related points at a second place that explains the first.
type Related struct {
	Range   Range
	Message string
}

// A Diagnostic is one finding.
type Diagnostic struct {
	Severity Severity
	// Rule is the stable name of what was found, such as "unknown-keyword".
	Rule  string
	Range Range
	// Message says what is wrong, in one line.
	Message string
	// Hint says what to write instead. It may be empty.
	Hint    string
	Related []Related
	// Fix rewrites the text, where one answer is safe: without asking, and
	// without changing what the configuration is meant to say. The edits are of
	// one file and do not overlap.
	Fix []Edit
}

// An Edit puts New in the place of what is in Range. A Range without length
// inserts.
type Edit struct {
	Range Range
	New   string
}

// String returns the finding in one line:
// FILE:LINE:COLUMN: severity: message [rule].
func (d Diagnostic) String() string {
	return escape.Line(fmt.Sprintf("%s: %s: %s [%s]", d.Range, d.Severity, d.Message, d.Rule))
}

// Max returns the gravest severity among ds, or 0 if there is none.
func Max(ds []Diagnostic) Severity {
	var m Severity
	for _, d := range ds {
		m = max(m, d.Severity)
	}
	return m
}

// Sort orders ds by line and column within each file. The files come in the
// order given, others behind them as they appear.
func Sort(ds []Diagnostic, files ...string) {
	order := map[string]int{}
	for _, f := range files {
		if _, ok := order[f]; !ok {
			order[f] = len(order)
		}
	}
	for _, d := range ds {
		if _, ok := order[d.Range.File]; !ok {
			order[d.Range.File] = len(order)
		}
	}
	slices.SortStableFunc(ds, func(a, b Diagnostic) int {
		return cmp.Or(
			cmp.Compare(order[a.Range.File], order[b.Range.File]),
			cmp.Compare(a.Range.Start.Line, b.Range.Start.Line),
			cmp.Compare(a.Range.Start.Column, b.Range.Start.Column),
		)
	})
}
