package script

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kactl/kactl/test/need"
)

// Only directories in which root alone makes names are left of a PATH.
func TestGuardedPath(t *testing.T) {
	need.Root(t)
	const nobody = 65534
	dir := publicDir(t)
	at := func(name string) string { return filepath.Join(dir, name) }
	for name, mode := range map[string]os.FileMode{
		"plain": 0o755, "group": 0o775, "sticky": 0o777 | os.ModeSticky, "list": 0o775, "sticky-list": 0o775 | os.ModeSticky,
		"sticky-read": 0o775 | os.ModeSticky, "theirs": 0o755, "their-group": 0o775 | os.ModeSticky, "link-to": 0o775 | os.ModeSticky,
	} {
		mkdir(t, at(name), mode)
	}
	for _, name := range []string{"list", "sticky-list", "link-to"} {
		setList(t, at(name), nobody, 7, 7)
	}
	setList(t, at("sticky-read"), nobody, 5, 7)
	for name, id := range map[string][2]int{"theirs": {nobody, 0}, "their-group": {0, nobody}} {
		if err := os.Chown(at(name), id[0], id[1]); err != nil {
			t.Fatal(err)
		}
	}
	for to, name := range map[string]string{"link-to": "bad-link", "plain": "link"} {
		if err := os.Symlink(to, at(name)); err != nil {
			t.Fatal(err)
		}
	}
	var all []string
	for _, name := range []string{"plain", "group", "sticky", "list", "sticky-list", "sticky-read", "theirs", "their-group", "bad-link", "link", "missing"} {
		all = append(all, at(name))
	}
	search := strings.Join(append(all, ".", "", "relative"), ":")
	want := strings.Join([]string{at("plain"), at("group"), at("sticky-read"), at("link")}, ":")
	if got := guardedPath(search); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}

	// Without any there is the default one, which is looked at as well.
	old := defaultPath
	t.Cleanup(func() { defaultPath = old })
	for _, tt := range []struct{ search, defaults, want string }{
		{at("plain"), at("group"), at("plain")},
		{at("sticky-list"), at("group"), at("group")},
		{".", at("sticky-list") + ":" + at("plain"), at("plain")},
		{"", at("theirs"), noPath},
	} {
		defaultPath = tt.defaults
		env := guardedEnviron(tt.search)
		if got := env[len(env)-1]; got != "PATH="+tt.want {
			t.Errorf("%q, by default %q: got %s, want %s", tt.search, tt.defaults, got, tt.want)
		}
	}
}
