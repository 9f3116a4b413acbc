// Package lint finds in a keepalived.conf what keepalived accepts and what will
// hurt all the same: in one file, and between the files of a cluster's nodes.
//
// A rule is one file here, with its documentation beside its code and cases of
// its own in testdata/NAME: what it must find and what it must leave alone.
// [Rules] is the registry, in the order of the listing; it documents the
// findings of packages syntax and config too, which have names like any other.
package lint

import (
	"fmt"
	"slices"

	"github.com/kactl/kactl/pkg/config"
	"github.com/kactl/kactl/pkg/diag"
)

// A Rule is one kind of mistake.
type Rule struct {
	// Name is stable, in lower case with dashes: "duplicate-vrid".
	Name string
	// Severity is that of its findings, unless one of them has another.
	Severity diag.Severity
	// Doc says in one line what is wrong, without a full stop.
	Doc string
	// Why says what happens to who leaves it so, and what to write instead.
	Why string
	// Bad and Good are short configurations with and without the mistake.
	Bad, Good string

	// Node looks at one file. It is nil for a rule about several, and for one
	// that the language itself finds.
	Node func(*Node) []diag.Diagnostic
	// Cluster compares the nodes of a cluster, of which there are at least two.
	Cluster func([]*Node) []diag.Diagnostic
}

// A Node is the configuration of one machine.
type Node struct {
	// Name is what the user called the file.
	Name string
	*config.Result
	// Host is the machine that the file is for. It is nil where the file is
	// checked elsewhere, and rules that would ask it keep still then.
	Host Host
}

// Check returns what the rules find in nodes, each of them a file. If cluster is
// set they are taken for the machines of one cluster and compared as well. The
// findings of the language, which are in the nodes, are not repeated.
func Check(nodes []*Node, cluster bool) []diag.Diagnostic {
	var found []diag.Diagnostic
	for _, r := range Rules() {
		if r.Node != nil {
			for _, n := range nodes {
				found = append(found, r.explained(r.Node(n), n)...)
			}
		}
		if r.Cluster != nil && cluster && len(nodes) > 1 {
			found = append(found, r.explained(r.Cluster(nodes), nodes...)...)
		}
	}
	return found
}

// mostFindings bounds those of a rule.
const mostFindings = 2000

// bounded keeps the first findings, and counts the others in one.
func bounded(found []diag.Diagnostic) []diag.Diagnostic {
	if len(found) <= mostFindings {
		return found
	}
	rest := found[mostFindings:]
	more := finding(rest[0].Range, "repair those above and check again", "and %d more of this kind, of which this is the first", len(rest))
	more.Severity = diag.Max(rest) // 0 is the rule's
	return append(found[:mostFindings:mostFindings], more)
}

// explained fills in what the rule says of all its findings, and where the text
// comes from that they are about.
func (r *Rule) explained(found []diag.Diagnostic, nodes ...*Node) []diag.Diagnostic {
	found = bounded(found)
	for i := range found {
		d := &found[i]
		d.Rule = r.Name
		if d.Severity == 0 {
			d.Severity = r.Severity
		}
		for _, n := range nodes {
			if slices.Contains(n.Files, d.Range.File) {
				n.Tree.Explain(d, nil)
				break
			}
		}
	}
	return found
}

// finding is a diagnostic of the rule that returns it.
func finding(at diag.Range, hint, format string, args ...any) diag.Diagnostic {
	return diag.Diagnostic{Range: at, Message: fmt.Sprintf(format, args...), Hint: hint}
}
