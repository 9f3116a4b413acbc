package check

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/kactl/kactl/pkg/syntax"
)

// Stdin is how the standard input is called in findings.
const Stdin = "<stdin>"

// maxStdin is one byte more than package syntax reads of a configuration.
const maxStdin = 64<<20 + 1

// ErrStdinTwice says that the standard input was named twice.
var ErrStdinTwice = errors.New("the standard input (-) can be read once only")

// input is the files of this machine and, as a file in the working directory,
// the standard input.
type input struct {
	syntax.OS
	stdin string
}

// newInput reads r if it is one of files.
func newInput(r io.Reader, files []string) (*input, error) {
	i := slices.Index(files, "-")
	if i < 0 {
		return &input{}, nil
	}
	if slices.Contains(files[i+1:], "-") {
		return nil, ErrStdinTwice
	}
	text, err := io.ReadAll(io.LimitReader(r, maxStdin))
	if err != nil {
		return nil, fmt.Errorf("read the standard input: %w", err)
	}
	return &input{stdin: string(text)}, nil
}

// name is how the file that the user calls path is named.
func (in *input) name(path string) string {
	if path == "-" {
		return Stdin
	}
	return path
}

// Open implements syntax.Files. A file that is called as the standard input is
// can be reached as ./<stdin>.
func (in *input) Open(name string) (fs.File, error) {
	if name == Stdin {
		return &buffer{strings.NewReader(in.stdin)}, nil
	}
	return in.OS.Open(name)
}

// text returns the whole of a file.
func (in *input) text(name string) (string, error) {
	f, err := in.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	var b strings.Builder
	if _, err := io.Copy(&b, io.LimitReader(f, maxStdin)); err != nil {
		return "", fmt.Errorf("read %s: %w", name, err)
	}
	return b.String(), nil
}

// A buffer is a text as a file.
type buffer struct{ *strings.Reader }

func (b *buffer) Close() error               { return nil }
func (b *buffer) Stat() (fs.FileInfo, error) { return b, nil }
func (b *buffer) Name() string               { return Stdin }
func (b *buffer) Mode() fs.FileMode          { return 0o644 }
func (b *buffer) ModTime() time.Time         { return time.Time{} }
func (b *buffer) IsDir() bool                { return false }
func (b *buffer) Sys() any                   { return nil }
