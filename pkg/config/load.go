package config

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/syntax"
)

// What Host.CheckScript finds wrong with a script.
var (
	ErrScriptNotFound      = errors.New("script not found")
	ErrScriptNotExecutable = errors.New("script not executable")
	ErrScriptInsecure      = errors.New("script can be replaced by others than root")
)

// Load reads the configuration at path. It returns an error only if the file
// cannot be read or is too large ([syntax.ErrTooLarge]); all that is wrong with
// its text, a missing file included, is in the result.
func Load(path string, o Options) (*Result, error) {
	t := table()
	tree, err := syntax.Parse(path, t.root, o.language())
	if err != nil {
		return nil, fmt.Errorf("load %s: %w", path, err)
	}
	d := newDecoder(t, o)
	d.result.Files, d.result.Tree = tree.Files, tree
	d.result.places.body = tree.Body
	d.diagnostics, d.about = tree.Diagnostics, make([]*syntax.Statement, len(tree.Diagnostics))
	d.faulty = diag.Max(tree.Diagnostics) == diag.Error
	d.read(t.root, tree.Body)
	d.finish()
	r := d.done()
	if !o.ShowSecrets {
		NewSecrets(tree.Body).Hide(r.Diagnostics)
	}
	return r, nil
}

// language is what the parser works with. Where nothing else is said, that is
// this machine.
func (o Options) language() syntax.Options {
	p := syntax.Options{Files: o.Files, Policy: o.Policy, ConfigID: o.ConfigID}
	if p.ConfigID == "" {
		name, _ := os.Hostname() // a machine without a name has no id
		p.ConfigID, _, _ = strings.Cut(name, ".")
	}
	if p.Files == nil {
		p.Files, p.Env = syntax.OS{}, os.LookupEnv
		p.Dir, _ = os.Getwd() // only for ${_PWD} of a relative path
	}
	return p
}

// done sorts the findings and derives the status from them.
func (d *decoder) done() *Result {
	r := d.result
	for i := range d.diagnostics {
		r.Tree.Explain(&d.diagnostics[i], d.about[i])
	}
	d.hintRepeats(r.Tree)
	r.Diagnostics = d.dropAbsences(r.Tree.Body, d.dropConsequences(r.Tree, d.diagnostics))
	if d.stop {
		r.Diagnostics = append(slices.DeleteFunc(slices.Clone(r.Tree.Diagnostics), func(x diag.Diagnostic) bool {
			return d.unreached(r.Tree.Body, x)
		}), r.Diagnostics[len(r.Tree.Diagnostics):]...)
	}
	diag.Sort(r.Diagnostics, r.Files...)
	switch {
	case r.Tree.Refused:
		r.Status, r.Fatal = Insecure, true
	case d.missing:
		r.Status, r.Fatal = MissingValue, true
	case d.insecure:
		r.Status = Insecure
	case d.faulty:
		r.Status = Faulty
	case d.doubtful:
		r.Status = Doubtful
	}
	return r
}
