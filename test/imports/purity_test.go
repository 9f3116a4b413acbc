package imports

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

var (
	// pureStandard is what the core may import of the standard library: values
	// and what is computed from them. Of the packages in partly it may use some
	// names.
	pureStandard = []string{
		"bytes", "cmp", "errors", "fmt", "iter", "maps", "math", "math/bits", "slices", "sort", "strconv", "strings", "time",
		"unicode", "unicode/utf8", "unicode/utf16", "net/netip", "container/heap", "container/list",
		"encoding", "encoding/binary", "encoding/hex", "encoding/json", "hash",
		"crypto/hmac", "crypto/md5", "crypto/sha1", "crypto/sha256", "crypto/subtle",
		"math/rand", "math/rand/v2", "reflect",
	}
	// writers of reports may use what writes to a given place, too; a state
	// machine may not.
	writers        = []string{"escape", "diag", "lvs", "event", "status"}
	writerStandard = []string{"bufio", "io", "net/url", "path", "text/tabwriter"}

	// partly names all that the core may use of a package. Time is an argument
	// and so are random numbers; text goes to a writer that is passed in.
	partly = map[string][]string{
		"time": {
			"Time", "Duration", "Month", "Weekday", "Nanosecond", "Microsecond", "Millisecond", "Second", "Minute", "Hour",
			"Unix", "UnixMilli", "UnixMicro", "Date", "UTC", "Parse", "ParseDuration",
			"ANSIC", "RFC1123Z", "RFC3339", "RFC3339Nano", "DateTime", "DateOnly", "StampMilli",
		},
		"reflect":      {"DeepEqual"},
		"math/rand":    {"Rand", "Source", "Source64"},
		"math/rand/v2": {"Rand", "Source"},
		"fmt": {
			"Sprintf", "Sprint", "Sprintln", "Errorf", "Stringer", "GoStringer", "Formatter", "State",
			"Append", "Appendf", "Appendln", "Fprintf", "Fprint", "Fprintln", "Sscan", "Sscanf",
		},
	}
)

// standard says why a package of ours, named as pkg does, must not import one
// of the standard library.
func standard(src, to string) string {
	if !slices.Contains(core, src) || slices.Contains(pureStandard, to) ||
		slices.Contains(writers, src) && slices.Contains(writerStandard, to) {
		return ""
	}
	return "the core has no files, sockets, clocks, goroutines or logs: of the standard library it imports what purity_test.go lists"
}

// A sourcePackage is what go list reports of a package that is to be read.
type sourcePackage struct {
	ImportPath, Dir, Export string
	GoFiles                 []string
}

// TestCoreIsPure reads the core's source: of the packages that it may import in
// part it uses those parts, it starts no goroutines, and no order follows from
// that of a map. A loop over a map that is right all the same, because what it
// gathers is sorted later, ends its first line with "// any order: " and why.
func TestCoreIsPure(t *testing.T) {
	packages := listCore(t)
	exports := map[string]string{}
	for _, p := range packages {
		exports[p.ImportPath] = p.Export
	}
	seen := 0
	for _, p := range packages {
		if !slices.Contains(core, pkg(p.ImportPath)) {
			continue
		}
		seen++
		fset := token.NewFileSet()
		var files []*ast.File
		for _, name := range p.GoFiles {
			f, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, f)
		}
		for _, found := range impure(t, fset, p.ImportPath, files, exports) {
			t.Error(found)
		}
	}
	if seen < 5 {
		t.Errorf("%d packages of the core were read, want all of them", seen)
	}
}

// impure returns what is against the rules in the files of a package.
func impure(t *testing.T, fset *token.FileSet, importPath string, files []*ast.File, exports map[string]string) (found []string) {
	t.Helper()
	info := types.Info{Uses: map[*ast.Ident]types.Object{}, Types: map[ast.Expr]types.TypeAndValue{}}
	conf := types.Config{Importer: importer.ForCompiler(fset, "gc", func(to string) (io.ReadCloser, error) {
		return os.Open(exports[to])
	})}
	if _, err := conf.Check(importPath, fset, files, &info); err != nil {
		t.Fatal(err)
	}
	complain := func(n ast.Node, format string, args ...any) {
		at := fset.Position(n.Pos())
		found = append(found, fmt.Sprintf("%s:%d: %s", path.Join(importPath, filepath.Base(at.Filename)), at.Line, fmt.Sprintf(format, args...)))
	}
	for _, f := range files {
		said := map[int]bool{} // lines that say why their order does not matter
		for _, group := range f.Comments {
			for _, c := range group.List {
				if strings.HasPrefix(c.Text, "// any order: ") {
					said[fset.Position(c.Pos()).Line] = true
				}
			}
		}
		sorted := map[ast.Expr]bool{} // calls whose result is put in order at once
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GoStmt:
				complain(n, "the core starts no goroutines")
			case *ast.SelectStmt, *ast.ChanType:
				complain(n, "the core has no channels")
			case *ast.RangeStmt:
				_, isMap := info.TypeOf(n.X).Underlying().(*types.Map)
				if isMap && !anyOrder(info, n) && !said[fset.Position(n.Pos()).Line] {
					complain(n, "the order of a map decides: range over slices.Sorted(maps.Keys(...)), or keep a slice")
				}
			case *ast.CallExpr:
				if name := calls(info, n); slices.Contains([]string{"slices.Sorted", "slices.SortedFunc", "slices.SortedStableFunc"}, name) {
					sorted[ast.Unparen(n.Args[0])] = true
				} else if !sorted[n] && slices.Contains([]string{"maps.Keys", "maps.Values", "maps.All"}, name) {
					complain(n, "%s is in a map's order: put slices.Sorted around it", name)
				}
			case *ast.Ident:
				obj := info.Uses[n]
				if b, ok := obj.(*types.Builtin); ok && (b.Name() == "print" || b.Name() == "println") {
					complain(n, "the core does not write to the standard error")
				}
				if obj == nil || obj.Pkg() == nil || obj.Parent() != obj.Pkg().Scope() {
					return true // a local name, a field or a method
				}
				if some, ok := partly[obj.Pkg().Path()]; ok && !slices.Contains(some, obj.Name()) {
					complain(n, "%s.%s is not for the core: the time, random numbers and where text goes to are passed in", obj.Pkg().Name(), obj.Name())
				}
			}
			return true
		})
	}
	return found
}

