package script

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/command"

	"github.com/kactl/kactl/test/need"
)

func writeFile(t *testing.T, path, content string, mode os.FileMode) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func mkdir(t *testing.T, path string, mode os.FileMode) string {
	t.Helper()
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	return path
}

// publicDir returns a directory that every user can search and only we can
// write.
func publicDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for d := dir; d != filepath.Clean(os.TempDir()) && d != "/"; d = filepath.Dir(d) {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestCheck(t *testing.T) {
	need.Root(t)
	const nobody = 65534
	dir := publicDir(t)
	at := func(name string) string { return filepath.Join(dir, name) }
	file := func(name string, mode os.FileMode, uid, gid int) string {
		path := writeFile(t, at(name), "#!/bin/sh\n", mode)
		if err := os.Chown(path, uid, gid); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil { // chown may clear bits
			t.Fatal(err)
		}
		return path
	}
	link := func(to, name string) string {
		if err := os.Symlink(to, at(name)); err != nil {
			t.Fatal(err)
		}
		return at(name)
	}
	mkdir(t, at("open"), 0o777)
	mkdir(t, at("sticky"), 0o777|os.ModeSticky)
	mkdir(t, at("private"), 0o700)
	mkdir(t, at("theirs"), 0o755)
	ok := file("ok", 0o755, 0, 0)

	tests := []struct {
		name           string
		path           string
		root           error // as root, without security
		secure, nobody error // as root with security; as nobody
		at             string
	}{
		{name: "fine", path: ok},
		{name: "no permission", path: file("noexec", 0o644, 0, 0), root: ErrNotExecutable, secure: ErrNotExecutable, nobody: ErrNotExecutable},
		{name: "only for root", path: file("root", 0o700, 0, 0), nobody: ErrNotExecutable},
		{name: "only for group", path: file("group", 0o070, 0, nobody), secure: ErrInsecure},
		{name: "for all but a group", path: file("nogroup", 0o705, 0, nobody), nobody: ErrNotExecutable},
		{name: "in a private directory", path: file("private/x", 0o755, 0, 0), nobody: ErrNotExecutable, at: at("private") + " has mode 0700 and owner 0:0"},
		{name: "missing", path: at("missing"), root: ErrNotExecutable, secure: ErrNotExecutable, nobody: ErrNotExecutable},
		{name: "directory", path: dir, root: ErrNotExecutable, secure: ErrNotExecutable, nobody: ErrNotExecutable},
		{name: "below a file", path: ok + "/x", root: ErrNotExecutable, secure: ErrNotExecutable, nobody: ErrNotExecutable},
		{name: "writable by root's group", path: file("gw", 0o775, 0, 0)},
		{name: "writable by another group", path: file("gwn", 0o775, 0, nobody), secure: ErrInsecure, at: at("gwn") + " has mode 0775"},
		{name: "writable by all", path: file("ow", 0o757, 0, 0), secure: ErrInsecure, at: at("ow") + " has mode 0757"},
		{name: "of another owner", path: file("own", 0o555, nobody, 0), secure: ErrInsecure, at: at("own")},
		{name: "in a writable directory", path: file("open/x", 0o755, 0, 0), secure: ErrInsecure, at: at("open") + " has mode 0777"},
		{name: "in a sticky directory", path: file("sticky/x", 0o755, 0, 0)},
		{name: "in another's directory", path: file("theirs/x", 0o755, 0, 0), secure: ErrInsecure, at: at("theirs")},
		{name: "link to a writable file", path: link(at("ow"), "link-ow"), secure: ErrInsecure, at: at("ow")},
		{name: "link from a writable directory", path: link(ok, "open/link-ok")},
	}
	if err := os.Chown(at("theirs"), nobody, 0); err != nil {
		t.Fatal(err)
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			words := []string{tt.path, "an argument"}
			for _, run := range []struct {
				as       string
				security bool
				user     string
				want     error
			}{
				{"root", false, "", tt.root},
				{"root, secure", true, "root", tt.secure},
				{"nobody", true, "nobody", tt.nobody},
			} {
				err := Check(command.Command{Words: words, User: run.user}, run.security)
				if !errors.Is(err, run.want) || (err == nil) != (run.want == nil) {
					t.Errorf("as %s: got %v, want %v", run.as, err, run.want)
				}
				if err != nil && !strings.Contains(err.Error(), tt.at) {
					t.Errorf("as %s: %q does not name %s", run.as, err, tt.at)
				}
			}
		})
	}
}

func TestResolve(t *testing.T) {
	dir := publicDir(t)
	first := mkdir(t, filepath.Join(dir, "first"), 0o755)
	second := mkdir(t, filepath.Join(dir, "second"), 0o755)
	writeFile(t, filepath.Join(first, "prog"), "#!/bin/sh\n", 0o644)
	prog := writeFile(t, filepath.Join(second, "prog"), "#!/bin/sh\n", 0o755)
	writeFile(t, filepath.Join(first, "data"), "", 0o644)
	t.Setenv("PATH", first+":"+filepath.Join(first, "data")+":"+second)
	t.Chdir(second)

	tests := []struct {
		name, word, want string
		err              error
		says             string
	}{
		{name: "passes over what cannot be executed", word: "prog", want: prog},
		{name: "as written", word: prog, want: prog},
		{name: "relative", word: "./prog", want: "./prog"},
		{name: "missing", word: "nothing", err: ErrNotExecutable, says: "not in PATH"},
		{name: "missing, to who asks so", word: "nothing", err: fs.ErrNotExist, says: "not in PATH"},
		{name: "not executable", word: "data", err: ErrNotExecutable, says: filepath.Join(first, "data")},
		{name: "empty", word: "", err: ErrNotExecutable, says: "empty"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Resolve(command.Command{Words: []string{tt.word}})
			if got != tt.want || !errors.Is(err, tt.err) {
				t.Fatalf("got %q, %v; want %q, %v", got, err, tt.want, tt.err)
			}
			if err != nil && !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%q does not say %q", err, tt.says)
			}
		})
	}
	if _, err := Resolve(command.Command{}); !errors.Is(err, ErrNotExecutable) {
		t.Errorf("without words: %v", err)
	}
}

func TestUnknownIdentity(t *testing.T) {
	for _, c := range []command.Command{
		{Words: []string{"/bin/true"}, User: "no-such-user"},
		{Words: []string{"/bin/true"}, Group: "no-such-group"},
	} {
		err := Check(c, false)
		if err == nil || !strings.Contains(err.Error(), "no-such-") {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func TestCredential(t *testing.T) {
	own := identity{uid: uint32(unix.Geteuid()), gid: uint32(unix.Getegid())}
	other := identity{uid: own.uid + 1, gid: own.gid}
	if c := other.credential(); c == nil || c.Uid != other.uid || len(c.Groups) != 1 || c.Groups[0] != other.gid {
		t.Errorf("another user: %+v", c)
	}
	groups, err := unix.Getgroups()
	if err != nil {
		t.Fatal(err)
	}
	if len(groups) == 0 && own.credential() != nil {
		t.Errorf("ourselves: %+v", own.credential())
	}
}
