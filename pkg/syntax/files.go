package syntax

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// Files is the access to configuration files that [Parse] needs.
type Files interface {
	// Open opens the file at path. What Stat says of its mode counts:
	// keepalived skips directories, devices and executable files.
	Open(path string) (fs.File, error)
	// Glob returns the files that match a pattern of glob(7), braces as in
	// csh included, in the order to read them in. No match is no error.
	Glob(pattern string) ([]string, error)
}

// OS reads the files of this machine.
type OS struct{}

// Open opens a file to read it. It does not wait for the writer of a FIFO.
func (OS) Open(name string) (fs.File, error) {
	f, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// Glob matches as glob(3) does, which keepalived uses.
func (OS) Glob(pattern string) ([]string, error) { return glob(pattern, filepath.Glob) }

// FromFS reads from fsys, whose root stands for "/".
func FromFS(fsys fs.FS) Files { return rooted{fsys} }

type rooted struct{ fsys fs.FS }

func (r rooted) name(p string) string {
	return strings.TrimPrefix(path.Clean("/"+p), "/")
}

func (r rooted) Open(p string) (fs.File, error) {
	if name := r.name(p); name != "" {
		return r.fsys.Open(name)
	}
	return r.fsys.Open(".")
}

func (r rooted) Glob(pattern string) ([]string, error) {
	return glob(pattern, func(p string) ([]string, error) {
		names, err := fs.Glob(r.fsys, r.name(p))
		if path.IsAbs(p) {
			for i := range names {
				names[i] = "/" + names[i]
			}
		}
		return names, err
	})
}

// maxPatterns bounds what the braces of one pattern may expand to.
const maxPatterns = 128

// glob expands braces and gives match what is left, in glob(3)'s spelling of
// it: a leading dot is matched by a dot alone.
func glob(pattern string, match func(string) ([]string, error)) ([]string, error) {
	patterns, ok := expandBraces(pattern)
	if !ok {
		return nil, fmt.Errorf("expand %q: more than %d patterns", pattern, maxPatterns)
	}
	var all []string
	for _, p := range patterns {
		names, err := match(strings.ReplaceAll(p, "[!", "[^"))
		if err != nil {
			return nil, fmt.Errorf("match %q: %w", p, err)
		}
		names = slices.DeleteFunc(names, func(n string) bool { return hidden(p, n) })
		slices.Sort(names)
		all = append(all, names...)
	}
	return all, nil
}

// hidden reports whether name has a part with a leading dot where the pattern
// has none.
func hidden(pattern, name string) bool {
	ps := strings.Split(path.Clean(pattern), "/")
	ns := strings.Split(path.Clean(name), "/")
	if len(ps) != len(ns) {
		return false
	}
	for i, n := range ns {
		if strings.HasPrefix(n, ".") && !strings.HasPrefix(ps[i], ".") {
			return true
		}
	}
	return false
}

// expandBraces turns a{b,c}d into abd and acd. An unmatched brace stands for
// itself. It reports false when there are too many.
func expandBraces(pattern string) ([]string, bool) {
	queue, done := []string{pattern}, []string(nil)
	for len(queue) > 0 {
		if len(queue)+len(done) > maxPatterns {
			return nil, false
		}
		p := queue[0]
		queue = queue[1:]
		start, parts, end := braces(p)
		if end == 0 {
			done = append(done, p)
			continue
		}
		more := make([]string, 0, len(parts)+len(queue))
		for _, part := range parts {
			more = append(more, p[:start]+part+p[end:])
		}
		queue = append(more, queue...)
	}
	return done, true
}

// braces finds the first group of braces in p, its alternatives, and where it
// ends; end is 0 if there is none.
func braces(p string) (start int, parts []string, end int) {
	depth, from := 0, 0
	for i := 0; i < len(p); i++ {
		switch p[i] {
		case '\\':
			i++
		case '{':
			if depth++; depth == 1 {
				start, from, parts = i, i+1, nil
			}
		case ',':
			if depth == 1 {
				parts, from = append(parts, p[from:i]), i+1
			}
		case '}':
			if depth == 0 {
				continue
			}
			if depth--; depth == 0 {
				return start, append(parts, p[from:i]), i + 1
			}
		}
	}
	return 0, nil, 0
}

// ErrTooLarge says that a configuration is larger than what is read: 64 MiB,
// two million lines or eight million words, its included files counted in, or
// ten thousand of those. Definitions, sequences, lists and repeated includes may
// stand for 80,000 lines, 64,000 for each MiB of a larger one.
var ErrTooLarge = errors.New("configuration too large")

// errSkipped is a file of a kind that keepalived does not read.
var errSkipped = errors.New("is not a regular non-executable file")

// errDirectory is a directory in the place of a file.
var errDirectory = errors.New("is a directory")

// read returns the content of a regular, non-executable file of at most limit
// bytes.
func read(files Files, name string, limit int) (string, error) {
	f, err := files.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return "", fmt.Errorf("stat %s: %w", name, err)
	}
	switch m := st.Mode(); {
	case m.IsDir():
		return "", errDirectory
	case !m.IsRegular(), m&0o111 != 0:
		return "", errSkipped
	case st.Size() > int64(limit):
		return "", fmt.Errorf("read %s (%d bytes): %w", name, st.Size(), ErrTooLarge)
	}
	var b strings.Builder
	b.Grow(int(st.Size()))
	n, err := io.Copy(&b, io.LimitReader(f, int64(limit)+1))
	if err != nil {
		return "", fmt.Errorf("read %s: %w", name, err)
	}
	if n > int64(limit) {
		return "", fmt.Errorf("read %s: %w", name, ErrTooLarge)
	}
	return b.String(), nil
}
