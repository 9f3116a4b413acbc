// Package lvs tells the stories of the examples that balance, all on one kernel
// that can.
package lvs

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/kactl/kactl/test/lab"
	"github.com/kactl/kactl/test/story"
)

func TestMain(m *testing.M) { lab.TestMain(m, true) }

// TestStories tells them with the director that the environment asks for.
func TestStories(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.story")
	if err != nil || len(paths) == 0 {
		t.Fatalf("%d stories, %v", len(paths), err)
	}
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), ".story")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			story.Run(t, lab.DefaultKind(), path, filepath.Join("../../../examples", name))
		})
	}
}
