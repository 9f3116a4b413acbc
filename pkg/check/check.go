// Package check is what kactl check does: it loads configurations, gathers what
// the language and the rules find in them, and tells what the rules and keywords
// are.
package check

import (
	"errors"
	"fmt"
	"io"

	"github.com/kactl/kactl/pkg/config"
	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/lint"
	"github.com/kactl/kactl/pkg/machine"
	"github.com/kactl/kactl/pkg/syntax"
)

// Options are what to check, and how.
type Options struct {
	// Files are the configurations, each the whole of a node. "-" is Stdin; it
	// may be there once.
	Files []string
	Stdin io.Reader
	// Host adds the checks against this machine. Of the nodes of a cluster it
	// is the first one.
	Host bool
	// Independent says that the files are not the nodes of one cluster.
	Independent bool
	// ShowSecrets shows passwords and keys.
	ShowSecrets bool
}

// A Report is what was found.
type Report struct {
	// Nodes are the configurations in the order of Options.Files.
	Nodes []*lint.Node
	// Findings are those of the language and of the rules, by place: the files
	// in the order that they were read in, each from top to bottom.
	Findings []diag.Diagnostic
	// Sources are the texts of the files.
	Sources *diag.Sources

	secrets *masked // nil shows them
}

// Run checks the files. It returns an error if one of them cannot be read, is no
// file or is too large ([syntax.ErrTooLarge]).
func Run(o Options) (*Report, error) {
	in, err := newInput(o.Stdin, o.Files)
	if err != nil {
		return nil, err
	}
	here := machine.New()
	r := &Report{Sources: diag.NewSources(in.text)}
	var errs []error
	for i, f := range o.Files {
		load := config.Options{Files: in, Policy: syntax.Intent, ShowSecrets: o.ShowSecrets}
		var host lint.Host
		if o.Host && (i == 0 || o.Independent) {
			load.Host, host = here, here
		}
		n, err := node(in.name(f), load)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		n.Host = host
		r.Nodes = append(r.Nodes, n)
		r.Findings = append(r.Findings, n.Diagnostics...)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	linted := lint.Check(r.Nodes, !o.Independent)
	if !o.ShowSecrets {
		for _, n := range r.Nodes {
			config.NewSecrets(n.Tree.Body).Hide(linted)
		}
		r.secrets = &masked{report: r, lines: map[string][]string{}}
		r.Sources.Mask = r.secrets.line
	}
	r.Findings = append(r.Findings, linted...)
	r.Findings = ordered(told(r.Findings), r.Nodes)
	return r, nil
}

// node loads the configuration called name.
func node(name string, o config.Options) (*lint.Node, error) {
	res, err := config.Load(name, o)
	if err != nil {
		return nil, err
	}
	if len(res.Files) > 0 {
		return &lint.Node{Name: name, Result: res}, nil
	}
	// keepalived goes on with nothing, and says so; to check nothing is a mistake.
	for _, d := range res.Diagnostics {
		return nil, fmt.Errorf("%s: %s", d.Message, d.Hint)
	}
	return nil, fmt.Errorf("no file %s", name)
}
