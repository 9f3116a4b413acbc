package config

import (
	"fmt"
	"strings"

	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/syntax"
)

// maxReports bounds the diagnostics of one load.
const maxReports = 2000

// A decoder turns a tree into a Config. The keywords' decode functions fill the
// thing that is open; finish fills defaults and checks what spans blocks.
type decoder struct {
	table  *keywords
	host   Host
	policy syntax.Policy
	result *Result
	config *Config

	diagnostics []diag.Diagnostic
	faulty      bool // an error was found, maybe one too many to keep
	missing     bool
	insecure    bool
	stop        bool       // nothing more is read
	stopAt      diag.Range // where
	quiet       int        // depth of blocks that are not supported
	scope       []string   // path of the block being read, for places

	globals   globals
	instances []*instance
	groups    []*group
	scripts   []*script
	services  []*service
	commands  []*pending // programs that are checked at the end

	// The same by name.
	instanceNamed map[string]*instance
	groupNamed    map[string]*group
	scriptNamed   map[string]*script

	// What is open.
	instance *instance
	group    *group
	script   *script
	service  *service
	real     *real
	check    *check
	url      *url
}

func newDecoder(t *keywords, o Options) *decoder {
	c := new(Config)
	return &decoder{
		table: t, host: o.Host, policy: o.Policy, config: c,
		result:  &Result{Config: c, places: map[string]diag.Range{}},
		globals: newGlobals(),

		instanceNamed: map[string]*instance{}, groupNamed: map[string]*group{}, scriptNamed: map[string]*script{},
	}
}

// add keeps a diagnostic. What it returns is valid until the next one.
func (d *decoder) add(x diag.Diagnostic) *diag.Diagnostic {
	if x.Severity == diag.Error {
		d.faulty = true
	}
	if len(d.diagnostics) >= maxReports {
		return new(diag.Diagnostic)
	}
	d.diagnostics = append(d.diagnostics, x)
	return &d.diagnostics[len(d.diagnostics)-1]
}

// fault reports what keepalived refuses, drops or ignores.
func (d *decoder) fault(rule string, at diag.Range, format string, args ...any) *diag.Diagnostic {
	return d.add(diag.Diagnostic{Severity: diag.Error, Rule: rule, Range: at, Message: fmt.Sprintf(format, args...)})
}

// warn reports what is accepted all the same.
func (d *decoder) warn(rule string, at diag.Range, format string, args ...any) *diag.Diagnostic {
	return d.add(diag.Diagnostic{Severity: diag.Warning, Rule: rule, Range: at, Message: fmt.Sprintf(format, args...)})
}

// place records where the thing at path, within the block being read, is.
func (d *decoder) place(at diag.Range, path ...string) {
	key := strings.Join(append(d.scope[:len(d.scope):len(d.scope)], path...), "\x00")
	if _, ok := d.result.places[key]; !ok {
		d.result.places[key] = at
	}
}

// inside reads the body of s, a block called by path.
func (d *decoder) inside(k *Keyword, s *syntax.Statement, path ...string) {
	d.place(s.Range(), path...)
	outer := d.scope
	d.scope = append(outer[:len(outer):len(outer)], path...)
	d.walk(k.block, s.Body())
	d.scope = outer
}

// walk reads the statements of a block.
func (d *decoder) walk(b *block, body []*syntax.Statement) {
	first := map[string]*syntax.Statement{}
	for _, s := range body {
		if d.stop {
			return
		}
		k := b.byName[s.Name()]
		if k == nil {
			d.unknown(b, s)
			continue
		}
		if len(s.Args()) < k.Need {
			d.lacks(k, s)
			continue
		}
		if was := first[k.Name]; was != nil && !k.repeats && k.decode != nil && k.Shape == syntax.Unknown {
			w := d.warn("duplicate-keyword", s.AtName(), "%s is set twice in this block", k.Name)
			w.Related = []diag.Related{{Range: was.Range(), Message: "first set here"}}
		} else if was == nil {
			first[k.Name] = s
		}
		d.statement(k, s)
	}
}

func (d *decoder) statement(k *Keyword, s *syntax.Statement) {
	if k.Support != Supported && d.quiet == 0 {
		d.noEffect(k, s)
	}
	switch {
	case k.decode != nil && d.quiet == 0:
		if k.Shape != syntax.Block {
			d.place(s.Range(), k.Name)
		}
		k.decode(d, k, s)
	case k.Shape == syntax.Block:
		d.quiet++
		d.walk(k.block, s.Body())
		d.quiet--
	}
}

func (d *decoder) noEffect(k *Keyword, s *syntax.Statement) {
	if k.Support == Accepted {
		d.warn("no-effect", s.AtName(), "%s is accepted and has no effect yet", k.Name)
		return
	}
	w := d.warn("unsupported", s.AtName(), "%s is not supported yet and has no effect", k.Name)
	if k.Since != "" {
		w.Hint = "keepalived knows it since version " + k.Since
	}
}

// lacks reports a keyword without its value. keepalived stops reading there.
func (d *decoder) lacks(k *Keyword, s *syntax.Statement) {
	x := d.fault("missing-value", s.Range(), "%s lacks its value; keepalived stops reading here and exits", k.Name)
	if k.Args != "" {
		x.Hint = "write " + k.Name + " " + k.Args
	}
	d.missing = true
	if d.policy == syntax.Keepalived {
		d.stop, d.stopAt = true, s.Range()
	}
}

// unknown reports a keyword that the block does not take.
func (d *decoder) unknown(b *block, s *syntax.Statement) {
	where := "at the top level"
	if b.path != "" {
		where = "in " + b.path[strings.LastIndexByte(b.path, '/')+1:]
	}
	x := d.fault("unknown-keyword", s.AtName(), "unknown keyword %q %s; keepalived ignores it", clip(s.Name()), where)
	x.Hint = d.table.hint(b, s.Name())
	if s.Block != nil {
		x.Message = fmt.Sprintf("unknown block %q %s; keepalived ignores its {, so that its } closes the block around it and what follows is lost", clip(s.Name()), where)
	}
}

// clip shortens what a message quotes.
func clip(s string) string {
	if len(s) > 60 {
		return s[:60] + "..."
	}
	return s
}
