// Package oracle compares kactl's reading of configurations with keepalived -t
// on many files: those of Debian's package, tutorials, and what a generator
// writes and a mutator breaks.
package oracle

import (
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kactl/kactl/pkg/config"
	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/machine"
	"github.com/kactl/kactl/pkg/syntax"
)

var (
	seed  = flag.Uint64("seed", 1, "seed of the generator")
	count = flag.Int("count", 1500, "configurations to generate; each is broken besides")
	keep  = flag.String("keep", "", "directory for the files, and what keepalived says of each in says.txt beside it; kept")
)

// A result is what became of one file.
type result struct {
	name     string
	fault    string // the mutation, if there is one alone
	answer   answer
	ours     *config.Result
	differs  []string
	intended []string // what Intent reports elsewhere, or not at all
	keywords map[string]bool
}

// TestGenerated generates configurations, breaks them, and compares.
func TestGenerated(t *testing.T) {
	ns := newNamespace(t)
	g := readGrammar(t)
	dir := *keep
	if dir == "" {
		dir = t.TempDir()
	}
	results := make([][]result, *count)
	ns.each(t, *count, func(i int) (err error) {
		results[i], err = family(g, i, filepath.Join(dir, fmt.Sprint(i)))
		return err
	})
	judge(t, slices.Concat(results...))
}

