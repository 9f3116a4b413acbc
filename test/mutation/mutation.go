// Package mutation breaks code, one small change at a time, and finds out whether
// tests notice.
package mutation

import (
	"context"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
)

// A Campaign breaks the functions of some files of the package that calls it.
type Campaign struct {
	Files []string
	// Tests are those that must notice, as a pattern of go test -run, and Flags what
	// else they are run with.
	Tests string
	Flags []string
	// Equivalent are mutants that nobody can tell from the original, and why.
	Equivalent map[string]string
	// Least is how many mutants there are at least.
	Least int
}

// Run compiles all mutants into one test binary, in which a variable of the
// environment says which one lives, and runs the tests on each: each mutant must
// fail one.
func (c Campaign) Run(t *testing.T) {
	if testing.Short() {
		t.Skip("takes minutes")
	}
	m := mutator{fset: token.NewFileSet()}
	binary := m.build(t, c.Files)
	if len(m.mutants) < c.Least {
		t.Errorf("%d mutants, want %d: the mutator has missed something", len(m.mutants), c.Least)
	}
	if out, err := c.test(t.Context(), binary, 0); err != nil {
		t.Fatalf("the original fails: %v\n%s", err, out)
	}
	var mu sync.Mutex
	caught := 0
	known := map[string]bool{}
	var g errgroup.Group
	g.SetLimit(2)
	for n, what := range m.mutants {
		g.Go(func() error {
			_, err := c.test(t.Context(), binary, n+1)
			mu.Lock()
			defer mu.Unlock()
			_, same := c.Equivalent[what]
			known[what] = true
			switch {
			case err != nil && same:
				t.Errorf("is said to be equivalent and is not: %s", what)
			case err != nil:
				caught++
			case !same:
				t.Errorf("no scenario fails with this: %s", what)
			}
			return nil
		})
	}
	_ = g.Wait()
	for what := range c.Equivalent {
		if !known[what] {
			t.Errorf("there is no mutant like this any more: %s", what)
		}
	}
	t.Logf("%d of %d mutants caught, %d equivalent", caught, len(m.mutants), len(c.Equivalent))
}

// mutantVar holds the number of the mutant that lives; 0 is the original.
const mutantVar = "KACTL_MUTANT"

func (c Campaign) test(ctx context.Context, binary string, n int) ([]byte, error) {
	// A mutant may wait for ever, or go round in circles.
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	args := []string{"-c", `ulimit -t 30; exec "$0" "$@"`, binary, "-test.run=" + c.Tests, "-test.failfast"}
	cmd := exec.CommandContext(ctx, "sh", append(args, c.Flags...)...)
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d", mutantVar, n))
	return cmd.CombinedOutput()
}

// A mutator writes the mutants into copies of the files.
type mutator struct {
	fset    *token.FileSet
	mutants []string // what each does; its number is the index and 1
}

// support is what the rewritten code calls.
const support = `package %s

import (
	"os"
	"strconv"
)

var mutant = func() int { n, _ := strconv.Atoi(os.Getenv("` + mutantVar + `")); return n }()

func negated(n int, c bool) bool         { return c != (mutant == n) }
func instead(n int, c, other bool) bool  { if mutant == n { return other }; return c }
func alive(n int) bool                   { return mutant != n }
func kept[T any](n int, without, with T) T { if mutant == n { return without }; return with }
`

