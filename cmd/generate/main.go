// Generate writes what is derived from the commands and from the keywords of
// keepalived.conf: the completions of the shells and the manual pages.
//
//	go run ./cmd/generate [DIRECTORY]
//
// They go to completions/ and man/ in DIRECTORY, the working directory without
// one. What is there and is not generated any more is removed. Neither the day
// nor the version is in them, so that the same sources yield the same files.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/kactl/kactl/cmd"
)

// directories are where the files go. They hold nothing else.
var directories = []string{"completions", "man"}

func main() {
	dir := "."
	if len(os.Args) > 1 {
		dir = os.Args[1]
	}
	if err := generate(dir); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

// generate brings the files below dir up to date.
func generate(dir string) error {
	files, err := generated()
	if err != nil {
		return err
	}
	for _, d := range directories {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			return err
		}
		old, err := os.ReadDir(filepath.Join(dir, d))
		if err != nil {
			return err
		}
		for _, e := range old {
			name := d + "/" + e.Name()
			if _, ok := files[name]; ok {
				continue
			}
			if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := os.WriteFile(filepath.Join(dir, name), files[name], 0o644); err != nil {
			return err
		}
	}
	return nil
}

// generated returns the files by their name.
func generated() (map[string][]byte, error) {
	root := cmd.Root()
	files := manual(root)
	for name, write := range map[string]func(*bytes.Buffer) error{
		"kactl.bash": func(b *bytes.Buffer) error { return root.GenBashCompletionV2(b, true) },
		"_kactl":     func(b *bytes.Buffer) error { return root.GenZshCompletion(b) },
		"kactl.fish": func(b *bytes.Buffer) error { return root.GenFishCompletion(b, true) },
	} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			return nil, fmt.Errorf("completion %s: %w", name, err)
		}
		files["completions/"+name] = b.Bytes()
	}
	return files, nil
}