// family tries the i-th configuration as it is, with one mutation and, now and
// then, with several.
func family(g grammar, i int, dir string) ([]result, error) {
	r := rand.New(rand.NewPCG(*seed, uint64(i)))
	d := generate(g, r)
	first, err := try(d, filepath.Join(dir, "valid"))
	if err != nil {
		return nil, err
	}
	out := []result{first}
	broken := d.clone()
	if name, at := mutate(r, broken); first.answer.text == "" && at != nil {
		one, err := try(broken, filepath.Join(dir, "one"))
		if err != nil {
			return nil, err
		}
		one.fault = name
		one.intended, err = intended(broken, at, filepath.Join(dir, "one"), one)
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	if i%4 == 0 {
		for range 1 + r.IntN(4) {
			mutate(r, broken)
		}
		more, err := try(broken, filepath.Join(dir, "more"))
		if err != nil {
			return nil, err
		}
		out = append(out, more)
	}
	return out, nil
}

// mutate applies one mutation to a line of d, and returns its name and place.
// To that belong the lines where what it changed is used: those of definitions,
// and those that have the name of a block whose head or inside it changed.
func mutate(r *rand.Rand, d *document) (string, []*line) {
	m := mutations[r.IntN(len(mutations))]
	for range 50 {
		i := r.IntN(len(d.lines))
		names := []string{d.lines[i].name()}
		if j := d.opens(i); j >= 0 {
			names = append(names, d.lines[j].name())
		}
		at := slices.Clone(m.apply(r, d, i))
		if at == nil {
			continue
		}
		for _, l := range d.lines {
			if l.other != nil && slices.Contains(at, l.other) || slices.ContainsFunc(strings.Fields(l.text), func(w string) bool {
				return w != "" && slices.Contains(names, w)
			}) {
				at = append(at, l)
			}
		}
		return m.name, at
	}
	return "", nil
}

// try writes d into dir and compares what is made of it.
func try(d *document, dir string) (result, error) {
	if err := d.write(dir); err != nil {
		return result{}, err
	}
	return tryFile(filepath.Join(dir, mainFile))
}

func tryFile(file string) (result, error) {
	r := result{name: file, keywords: map[string]bool{}}
	a, err := keepalived(file)
	if err != nil {
		return r, err
	}
	ours, err := config.Load(file, config.Options{Host: machine.New(), Policy: syntax.Keepalived})
	if err != nil {
		return r, err
	}
	r.answer, r.ours = a, ours
	if *keep != "" {
		if err := os.WriteFile(filepath.Join(filepath.Dir(file), "says.txt"), []byte(a.text), 0o644); err != nil {
			return r, err
		}
	}
	t := text{}
	for _, f := range ours.Files {
		data, err := os.ReadFile(f)
		if err != nil {
			return r, err
		}
		t[filepath.Base(f)] = strings.Split(string(data), "\n")
	}
	r.differs = compare(t, a, ours)
	r.used("", ours.Tree.Body)
	return r, nil
}

// used collects the keywords of statements with their paths: those that
// keepalived knows.
func (r *result) used(path string, body []*syntax.Statement) {
	for _, s := range body {
		if strings.Contains(r.answer.text, "Unknown keyword '"+s.Name()+"'") {
			continue
		}
		p := strings.TrimPrefix(path+"/"+s.Name(), "/")
		r.keywords[p] = true
		r.used(p, s.Body())
	}
}

// intended compares what Load makes of the author's intent with the one place
// that was changed: if keepalived minds the change, there is an error at that
// place and nowhere else, and if not, there is none at all.
func intended(d *document, at []*line, dir string, r result) ([]string, error) {
	ours, err := config.Load(filepath.Join(dir, mainFile), config.Options{Host: machine.New(), Policy: syntax.Intent})
	if err != nil {
		return nil, err
	}
	var out []string
	found := false
	for _, x := range ours.Diagnostics {
		here := slices.ContainsFunc(at, func(l *line) bool {
			return l.file == relative(dir, x.Range.File) && x.Range.Start.Line >= l.number-strings.Count(l.text, "\n") && x.Range.Start.Line <= l.number
		})
		found = found || here && x.Severity >= diag.Warning
		if !here && x.Severity == diag.Error {
			out = append(out, fmt.Sprintf("elsewhere: %s:%d: %s", filepath.Base(x.Range.File), x.Range.Start.Line, x.Message))
		}
	}
	if !found && r.answer.text != "" {
		out = append(out, fmt.Sprintf("nothing at %s:%d: %s", at[0].file, at[0].number, at[0].text))
	}
	return out, nil
}

func relative(dir, file string) string {
	name, err := filepath.Rel(dir, file)
	if err != nil {
		return file
	}
	return name
}

// judge prints the counts, and fails for each disagreement that is not known
// and for each known one that did not come.
func judge(t *testing.T, rs []result) {
	t.Helper()
	classes, kinds, faults := map[int]int{}, map[string]int{}, map[string]int{}
	keywords := map[string]bool{}
	valid, single := 0, 0
	for _, r := range rs {
		classes[r.answer.status]++
		maps.Copy(keywords, r.keywords)
		if r.answer.text == "" {
			valid++
		}
		if r.fault != "" {
			single++
			faults[r.fault]++
		}
		if len(r.differs) > 0 {
			kind := known(r)
			if kinds[kind]++; kind == "" {
				t.Errorf("%s (%s):\n  %s", r.name, r.fault, strings.Join(r.differs, "\n  "))
			}
		}
		if len(r.intended) > 0 {
			kinds["intent"]++
			t.Errorf("%s (%s): the intent:\n  %s", r.name, r.fault, strings.Join(r.intended, "\n  "))
		}
	}
	t.Logf("%d files: %d valid, %d with one fault; by class %v", len(rs), valid, single, classes)
	t.Logf("faults: %v", faults)
	t.Logf("disagreements by kind: %v", kinds)
	if valid*4 < len(rs) || single*4 < len(rs) {
		t.Errorf("of %d files only %d are valid and %d have one fault", len(rs), valid, single)
	}
	for _, b := range bugs {
		if kinds[b.kind] == 0 && *seed == 1 && *count >= 1500 {
			t.Errorf("no longer seen: %s (%s)", b.kind, b.why)
		}
	}
	covered(t, keywords)
}

// covered fails if the files lack too many of the keywords of 2.2.7.
func covered(t *testing.T, keywords map[string]bool) {
	t.Helper()
	var missing []string
	n := 0
	for path, k := range config.Keywords() {
		if k.Since != "" {
			continue
		}
		if n++; !keywords[path] {
			missing = append(missing, path)
		}
	}
	t.Logf("%d of %d keywords were read; the others: %v", n-len(missing), n, missing)
	if len(missing)*20 > n {
		t.Errorf("%d of %d keywords were not read", len(missing), n)
	}
}