// calls names the function of a package that a call is of, as slices.Sorted.
func calls(info types.Info, call *ast.CallExpr) string {
	fun := ast.Unparen(call.Fun)
	if i, ok := fun.(*ast.IndexExpr); ok {
		fun = i.X
	}
	if sel, ok := fun.(*ast.SelectorExpr); ok {
		if obj := info.Uses[sel.Sel]; obj != nil && obj.Pkg() != nil && obj.Parent() == obj.Pkg().Scope() {
			return obj.Pkg().Path() + "." + obj.Name()
		}
	}
	return ""
}

// anyOrder tells whether a range over a map is one whose order cannot be seen:
// every statement in it deletes from a map or writes to one at the range's own
// key, or is an if around such statements without calls in its condition.
func anyOrder(info types.Info, loop *ast.RangeStmt) bool {
	var harmless func([]ast.Stmt) bool
	harmless = func(stmts []ast.Stmt) bool {
		for _, s := range stmts {
			switch s := s.(type) {
			case *ast.ExprStmt:
				call, ok := s.X.(*ast.CallExpr)
				if !ok {
					return false
				}
				name, ok := call.Fun.(*ast.Ident)
				if !ok || info.Uses[name] != types.Universe.Lookup("delete") {
					return false
				}
			case *ast.AssignStmt:
				if len(s.Lhs) != 1 || hasCall(s.Rhs[0]) {
					return false
				}
				at, ok := s.Lhs[0].(*ast.IndexExpr)
				if !ok || s.Tok != token.ASSIGN {
					return false
				}
				key, ok := at.Index.(*ast.Ident)
				own, isIdent := loop.Key.(*ast.Ident)
				if _, isMap := info.TypeOf(at.X).Underlying().(*types.Map); !isMap || !ok || !isIdent || key.Name != own.Name {
					return false
				}
			case *ast.IfStmt:
				if s.Init != nil || s.Else != nil || hasCall(s.Cond) || !harmless(s.Body.List) {
					return false
				}
			case *ast.BranchStmt:
				if s.Tok != token.CONTINUE {
					return false
				}
			default:
				return false
			}
		}
		return true
	}
	return harmless(loop.Body.List)
}

// hasCall tells whether an expression calls anything.
func hasCall(e ast.Expr) (found bool) {
	ast.Inspect(e, func(n ast.Node) bool {
		_, call := n.(*ast.CallExpr)
		found = found || call
		return true
	})
	return found
}

// listCore lists the core and what it imports, each with its compiled types.
func listCore(t *testing.T) []sourcePackage {
	t.Helper()
	all, err := listOnce()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	return all
}

var listOnce = sync.OnceValues(func() ([]sourcePackage, error) {
	args := []string{"list", "-e", "-deps", "-export", "-json=ImportPath,Dir,Export,GoFiles"}
	for _, name := range core {
		args = append(args, module+"/pkg/"+name+"/...")
	}
	// What made-up packages import.
	args = append(args, pureStandard...)
	cmd := exec.Command("go", args...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%w\n%s", err, &stderr)
	}
	var all []sourcePackage
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p sourcePackage
		err := d.Decode(&p)
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
})

