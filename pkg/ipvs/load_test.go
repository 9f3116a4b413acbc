package ipvs

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// PATH does not say what loads the module.
func TestLoadModule(t *testing.T) {
	dir := t.TempDir()
	ran := filepath.Join(dir, "ran")
	if err := os.WriteFile(filepath.Join(dir, "modprobe"), []byte("#!/bin/sh\n: > "+ran+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir)
	out, err := loadModule(t.Context())
	t.Logf("modprobe: %v %s", err, out)
	if _, err := os.Stat(ran); !errors.Is(err, fs.ErrNotExist) {
		t.Error("it ran the modprobe of PATH")
	}
}
