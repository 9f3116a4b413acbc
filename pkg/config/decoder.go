package config

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/kactl/kactl/pkg/bfd"
	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/health"
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
	files  syntax.Files
	result *Result
	config *Config

	diagnostics []diag.Diagnostic
	about       []*syntax.Statement // what was read when each of them was added
	reading     *syntax.Statement   // nil outside of the text
	top         *syntax.Statement   // that it is in, at the top level
	faulty      bool                // an error was found, maybe one too many to keep
	doubtful    bool                // an error that keepalived makes less of, see Doubtful
	missing     bool
	insecure    bool
	stop        bool                // nothing more is read
	stopAt      diag.Range          // where
	stopped     int                 // diagnostics up to there
	pass        pass                // that reads
	quiet       int                 // depth of blocks that are not supported
	idle        int                 // depth of blocks that have no effect, decoded or not
	scope       []string            // path of the block being read, for places
	section     int                 // that block in the places
	first       []*syntax.Statement // of each keyword in the blocks that are open

	globals   globals
	instances []*instance
	groups    []*group
	scripts   []*script
	services  []*service
	balanced  []*balancedGroup
	commands  []*pending // programs that are checked at the end

	fifoScripts []fifoScript

	// The same by name.
	instanceNamed map[string]*instance
	ownMACs       map[string]*instance // by interface and hardware address
	groupNamed    map[string]*group
	scriptNamed   map[string]*script
	balancedNamed map[string]*balancedGroup

	misspelt map[*syntax.Statement]string // what unknown keywords are meant to be

	// What is open.
	instance *instance
	group    *group
	script   *script
	service  *service
	real     *real
	check    *check
	url      *url
	// Parts of the check.
	connection *connection
	query      *health.DNSQuery
	exchange   *health.UDPExchange
	misc       *health.MiscProgram
	file       *health.TrackedFile

	bfd *bfd.Instance // nil in a block that is ignored
	// Those of the instances that stand.
	bfdNamed     map[string]bool
	bfdNeighbors map[netip.Addr]bool
	guesses      int // names that were compared for hints

	links   linksDecoder
	static  staticDecoder
	tracks  tracksDecoder
	address *addressLine
	route   *route
	rule    *rule
}

func newDecoder(t *keywords, o Options) *decoder {
	c := &Config{Global: defaultGlobal()}
	return &decoder{
		table: t, host: o.Host, policy: o.Policy, files: o.language().Files, config: c,
		result:  &Result{Config: c, places: newPlaces()},
		globals: newGlobals(), section: top,

		bfdNamed: map[string]bool{}, bfdNeighbors: map[netip.Addr]bool{},
		instanceNamed: map[string]*instance{}, groupNamed: map[string]*group{}, scriptNamed: map[string]*script{},
		balancedNamed: map[string]*balancedGroup{},
	}
}

// report keeps a diagnostic. What it returns is valid until the next one.
func (d *decoder) report(sev diag.Severity, rule string, at diag.Range, format string, args []any) *diag.Diagnostic {
	if sev == diag.Error {
		d.faulty = true
	}
	if len(d.diagnostics) >= maxReports {
		return new(diag.Diagnostic)
	}
	d.diagnostics = append(d.diagnostics, diag.Diagnostic{Severity: sev, Rule: rule, Range: at, Message: fmt.Sprintf(format, args...)})
	d.about = append(d.about, d.reading)
	return &d.diagnostics[len(d.diagnostics)-1]
}

// fault reports what keepalived refuses, drops or ignores.
func (d *decoder) fault(rule string, at diag.Range, format string, args ...any) *diag.Diagnostic {
	return d.report(diag.Error, rule, at, format, args)
}

// warn reports what is accepted all the same.
func (d *decoder) warn(rule string, at diag.Range, format string, args ...any) *diag.Diagnostic {
	return d.report(diag.Warning, rule, at, format, args)
}

// place records where the thing at path, within the block being read, is. The
// keywords of a block need none: they are found by their name.
func (d *decoder) place(at diag.Range, path ...string) {
	d.result.places.line(at, append(d.scope[:len(d.scope):len(d.scope)], path...))
}

// inside reads the body of s, a block called by path, of which the first word
// is its keyword.
func (d *decoder) inside(k *Keyword, s *syntax.Statement, path ...string) {
	outer, depth := d.section, len(d.scope)
	d.section = d.result.places.open(outer, s, path)
	d.scope = append(d.scope, path...)
	d.walk(k.block, s.Body())
	d.section, d.scope = outer, d.scope[:depth]
}

