package rootonly

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestFind(t *testing.T) {
	root := tree(t, "usr/", "usr/sbin/", "usr/bin/", "usr/local/", "usr/local/bin/", "sbin -> usr/sbin", "bin -> usr/bin",
		"usr/bin/kmod", "usr/sbin/modprobe -> ../bin/kmod", "usr/bin/modprobe", "usr/sbin/dir/", "usr/bin/dir", "usr/sbin/open o+w",
		"usr/sbin/both o+w", "usr/bin/both", "usr/bin/data", "usr/local/bin/local", "local")
	if err := os.Chmod(filepath.Join(root, "usr/bin/data"), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Chdir(root)
	t.Setenv("PATH", ".:"+root+":"+filepath.Join(root, "usr/local/bin"))
	for _, tt := range []struct {
		name, want string
		err        error // nil with an empty want is any
	}{
		{"modprobe", "/usr/sbin/modprobe", nil},
		{"kmod", "/usr/bin/kmod", nil},
		{"dir", "/usr/bin/dir", nil},
		{"both", "/usr/bin/both", nil},
		{"open", "", ErrInsecure},
		{"data", "", nil},
		{"local", "", fs.ErrNotExist}, // PATH does not count
		{"missing", "", fs.ErrNotExist},
		{"", "", nil},
		{"./local", "", nil},
		{"/usr/bin/kmod", "", nil},
	} {
		got, err := Rules{Below: root, OwnUser: true}.find(tt.name)
		if got != tt.want || (err == nil) != (tt.want != "") || tt.err != nil && !errors.Is(err, tt.err) {
			t.Errorf("%q: %q, %v; want %q, %v", tt.name, got, err, tt.want, tt.err)
		}
	}
}

// Neither the caller's PATH nor the rest of its environment decides what is run.
func TestCommand(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"env", "only-there"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\necho foreign\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir)
	t.Setenv("MODPROBE_OPTIONS", "-n")
	t.Setenv("LD_LIBRARY_PATH", dir)
	cmd, err := Command(t.Context(), "env")
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.Output()
	if want := "PATH=" + systemPath + "\nLC_ALL=C\n"; err != nil || string(out) != want {
		t.Errorf("env: %v, %q; want %q", err, out, want)
	}
	if _, err := Command(t.Context(), "only-there"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}
