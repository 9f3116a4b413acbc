package rssetup

import (
	"os"
	"path/filepath"
	"testing"
)

// What a crash left beside a file is in nobody's way, and goes with it.
func TestFileAfterCrash(t *testing.T) {
	path := filepath.Join(t.TempDir(), "etc", "file")
	leave := func() {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path+newSuffix, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	leave()
	if err := replaceFile(path, "whole\n"); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	text, err1 := os.ReadFile(path)
	if err != nil || err1 != nil || string(text) != "whole\n" || info.Mode().Perm() != 0o644 {
		t.Errorf("%v, %v, %v, %q", err, err1, info, text)
	}
	leave()
	if err := replaceLink(path, "elsewhere"); err != nil {
		t.Fatal(err)
	}
	if target, err := os.Readlink(path); err != nil || target != "elsewhere" {
		t.Errorf("%v, %q", err, target)
	}
	leave()
	for range 2 {
		if err := removeFile(path); err != nil {
			t.Error(err)
		}
	}
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 0 {
		t.Errorf("left: %v, %v", left, err)
	}
	if err := removeFile(filepath.Join(path, "below", "nothing")); err != nil {
		t.Error(err)
	}
}
