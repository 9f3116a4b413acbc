package machine

import (
	"os"
	"os/user"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/command"
	"github.com/kactl/kactl/pkg/script"
)

// A process without descriptors learns nothing of scripts and users: then none is
// wrong, and a reload at that moment drops none.
func TestNoDescriptors(t *testing.T) {
	name := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(name, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	m, c := New(), command.Command{Words: []string{name}}
	if m.UserExists("no-such-user", "") || m.UserExists("root", "no-such-group") || !m.UserExists("daemon", "daemon") {
		t.Error("with descriptors the users are not what they are")
	}
	var old unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &old); err != nil {
		t.Fatal(err)
	}
	fd, err := unix.Open("/", unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	unix.Close(fd)
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: uint64(fd), Max: old.Max}); err != nil {
		t.Fatal(err)
	}
	_, lacks := os.Open("/")
	_, unknown := user.Lookup("daemon")
	checked, exists := m.CheckScript(c, true), m.UserExists("daemon", "daemon")
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &old); err != nil {
		t.Fatal(err)
	}
	if lacks == nil {
		t.Fatal("there was a descriptor left")
	}
	if checked != nil {
		t.Errorf("without descriptors: %v", checked)
	}
	// The C library, where it is used, does not tell the two apart.
	if script.OwnTrouble(unknown) != exists {
		t.Errorf("without descriptors: user %v, %v", exists, unknown)
	}
}

func TestStartable(t *testing.T) {
	name := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(name, []byte("exit 0\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := New().Startable(command.Command{Words: []string{name}}); err == nil {
		t.Error("a text without #! is no fault")
	}
	if err := New().Startable(command.Command{Words: []string{"/bin/true"}}); err != nil {
		t.Error(err)
	}
}
