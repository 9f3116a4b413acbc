package lint

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestLanguageRules holds languageRules to the names that the source of packages
// syntax and config reports under.
func TestLanguageRules(t *testing.T) {
	reported := map[string]string{} // name: where
	for _, dir := range []string{"../syntax", "../config"} {
		collect(t, dir, reported)
	}
	if len(reported) < 50 {
		t.Fatalf("found only %d names; is the source read rightly?", len(reported))
	}
	documented := map[string]bool{}
	for _, r := range languageRules {
		documented[r.Name] = true
		if _, ok := reported[r.Name]; !ok {
			t.Errorf("%s is documented in language.go, and neither pkg/syntax nor pkg/config reports it: remove it there, or mend the name", r.Name)
		}
		if r.Node != nil || r.Cluster != nil {
			t.Errorf("%s is of the language and has code here", r.Name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(reported)) {
		if !documented[name] {
			t.Errorf("%s reports %q, which is not documented: add to languageRules in language.go\n\t{Name: %q, Severity: diag.Error, Doc: \"...\", Why: `...`},", reported[name], name, name)
		}
	}
}

var ruleName = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// collect adds the rule names in the source of dir: the first argument of fault
// and warn, what a field or a variable of that name is set to, and what is
// passed for a parameter called rule.
func collect(t *testing.T, dir string, names map[string]string) {
	t.Helper()
	paths, err := filepath.Glob(dir + "/*.go")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no source in %s: %v", dir, err)
	}
	fset := token.NewFileSet()
	var files []*ast.File
	takesRule := map[string]int{} // functions by name: which argument is a rule
	for _, p := range paths {
		if strings.HasSuffix(p, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(fset, p, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok {
				if i := ruleParameter(fn.Type); i >= 0 {
					takesRule[fn.Name.Name] = i
				}
			}
		}
	}
	add := func(e ast.Expr) {
		lit, ok := e.(*ast.BasicLit)
		if !ok || lit.Kind != token.STRING {
			return
		}
		name, err := strconv.Unquote(lit.Value)
		if err != nil || !ruleName.MatchString(name) {
			t.Errorf("%s: %s is no name of a rule", fset.Position(lit.Pos()), lit.Value)
			return
		}
		if names[name] == "" {
			names[name] = fset.Position(lit.Pos()).String()
		}
	}
	for _, f := range files {
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				if i, ok := takesRule[called(n)]; ok && i < len(n.Args) {
					add(n.Args[i])
				} else if called(n) == "report" && len(n.Args) > 1 { // a variable that is fault or warn
					add(n.Args[0])
				}
			case *ast.KeyValueExpr:
				if isRule(n.Key) {
					add(n.Value)
				}
			case *ast.AssignStmt:
				for i, left := range n.Lhs {
					if isRule(left) && len(n.Rhs) == len(n.Lhs) {
						add(n.Rhs[i])
					}
				}
			}
			return true
		})
	}
}

// ruleParameter is the index of a parameter called rule, or -1.
func ruleParameter(f *ast.FuncType) int {
	i := 0
	for _, field := range f.Params.List {
		for _, name := range field.Names {
			if name.Name == "rule" {
				return i
			}
			i++
		}
		if len(field.Names) == 0 {
			i++
		}
	}
	return -1
}

func called(c *ast.CallExpr) string {
	switch f := c.Fun.(type) {
	case *ast.SelectorExpr:
		return f.Sel.Name
	case *ast.Ident:
		return f.Name
	}
	return ""
}

// isRule reports whether e is a variable or a field for the name of a rule.
func isRule(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.SelectorExpr:
		return e.Sel.Name == "Rule"
	case *ast.Ident:
		return strings.EqualFold(e.Name, "rule")
	}
	return false
}
