package rootonly

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/test/need"
)

// tree makes directories, files and links; a name that ends with "/" is a
// directory's, and "a -> b" a link's.
func tree(t *testing.T, names ...string) string {
	t.Helper()
	root := t.TempDir()
	for _, name := range names {
		name, mode, _ := strings.Cut(name, " ")
		path := filepath.Join(root, name)
		var err error
		switch target, link := strings.CutPrefix(mode, "-> "); {
		case link:
			err = os.Symlink(target, path)
		case strings.HasSuffix(name, "/"):
			err = os.Mkdir(path, 0o755)
		default:
			err = os.WriteFile(path, nil, 0o755)
		}
		if err != nil {
			t.Fatal(err)
		}
		switch mode {
		case "g+w":
			err = os.Chmod(path, 0o775)
		case "o+w":
			err = os.Chmod(path, 0o757)
		case "sticky":
			err = os.Chmod(path, 0o777|os.ModeSticky)
		case "other":
			err = os.Lchown(path, 65534, 65534)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestResolve(t *testing.T) {
	root := tree(t, "usr/", "usr/bin/", "usr/bin/kactl", "bin -> usr/bin", "sbin -> /usr/bin", "usr/bin/link -> ../bin/./kactl",
		"usr/bin/loop -> loop", "usr/bin/dangling -> nothing", "tmp/ sticky", "tmp/kactl", "group/ g+w", "group/kactl",
		"usr/bin/open o+w", "usr/bin/shared g+w", "usr/through -> ../tmp/kactl", "tmp/back -> /usr/bin/kactl",
		"up -> ../../../../usr/bin/kactl")
	for _, tt := range []struct {
		path, want string
		err        error
	}{
		{"/usr/bin/kactl", "/usr/bin/kactl", nil},
		{"/", "/", nil},
		{"//usr/./bin/../bin//kactl", "/usr/bin/kactl", nil},
		{"/bin/kactl", "/usr/bin/kactl", nil},
		{"/sbin/link", "/usr/bin/kactl", nil},
		{"/up", "/usr/bin/kactl", nil},
		{"/usr/bin/loop", "", unix.ELOOP},
		{"/usr/bin/dangling", "", fs.ErrNotExist},
		{"/usr/bin/kactl/below", "", unix.ENOTDIR},
		{"/tmp/kactl", "", ErrInsecure},
		{"/tmp/back", "", ErrInsecure},
		{"/usr/through", "", ErrInsecure},
		{"/group/kactl", "", ErrInsecure},
		{"/usr/bin/open", "", ErrInsecure},
		{"/usr/bin/shared", "", ErrInsecure},
	} {
		got, _, err := Rules{Below: root, OwnUser: true}.Follow(tt.path)
		if got != tt.want || !errors.Is(err, tt.err) {
			t.Errorf("%s: %q, %v, want %q, %v", tt.path, got, err, tt.want, tt.err)
		}
	}
	if _, err := Resolve("relative"); err == nil {
		t.Error("it takes a relative path")
	}
}

func TestResolveOthers(t *testing.T) {
	need.Root(t)
	root := tree(t, "usr/", "usr/kactl", "usr/theirs other", "home/ other", "home/kactl", "home/link -> /usr/kactl",
		"usr/link -> kactl", "usr/away -> /home/kactl", "tmp/ sticky", "tmp/kactl", "tmp/link -> kactl", "tmp/away -> kactl")
	if err := os.Lchown(filepath.Join(root, "tmp/away"), 65534, 65534); err != nil {
		t.Fatal(err)
	}
	for path, ok := range map[string]bool{
		"/tmp/kactl": true, "/tmp/away": false, "/tmp/link": true,
	} {
		if _, _, err := (Rules{Below: root, Sticky: true, OwnUser: true}).Follow(path); (err == nil) != ok || !ok && !errors.Is(err, ErrInsecure) {
			t.Errorf("%s: %v", path, err)
		}
	}
	for path, ok := range map[string]bool{
		"/usr/kactl": true, "/usr/link": true, "/usr/theirs": false, "/home/kactl": false, "/home/link": false, "/usr/away": false,
		// What is in /home does not matter, and / is above it whoever owns it.
		"/home/../usr/kactl": true, "/home/kactl/../../usr/kactl": false,
	} {
		if _, _, err := (Rules{Below: root, OwnUser: true}).Follow(path); (err == nil) != ok || !ok && !errors.Is(err, ErrInsecure) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// An access control list lets others make names as a mode does.
func TestShared(t *testing.T) {
	need.Root(t)
	root := tree(t, "plain/", "group/ g+w", "sticky/ sticky", "list/ g+w", "list/tool", "plain/tool", "group/tool", "tool")
	// The version, then owner, user 65534, group, mask and others, all as in acl.go.
	acl := []byte{2, 0, 0, 0,
		1, 0, 7, 0, 255, 255, 255, 255, 2, 0, 7, 0, 254, 255, 0, 0, 4, 0, 5, 0, 255, 255, 255, 255,
		16, 0, 7, 0, 255, 255, 255, 255, 32, 0, 5, 0, 255, 255, 255, 255}
	list := filepath.Join(root, "list")
	if err := os.Chmod(list, 0o775|os.ModeSticky); err != nil {
		t.Fatal(err)
	}
	if err := unix.Setxattr(list, aclName, acl, 0); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"plain": false, "group": false, "sticky": true, "list": true} {
		var st unix.Stat_t
		path := filepath.Join(root, name)
		if err := unix.Stat(path, &st); err != nil {
			t.Fatal(err)
		}
		if got := Shared(path, &st); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
	// So a hard link there may be anybody's.
	rules := Rules{Below: root, Sticky: true, RootGroup: true}
	for _, name := range []string{"list/hard", "plain/hard", "group/hard"} {
		if err := os.Link(filepath.Join(root, "tool"), filepath.Join(root, name)); err != nil {
			t.Fatal(err)
		}
	}
	for path, ok := range map[string]bool{"/list/tool": true, "/list/hard": false, "/plain/hard": true, "/group/hard": true} {
		if _, _, err := rules.Follow(path); (err == nil) != ok || !ok && !errors.Is(err, ErrInsecure) {
			t.Errorf("%s: %v", path, err)
		}
	}
}