// build compiles the tests of the package with all mutants in it.
func (m *mutator) build(t *testing.T, files []string) string {
	t.Helper()
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	overlay := map[string]string{}
	write := func(name string, text []byte) {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
		overlay[filepath.Join(here, name)] = path
	}
	for _, name := range files {
		f, err := parser.ParseFile(m.fset, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		write("mutant.go", fmt.Appendf(nil, support, f.Name.Name))
		for _, d := range f.Decls {
			if d, ok := d.(*ast.FuncDecl); ok && d.Name.Name != "String" {
				m.block(d.Body)
			}
		}
		var text strings.Builder
		if err := printer.Fprint(&text, m.fset, f); err != nil {
			t.Fatal(err)
		}
		write(name, []byte(text.String()))
	}
	list, err := json.Marshal(map[string]any{"Replace": overlay})
	if err != nil {
		t.Fatal(err)
	}
	write("overlay.json", list)
	binary := filepath.Join(dir, "mutants")
	out, err := exec.Command("go", "test", "-c", "-vet=off", "-overlay", filepath.Join(dir, "overlay.json"), "-o", binary, ".").CombinedOutput()
	if err != nil {
		t.Fatalf("compile the mutants: %v\n%s", err, out)
	}
	return binary
}

// add numbers a new mutant.
func (m *mutator) add(at ast.Node, what string) *ast.BasicLit {
	var text strings.Builder
	_ = printer.Fprint(&text, m.fset, at)
	m.mutants = append(m.mutants, fmt.Sprintf("%s: %s: %s", m.fset.Position(at.Pos()).Filename, what, strings.Join(strings.Fields(text.String()), " ")))
	return &ast.BasicLit{Kind: token.INT, Value: fmt.Sprint(len(m.mutants))}
}

func call(name string, args ...ast.Expr) *ast.CallExpr {
	return &ast.CallExpr{Fun: ast.NewIdent(name), Args: args}
}

// block rewrites the statements of a block.
func (m *mutator) block(b *ast.BlockStmt) {
	if b != nil {
		m.list(b.List)
	}
}

func (m *mutator) list(stmts []ast.Stmt) {
	for i, s := range stmts {
		stmts[i] = m.statement(s)
	}
}

func (m *mutator) statement(s ast.Stmt) ast.Stmt {
	switch s := s.(type) {
	case *ast.IfStmt:
		s.Cond = m.condition(s.Cond)
		m.block(s.Body)
		if s.Else != nil {
			s.Else = m.statement(s.Else)
		}
	case *ast.BlockStmt:
		m.block(s)
	case *ast.ForStmt:
		m.block(s.Body)
	case *ast.RangeStmt:
		m.block(s.Body)
	case *ast.SwitchStmt:
		for _, c := range s.Body.List {
			c := c.(*ast.CaseClause)
			for i := range c.List {
				if s.Tag == nil {
					c.List[i] = m.condition(c.List[i])
				}
			}
			m.list(c.Body)
		}
	case *ast.ReturnStmt:
		for i, r := range s.Results {
			if c, ok := r.(*ast.CallExpr); ok && isAppend(c) {
				s.Results[i] = call("kept", m.add(c, "not appended"), c.Args[0], c)
			}
		}
	case *ast.ExprStmt:
		return m.removable(s)
	case *ast.IncDecStmt:
		return m.removable(s)
	case *ast.AssignStmt:
		if s.Tok != token.DEFINE {
			return m.removable(s)
		}
	}
	return s
}

func isAppend(c *ast.CallExpr) bool {
	f, ok := c.Fun.(*ast.Ident)
	return ok && f.Name == "append"
}

// removable makes a statement that one mutant leaves out.
func (m *mutator) removable(s ast.Stmt) ast.Stmt {
	return &ast.IfStmt{Cond: call("alive", m.add(s, "left out")), Body: &ast.BlockStmt{List: []ast.Stmt{s}}}
}

// neighbours are the comparisons that differ at the limit alone.
var neighbours = map[token.Token]token.Token{token.LSS: token.LEQ, token.LEQ: token.LSS, token.GTR: token.GEQ, token.GEQ: token.GTR}

// condition makes one that a mutant negates, and others of its parts.
func (m *mutator) condition(e ast.Expr) ast.Expr {
	whole := m.add(e, "negated")
	return call("negated", whole, m.part(e))
}

func (m *mutator) part(e ast.Expr) ast.Expr {
	b, ok := e.(*ast.BinaryExpr)
	if !ok {
		return e
	}
	if b.Op == token.LAND || b.Op == token.LOR {
		b.X, b.Y = m.condition(b.X), m.condition(b.Y)
		return b
	}
	if op, ok := neighbours[b.Op]; ok {
		return call("instead", m.add(b, "at the limit"), b, &ast.BinaryExpr{X: b.X, Op: op, Y: b.Y})
	}
	return b
}
