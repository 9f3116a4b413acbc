package config

import (
	"errors"
	"fmt"
	"slices"

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
	if o.Files == nil {
		o.Files = syntax.OS{}
	}
	t := table()
	tree, err := syntax.Parse(path, o.Files, t.root, o.Policy)
	if err != nil {
		return nil, fmt.Errorf("load %s: %w", path, err)
	}
	d := newDecoder(t, o)
	d.result.Files = tree.Files
	d.diagnostics = tree.Diagnostics
	d.walk(t.root, tree.Body)
	d.finish()
	return d.done(), nil
}

// done sorts the findings and derives the status from them.
func (d *decoder) done() *Result {
	r := d.result
	r.Diagnostics = d.diagnostics
	if d.stop && d.policy == syntax.Keepalived {
		r.Diagnostics = slices.DeleteFunc(r.Diagnostics, d.beyondStop)
	}
	diag.Sort(r.Diagnostics)
	switch {
	case d.missing:
		r.Status, r.Fatal = MissingValue, true
	case d.insecure:
		r.Status = Insecure
	case d.faulty || diag.Max(r.Diagnostics) == diag.Error:
		r.Status = Faulty
	}
	return r
}

// beyondStop reports whether x lies behind the place where keepalived stopped.
func (d *decoder) beyondStop(x diag.Diagnostic) bool {
	return x.Range.File == d.stopAt.File && x.Range.Start.Line > d.stopAt.Start.Line
}
