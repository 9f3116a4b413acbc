package syntax_test

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/syntax"

	"github.com/kactl/kactl/test/need"
)

func TestInclude(t *testing.T) {
	for _, c := range []struct {
		name, main string
		more       []string
		want, diag string
	}{
		{"relative, sorted, without hidden ones", "include d/*.conf", []string{
			"etc/k/d/b.conf", "flag b", "etc/k/d/a.conf", "flag a", "etc/k/d/.c.conf", "flag c", "etc/k/d/d.txt", "flag d",
		}, "flag a; flag b", ""},
		{"absolute", "include /x.conf\nflag end", []string{"x.conf", "flag x"}, "flag x; flag end", ""},
		{"variants", "includea /x.conf\nincluder /x.conf", []string{"x.conf", "flag x"}, "flag x; flag x", ""},
		{"from its own directory", "include d/a.conf", []string{"etc/k/d/a.conf", "include b.conf", "etc/k/d/b.conf", "flag b"}, "flag b", ""},
		{"inside a block", "inst A {\n include in.conf # x\n prio 2\n}", []string{"etc/k/in.conf", "vips {\n1\n}"}, "inst A{vips{1}; prio 2}", ""},
		{"inside a list", "inst A { vips {\n include in.conf\n} }", []string{"etc/k/in.conf", "1\n2"}, "inst A{vips{1; 2}}", ""},
		{"braces across files", "include open.conf\n prio 1\n}", []string{"etc/k/open.conf", "inst A {"}, "inst A{prio 1}", ""},
		{"csh braces", "include d/{b,a}.conf", []string{"etc/k/d/a.conf", "flag a", "etc/k/d/b.conf", "flag b"}, "flag b; flag a", ""},
		{"class", "include d/[a].conf", []string{"etc/k/d/a.conf", "flag a", "etc/k/d/b.conf", "flag b"}, "flag a", ""},
		{"missing", "include no.conf\nflag", nil, "flag", "1:9 include-missing"},
		{"missing, with a wildcard", "include no*.conf\nflag", nil, "flag", ""},
		{"quoted", `include "x.conf"`, []string{"etc/k/x.conf", "flag"}, "", "1:9 include-quoted"},
		{"bad pattern", `include [a`, nil, "", "1:9 include-pattern"},
		{"directory", "include d", []string{"etc/k/d/a", "flag"}, "", "1:9 file-skipped"},
		{"loop of one", "flag\ninclude k.conf\nflag", nil, "flag; flag", "2:9 include-loop"},
		{"loop of two", "include a.conf", []string{"etc/k/a.conf", "flag\ninclude ./k.conf"}, "flag", "2:9 include-loop"},
		{"twice is no loop", "include a.conf\ninclude a.conf", []string{"etc/k/a.conf", "flag"}, "flag; flag", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			tree := parse(t, syntax.Keepalived, files(c.main, c.more...))
			if d := cmp.Diff([2]string{c.want, c.diag}, [2]string{dump(tree.Body), rules(tree.Diagnostics)}); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

func TestIncludedFilesAreNamed(t *testing.T) {
	tree := parse(t, syntax.Keepalived, files("flag a\ninclude b.conf", "etc/k/b.conf", "\nflag b"))
	if d := cmp.Diff([]string{"/etc/k/k.conf", "/etc/k/b.conf"}, tree.Files); d != "" {
		t.Errorf("files (-want +got):\n%s", d)
	}
	if got, want := tree.Body[1].Range().String(), "/etc/k/b.conf:2:1"; got != want {
		t.Errorf("the statement is at %s, want %s", got, want)
	}
}

func TestFileThatIsNone(t *testing.T) {
	for name, c := range map[string]struct {
		fs   fstest.MapFS
		rule string
	}{
		"missing":    {fstest.MapFS{}, "0:0 file-missing"},
		"directory":  {fstest.MapFS{"etc/k/k.conf/x": {}}, "0:0 file-skipped"},
		"executable": {fstest.MapFS{"etc/k/k.conf": {Data: []byte("flag"), Mode: 0o755}}, "0:0 file-skipped"},
		"device":     {fstest.MapFS{"etc/k/k.conf": {Mode: fs.ModeDevice}}, "0:0 file-skipped"},
	} {
		tree := parse(t, syntax.Keepalived, syntax.FromFS(c.fs))
		if len(tree.Files)+len(tree.Body) != 0 || rules(tree.Diagnostics) != c.rule {
			t.Errorf("%s: %d files, %d statements, %s; want %s", name, len(tree.Files), len(tree.Body), rules(tree.Diagnostics), c.rule)
		}
	}
}

// TestIncludeChecks: which includes keepalived exits for.
func TestIncludeChecks(t *testing.T) {
	const missing, none, braces, dir = "/no/x", "/etc/k/no*", "/etc/k/{a,no}.conf", "/etc/k/dir"
	for _, c := range []struct {
		word    string
		refused []string // of the four above
	}{
		{"include", nil},
		{"includer", []string{dir}},
		{"includem", []string{missing, dir}},
		{"includew", []string{missing, none, dir}},
		{"includeb", []string{braces, dir}},
		{"includea", []string{missing, none, braces, dir}},
		{"include_check", []string{missing, none, braces, dir}},
		{"include_check match", []string{missing, dir}},
		{"include_check wildcard_match", []string{none, dir}},
		{"include_check brace_match", []string{braces, dir}},
		{"include_check +match", []string{missing}},
		{"include_check match +wildcard_match", []string{missing, none, dir}},
		{"include_check match +wildcard_match -match", []string{none, dir}},
		{"include_check match\ninclude_check -match", []string{dir}},
	} {
		for _, name := range []string{missing, none, braces, dir} {
			in := c.word + " " + name
			if strings.HasPrefix(c.word, "include_check") {
				in = c.word + "\ninclude b.conf\ninclude " + name
			}
			tree := parse(t, syntax.Keepalived, files(in, "etc/k/a.conf", "flag", "etc/k/b.conf", "include_check -match -wildcard_match -brace_match", "etc/k/dir/x", ""))
			want := slices.Contains(c.refused, name)
			if tree.Refused != want || (diag.Max(tree.Diagnostics) == diag.Error) != want {
				t.Errorf("%q: refused %t, want %t; %s", in, tree.Refused, want, rules(tree.Diagnostics))
			}
			// What an include refuses is not read.
			if read := strings.Contains(dump(tree.Body), "flag"); read != (name == braces && !want) {
				t.Errorf("%q: read %t", in, read)
			}
		}
	}
}

// TestIncludeChecksOfFiles: an included file starts with the checks of the one
// that includes it.
func TestIncludeChecksOfFiles(t *testing.T) {
	tree := parse(t, syntax.Keepalived, files("include_check match\ninclude b.conf", "etc/k/b.conf", "include no.conf"))
	if !tree.Refused {
		t.Errorf("not refused: %s", rules(tree.Diagnostics))
	}
	tree = parse(t, syntax.Keepalived, files("include_check foo\ninclude_check match brace_match\ninclude_check -foo"))
	if got, want := rules(tree.Diagnostics), "1:15 include-check, 2:21 include-check, 3:15 include-check"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// huge is a file of size bytes, all of them '#'.
type huge struct{ size int64 }

func (h huge) Open(string) (fs.File, error) { return &hugeFile{fstest.MapFS{"f": {}}, h.size, 0}, nil }
func (huge) Glob(string) ([]string, error)  { return nil, nil }

type hugeFile struct {
	fstest.MapFS
	size, read int64
}

func (f *hugeFile) Close() error { return nil }
func (f *hugeFile) Stat() (fs.FileInfo, error) {
	return f.MapFS.Stat("f") // of size 0, as a pipe or a file that grows has
}

func (f *hugeFile) Read(p []byte) (int, error) {
	f.read += int64(len(p))
	for i := range p {
		p[i] = '#'
	}
	return len(p), nil
}

func TestTooLarge(t *testing.T) {
	need.Time(t)
	for name, f := range map[string]syntax.Files{
		"bytes":      huge{},
		"statements": files(strings.Repeat("a\n", 2<<20+1)),
		"words":      files(strings.Repeat(strings.Repeat("a ", 500)+"\n", 8<<20/500+1)),
		"includes":   files(strings.Repeat("include x\n", 4097), "etc/k/x", "flag"),
		"files":      files(strings.Repeat("include {x,x,x,x}\n", 2501), "etc/k/x", "flag"),
	} {
		_, err := syntax.Parse("/etc/k/k.conf", grammar, syntax.Options{Files: f})
		if !errors.Is(err, syntax.ErrTooLarge) {
			t.Errorf("%s: %v, want %v", name, err, syntax.ErrTooLarge)
		}
	}
}

// refused refuses every file.
type refused struct{}

func (refused) Open(string) (fs.File, error)  { return nil, fs.ErrPermission }
func (refused) Glob(string) ([]string, error) { return nil, nil }

func TestUnreadable(t *testing.T) {
	if _, err := syntax.Parse("/x", grammar, syntax.Options{Files: refused{}}); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("got %v, want %v", err, fs.ErrPermission)
	}
}