// walk reads the statements of a block.
func (d *decoder) walk(b *block, body []*syntax.Statement) {
	base := len(d.first)
	d.first = append(d.first, b.none...)
	outer := d.reading
	defer func() { d.reading = outer }()
	for _, s := range body {
		if d.stop {
			break
		}
		if d.reading = s; b.path == "" {
			d.top = s
		}
		k := b.byName[s.Name()]
		if k == nil {
			d.unknown(b, s, body)
			continue
		}
		if len(s.Args()) < k.Need && !openProgram(k, s) {
			d.lacks(k, s)
			continue
		}
		first := &d.first[base+k.index]
		if *first == nil {
			*first = s
		} else if !k.repeats && k.decode != nil && k.Shape == syntax.Unknown {
			w := d.warn("duplicate-keyword", s.AtName(), "%s is set twice in this block", k.Name)
			w.Related = []diag.Related{{Range: (*first).Range(), Message: "first set here"}}
		}
		if k.Shape == syntax.List && k.Args == "" && len(s.Args()) > 0 {
			d.fault("extra-words", s.AtArg(0), "%s takes no words before its {; keepalived ignores them", k.Name).Hint = "remove them"
		}
		if most := max(k.Most, 0); k.Most != 0 && len(s.Args()) > most {
			x := d.warn("extra-words", s.AtArg(most), "%s takes no more words; keepalived ignores them", k.Name)
			x.Hint = "write a comment behind #"
			if most == 0 && slices.Contains(falseWords, s.Arg(0)) {
				x.Message, x.Hint = fmt.Sprintf("keepalived ignores the %s behind %s: it is on", s.Arg(0), k.Name), "remove "+k.Name
			}
		}
		d.statement(k, s)
	}
	d.first = d.first[:base]
}

// openProgram reports whether s is to name a program, and has a quote that is
// not closed: keepalived ignores that line, and reads on.
func openProgram(k *Keyword, s *syntax.Statement) bool {
	if k.Args != commandArgs {
		return false
	}
	_, err := s.Unquote()
	return err != nil
}

func (d *decoder) statement(k *Keyword, s *syntax.Statement) {
	idle := !k.Effect && d.quiet == 0
	if idle && d.idle == 0 && !k.later {
		d.noEffect(k, s)
	}
	switch {
	case k.decode != nil && d.quiet == 0:
		if idle { // which is said once for a block
			d.idle++
		}
		k.decode(d, k, s)
		if idle {
			d.idle--
		}
	case k.Shape == syntax.Block:
		d.quiet++
		d.walk(k.block, s.Body())
		d.quiet--
	}
}

// noEffect says that nothing acts on a keyword yet.
func (d *decoder) noEffect(k *Keyword, s *syntax.Statement) {
	tell := d.inert
	if (k.Protects || k.Instead != "") && !k.asDefault(s) {
		tell = d.less
	}
	x := tell(s.AtName(), "%s has no effect yet", k.Name)
	if k.Instead != "" && x.Severity == diag.Warning {
		x.Message += ": " + k.Instead
	}
	if k.Since != "" {
		x.Hint = "keepalived knows it since version " + k.Since
	}
}

// inert reports what keepalived acts on and kactl does not yet. In a block that
// has no effect itself that is not said again.
func (d *decoder) inert(at diag.Range, format string, args ...any) *diag.Diagnostic {
	if d.idle > 0 {
		return new(diag.Diagnostic)
	}
	return d.report(diag.Info, "no-effect", at, format, args)
}

// lacks reports a keyword without its value. keepalived stops reading there.
func (d *decoder) lacks(k *Keyword, s *syntax.Statement) {
	x := d.fault("missing-value", s.Range(), "%s lacks its value; keepalived stops reading here and exits", k.Name)
	if k.Args != "" {
		x.Hint = "write " + k.Name + " " + k.Args
	}
	d.missing = true
	if d.policy == syntax.Keepalived {
		d.halt(s.Range())
	}
}

// unknown reports a keyword that the block does not take.
func (d *decoder) unknown(b *block, s *syntax.Statement, body []*syntax.Statement) {
	where := "at the top level"
	if b.path != "" {
		where = "in " + b.path[strings.LastIndexByte(b.path, '/')+1:]
	}
	x := d.fault("unknown-keyword", s.AtName(), "unknown keyword %q %s; keepalived ignores it", clip(s.Name()), where)
	if x != d.lastReport() {
		return // one too many to keep
	}
	x.Hint = d.table.hint(b, s.Name())
	x.Fix = b.correct(s, body)
	if k := b.nearest(s.Name()); k != nil && d.policy == syntax.Intent {
		if d.misspelt == nil {
			d.misspelt = map[*syntax.Statement]string{}
		}
		d.misspelt[s] = k.Name
	}
	if s.Block != nil {
		x.Message = fmt.Sprintf("unknown block %q %s; keepalived ignores its {, so that its } closes the block around it and what follows is lost", clip(s.Name()), where)
	}
}

// clip shortens what a message quotes.
func clip(s string) string {
	if len(s) > 60 {
		return strings.ToValidUTF8(s[:60], "") + "..."
	}
	return s
}