// TestImpureIsFound has the rules judge packages that break them.
func TestImpureIsFound(t *testing.T) {
	exports := map[string]string{}
	for _, p := range listCore(t) {
		exports[p.ImportPath] = p.Export
	}
	tests := []struct {
		name, imports, body string
		want                string // part of the only complaint; empty for none
	}{
		{"values", "time", "func f(t time.Time, d time.Duration) time.Time { return t.Add(2*d + time.Second) }", ""},
		{"clock", "time", "func f() time.Time { return time.Now() }", "time.Now"},
		{"clock as a value", "time", "var now = time.Now", "time.Now"},
		{"clock by another name", `c "time"`, "var now = c.Now", "time.Now"},
		{"clock without a name", `. "time"`, "var now = Now", "time.Now"},
		{"since", "time", "func f(t time.Time) time.Duration { return time.Since(t) }", "time.Since"},
		{"until", "time", "func f(t time.Time) time.Duration { return time.Until(t) }", "time.Until"},
		{"after", "time", "var f = time.After", "time.After"},
		{"after a function", "time", "var f = time.AfterFunc", "time.AfterFunc"},
		{"sleep", "time", "func f() { time.Sleep(1) }", "time.Sleep"},
		{"timer", "time", "func f() { time.NewTimer(1) }", "time.NewTimer"},
		{"type of a timer", "time", "var f *time.Timer", "time.Timer"},
		{"ticker", "time", "func f() { time.NewTicker(1) }", "time.NewTicker"},
		{"tick", "time", "var f = time.Tick", "time.Tick"},
		{"time zone of the machine", "time", "var f = time.Local", "time.Local"},
		{"own method of that name", "time", "type c struct{}; func (c) Now() (t time.Time) { return }; func f(x c) { x.Now() }", ""},
		{"random numbers", "math/rand", "func f() int { return rand.Intn(3) }", "rand.Intn"},
		{"random numbers, v2", "math/rand/v2", "func f() int { return rand.IntN(3) }", "rand.IntN"},
		{"own source", "math/rand/v2", "var f = rand.NewPCG", "rand.NewPCG"},
		{"random numbers that are passed in", "math/rand/v2", "func f(r *rand.Rand) int { return r.IntN(3) }", ""},
		{"equality", "reflect", "func f(a, b []int) bool { return reflect.DeepEqual(a, b) }", ""},
		{"reflection", "reflect", "var f = reflect.ValueOf", "reflect.ValueOf"},
		{"standard output", "fmt", `func f() { fmt.Println("x") }`, "fmt.Println"},
		{"standard error", "", `func f() { println("x") }`, "standard error"},
		{"goroutine", "", "func f() { go f() }", "goroutine"},
		{"select", "", "func f() { select {} }", "channels"},
		{"channel", "", "func f(c chan int) { c <- 1 }", "channels"},
		{"channel to receive from", "", "var c <-chan int", "channels"},
		{"channel made", "", "func f() { make(chan int) <- 1 }", "channels"},
		{"order of a map", "", "func f(m map[int]int) (s []int) { for k := range m { s = append(s, k) }; return }", "order of a map"},
		{"order of a map of a named type", "", "type t map[int]int; func f(m t, g func(int)) { for k := range m { g(k) } }", "order of a map"},
		{"first of a map", "", "func f(m map[int]int) int { for k := range m { return k }; return 0 }", "order of a map"},
		{"last of a map", "", "func f(m map[int]int) (x int) { for k := range m { x = k }; return }", "order of a map"},
		{"last of a map, at one key", "", "func f(m, n map[int]int) { for k := range m { n[0] = k } }", "order of a map"},
		{"calls in the order of a map", "", "func f(m, n map[int]int, g func() int) { for k := range m { n[k] = g() } }", "order of a map"},
		{"map that is put in order", "", "func f(m map[int]int, g func(int)) { for k := range m { // any order: g sorts\n g(k) } }", ""},
		{"map with another comment", "", "func f(m map[int]int, g func(int)) { for k := range m { // sorted\n g(k) } }", "order of a map"},
		{"copy of a map", "", "func f(m, n map[int]int) { for k, v := range m { if v > 1 { continue }; n[k] = v } }", ""},
		{"part of a map deleted", "", "func f(m map[int]int) { for k, v := range m { if v > 1 { delete(m, k) } } }", ""},
		{"keys of a map", "maps", "func f(m map[int]int, g func(int)) { for k := range maps.Keys(m) { g(k) } }", "maps.Keys"},
		{"values of a map", "slices; maps", "func f(m map[int]int) []int { return slices.Collect(maps.Values(m)) }", "maps.Values"},
		{"keys in order", "slices; maps", "func f(m map[int]int, g func(int)) { for _, k := range slices.Sorted(maps.Keys(m)) { g(k) } }", ""},
		{"slice", "", "func f(m []int, g func(int)) { for k := range m { g(k) } }", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			src := "package p\n"
			for i := range strings.SplitSeq(tt.imports, "; ") {
				if i != "" && !strings.Contains(i, `"`) {
					i = `"` + i + `"`
				}
				if i != "" {
					src += "import " + i + "\n"
				}
			}
			fset := token.NewFileSet()
			f, err := parser.ParseFile(fset, "p.go", src+tt.body, parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			found := impure(t, fset, "p", []*ast.File{f}, exports)
			if tt.want == "" && len(found) != 0 || tt.want != "" && (len(found) != 1 || !strings.Contains(found[0], tt.want)) {
				t.Errorf("found %q, want %q", found, tt.want)
			}
		})
	}
}
