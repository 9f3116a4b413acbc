package vrrp

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestNoMapDecidesAnOrder finds every loop over a map in the packages that decide:
// what they want done would be in another order each time. It may be looped over
// sorted keys.
func TestNoMapDecidesAnOrder(t *testing.T) {
	for _, dir := range []string{"."} {
		for _, at := range mapLoops(t, dir, nil) {
			t.Errorf("%s: a loop over a map: its order is another one each time", at)
		}
	}
	// And they would be found.
	const loops = `package vrrp
import ("maps"; "slices")
type table map[string]int
func f(a table, b map[int]bool) {
	for range a {}
	for k := range b { _ = k }
	for k := range maps.Keys(b) { _ = k }
	for k, v := range maps.All(a) { _, _ = k, v }
	_ = slices.Collect(maps.Values(a))
	for _, k := range slices.Sorted(maps.Keys(a)) { _ = k }
	for range []int{1} {}
}`
	if found := mapLoops(t, ".", []byte(loops)); len(found) != 5 {
		t.Errorf("of five loops %d were found: %q", len(found), found)
	}
}

// mapLoops returns where the files of a directory, or one with that text, depend on
// the order of a map.
func mapLoops(t *testing.T, dir string, text []byte) (found []string) {
	t.Helper()
	fset := token.NewFileSet()
	var files []*ast.File
	if text != nil {
		f, err := parser.ParseFile(fset, "loops.go", text, 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	} else {
		names, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			f, err := parser.ParseFile(fset, name, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, f)
		}
	}
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}}
	config := types.Config{Importer: importer.ForCompiler(fset, "gc", exports(t, dir))}
	if _, err := config.Check(dir, fset, files, info); err != nil {
		t.Fatal(err)
	}
	sorted := map[ast.Expr]bool{}
	for _, f := range files {
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.RangeStmt:
				if _, ok := info.Types[n.X].Type.Underlying().(*types.Map); ok {
					found = append(found, fset.Position(n.Pos()).String())
				}
			case *ast.CallExpr:
				switch name := function(info, n); {
				case strings.HasPrefix(name, "slices.Sorted"):
					sorted[n.Args[0]] = true
				case (name == "maps.Keys" || name == "maps.Values" || name == "maps.All") && !sorted[n]:
					found = append(found, fset.Position(n.Pos()).String())
				}
			}
			return true
		})
	}
	return found
}

// exports returns what opens the compiled packages that a directory's depends on.
func exports(t *testing.T, dir string) importer.Lookup {
	t.Helper()
	cmd := exec.Command("go", "list", "-deps", "-export", "-f", "{{.ImportPath}}\t{{.Export}}", ".", "maps", "slices")
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("list the packages of %s: %v", dir, err)
	}
	files := map[string]string{}
	for line := range strings.Lines(string(out)) {
		path, file, _ := strings.Cut(strings.TrimSpace(line), "\t")
		files[path] = file
	}
	return func(path string) (io.ReadCloser, error) { return os.Open(files[path]) }
}

// function returns the name of a package's function that is called, "slices.Sorted".
func function(info *types.Info, call *ast.CallExpr) string {
	s, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	if f, ok := info.Uses[s.Sel].(*types.Func); ok && f.Pkg() != nil {
		return f.Pkg().Name() + "." + f.Name()
	}
	return ""
}
