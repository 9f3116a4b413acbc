package daemon

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

func TestPIDFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kactl.pid")
	first, err := createPIDFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if b, _ := os.ReadFile(path); string(b) != fmt.Sprintln(os.Getpid()) {
		t.Errorf("file holds %q", b)
	}
	if _, err := createPIDFile(path); !errors.Is(err, ErrRunning) {
		t.Errorf("second daemon: %v", err)
	}
	if err := first.remove(); err != nil {
		t.Fatal(err)
	}
	again, err := createPIDFile(path)
	if err != nil {
		t.Fatalf("after the first has gone: %v", err)
	}
	if err := again.remove(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file is still there: %v", err)
	}
}

// What a killed daemon left is taken over, whatever it says.
func TestPIDFileLeftBehind(t *testing.T) {
	for _, content := range []string{"", "1\n", "999999999\n", "-1", "rubbish\n", "12345678901234567890123456789012345"} {
		path := filepath.Join(t.TempDir(), "kactl.pid")
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		p, err := createPIDFile(path)
		if err != nil {
			t.Errorf("content %q: %v", content, err)
			continue
		}
		if b, _ := os.ReadFile(path); string(b) != fmt.Sprintln(os.Getpid()) {
			t.Errorf("content %q became %q", content, b)
		}
		if err := p.remove(); err != nil {
			t.Error(err)
		}
	}
}

// A link is not followed: the file is written as root.
func TestPIDFileIsNoLink(t *testing.T) {
	dir := t.TempDir()
	target := filepath.Join(dir, "precious")
	if err := os.WriteFile(target, []byte("data"), 0o644); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "kactl.pid")
	if err := os.Symlink(target, path); err != nil {
		t.Fatal(err)
	}
	if _, err := createPIDFile(path); err == nil {
		t.Error("no error")
	}
	if b, _ := os.ReadFile(target); string(b) != "data" {
		t.Errorf("the target became %q", b)
	}
}
