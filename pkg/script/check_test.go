package script

import (
	"encoding/binary"
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

// setList gives path an access control list that lets a user do something.
func setList(t *testing.T, path string, uid uint32, user, mask uint16) {
	t.Helper()
	entry := func(to []byte, tag, perm uint16, id uint32) []byte {
		to = binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(to, tag), perm)
		return binary.LittleEndian.AppendUint32(to, id)
	}
	const none = ^uint32(0)
	acl := entry([]byte{2, 0, 0, 0}, 0x01, 7, none) // the version, the owner
	acl = entry(entry(acl, 0x02, user, uid), 0x04, 5, none)
	acl = entry(entry(acl, 0x10, mask, none), 0x20, 5, none)
	if err := unix.Setxattr(path, "system.posix_acl_access", acl, 0); err != nil {
		t.Fatalf("set the access control list of %s: %v", path, err)
	}
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
	setList(t, mkdir(t, at("listed"), 0o775|os.ModeSticky), nobody, 7, 7)
	ok := file("ok", 0o755, 0, 0)
	mkdir(t, at("open/sub"), 0o755)
	theirLink := func(to, name string) string {
		link(to, name)
		if err := os.Lchown(at(name), nobody, nobody); err != nil {
			t.Fatal(err)
		}
		return at(name)
	}
	hardLink := func(name string) string {
		writeFile(t, at("hard"), "#!/bin/sh\n", 0o755)
		if err := os.Link(at("hard"), at(name)); err != nil {
			t.Fatal(err)
		}
		return at(name)
	}
	script := func(name, interpreter string) string {
		return writeFile(t, at(name), "#! "+interpreter+"\n", 0o755)
	}
	list := func(path string, uid uint32, user, mask uint16) string {
		setList(t, path, uid, user, mask)
		return path
	}
	mkdir(t, at("path"), 0o755)
	file("path/good", 0o755, 0, 0)
	file("theirs/good", 0o755, 0, 0)
	file("theirs/theirs", 0o755, 0, 0)
	file("open/good", 0o755, 0, 0)
	t.Setenv("PATH", at("theirs")+":"+at("open")+":"+at("path")+":/usr/bin:/bin")

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
		{name: "link from a writable directory", path: link(ok, "open/link-ok"), secure: ErrInsecure, at: at("open")},
		{name: "link from another's directory", path: link(ok, "theirs/link-ok"), secure: ErrInsecure, at: at("theirs")},
		{name: "link from a sticky directory", path: link(ok, "sticky/link-ok")},
		{name: "another's link in a sticky directory", path: theirLink(ok, "sticky/their-link"), secure: ErrInsecure, at: at("sticky/their-link")},
		{name: "another's link in root's directory", path: theirLink(ok, "their-link"), secure: ErrInsecure, at: at("their-link")},
		{name: "another's link to the directory", path: theirLink(dir, "sticky/their-dir") + "/ok", secure: ErrInsecure, at: at("sticky/their-dir")},
		{name: "link to a link in a writable directory", path: link(at("open/link-ok"), "to-link-ok"), secure: ErrInsecure, at: at("open")},
		{name: "relative link", path: link("../open/../ok", "sticky/relative")},
		{name: "relative link through a writable directory", path: link("../open/link-ok", "sticky/relative-open"), secure: ErrInsecure, at: at("open")},
		{name: "dots through another's directory", path: at("theirs") + "/.././ok"},
		{name: "dots behind a directory that another can replace", path: at("open") + "/sub/../../ok", secure: ErrInsecure, at: at("open")},
		{name: "slashes", path: "//" + at("") + "///ok"},
		{name: "loop", path: link(at("loop"), "loop"), root: ErrNotExecutable, secure: ErrNotExecutable, nobody: ErrNotExecutable},
		{name: "hard link in a sticky directory", path: hardLink("sticky/hard"), secure: ErrInsecure, at: at("sticky/hard")},
		{name: "in a sticky directory with a list", path: file("listed/x", 0o755, 0, 0)},
		{name: "hard link in a sticky directory with a list", path: hardLink("listed/hard"), secure: ErrInsecure, at: at("listed/hard")},
		{name: "through /proc", path: "/proc/self/root" + ok, secure: ErrInsecure, at: "/proc"},
		{name: "writable by a user of a list", path: list(file("acl", 0o775, 0, 0), nobody, 7, 7), secure: ErrInsecure, at: at("acl")},
		{name: "a list that the mask takes back", path: list(file("acl-mask", 0o755, 0, 0), nobody, 7, 5)},
		{name: "a list that lets read", path: list(file("acl-read", 0o775, 0, 0), nobody, 5, 7)},
		{name: "script of another's interpreter", path: script("i-own", at("own")), secure: ErrInsecure, at: "its interpreter " + at("own")},
		{name: "script of a script of another's", path: script("i-i", at("i-own")), secure: ErrInsecure, at: "its interpreter " + at("own")},
		{name: "script of a link of another's", path: script("i-link", at("their-link")), secure: ErrInsecure, at: "its interpreter " + at("their-link")},
		{name: "env in PATH", path: script("env", "/usr/bin/env good")},
		{name: "env of another's", path: script("env-own", "/usr/bin/env "+at("own")), secure: ErrInsecure, at: at("own")},
		{name: "env -S", path: script("env-split", "/usr/bin/env -S good -x")},
		{name: "env of what only others have", path: script("env-theirs", "/usr/bin/env theirs"), secure: ErrInsecure, at: at("theirs")},
		{name: "a name in PATH", path: "good"},
		{name: "a name in another's directory of PATH", path: "theirs", secure: ErrInsecure, at: at("theirs")},
		{name: "redirection", path: "<" + ok},
		{name: "redirection of nothing", path: "</nonexistent"},
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
