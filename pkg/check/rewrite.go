package check

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/rogpeppe/go-internal/diff"

	"github.com/kactl/kactl/pkg/config"
	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/escape"
	"github.com/kactl/kactl/pkg/syntax"
)

// A Rewrite is a file with a new text.
type Rewrite struct {
	Path     string
	Old, New string
	// Fixed counts the findings that the new text settles.
	Fixed int

	masker *config.Masker // nil shows secrets
}

// Fix applies to text, the content of the file at path, what the findings have
// as their one safe answer. A finding whose edits overlap those of another is
// left for the next time.
func Fix(path, text string, found []diag.Diagnostic) Rewrite {
	r := Rewrite{Path: path, Old: text}
	var edits []diag.Edit
	for _, d := range found {
		if len(d.Fix) == 0 || d.Fix[0].Range.File != path || slices.ContainsFunc(d.Fix, func(e diag.Edit) bool { return e.Overlaps(edits) }) {
			continue
		}
		edits = append(edits, d.Fix...)
		r.Fixed++
	}
	r.New, _ = diag.Apply(text, edits)
	return r
}

// Rewrites are the files of a report with their new texts, changed or not: with
// fix those that were read, in which the findings that have an answer are put
// right; with format those that were named are laid out.
func (r *Report) Rewrites(fix, format bool) ([]Rewrite, error) {
	var all []Rewrite
	seen := map[string]bool{}
	for _, n := range r.Nodes {
		for _, path := range n.Files {
			named := path == n.Name
			if seen[path] || !named && !fix {
				continue
			}
			seen[path] = true
			text, err := r.Sources.Text(path)
			if err != nil {
				return nil, err
			}
			w := Rewrite{Path: path, Old: text, New: text, masker: r.secrets.masker()}
			if fix {
				w = Fix(path, text, r.Findings)
				w.masker = r.secrets.masker()
			}
			if format && named {
				w.Format()
			}
			all = append(all, w)
		}
	}
	return all, nil
}

// Format lays the new text out.
func (r *Rewrite) Format() { r.New = syntax.Format(r.New) }

// Changed reports whether the new text is another one.
func (r *Rewrite) Changed() bool { return r.New != r.Old }

// Diff returns the change as a unified diff, to be shown: without what a terminal
// obeys, and without secrets unless they are asked for.
func (r *Rewrite) Diff() []byte {
	name := escape.Line(filepath.Clean(r.Path))
	d := diff.Diff(name, []byte(r.Old), name+" (rewritten)", []byte(r.New))
	if r.masker != nil {
		d = maskDiff(d, r.masker.Mask(r.Old), r.masker.Mask(r.New))
	}
	return escape.AppendLines(nil, string(d))
}

// Write puts the new text in the place of the old one, at once: who reads the
// file finds one of them whole. Mode and owner stay, and a symbolic link keeps
// pointing at its file.
func (r *Rewrite) Write() error {
	path, err := filepath.EvalSymlinks(r.Path)
	if err != nil {
		return fmt.Errorf("rewrite %s: %w", r.Path, err)
	}
	st, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("rewrite %s: %w", r.Path, err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("rewrite %s: %w", r.Path, err)
	}
	defer os.Remove(f.Name()) // where it was not renamed
	if err := fill(f, r.New, st); err != nil {
		return fmt.Errorf("rewrite %s: %w", r.Path, err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("rewrite %s: %w", r.Path, err)
	}
	return nil
}

// fill writes text to f and makes it look like the file that st describes.
func fill(f *os.File, text string, st os.FileInfo) error {
	_, err := f.WriteString(text)
	if err == nil {
		err = f.Chmod(st.Mode().Perm())
	}
	if owner, ok := st.Sys().(*syscall.Stat_t); ok && err == nil {
		if own, statErr := f.Stat(); statErr == nil && !sameOwner(own, owner) {
			err = f.Chown(int(owner.Uid), int(owner.Gid))
		}
	}
	if err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	return err
}

func sameOwner(st os.FileInfo, owner *syscall.Stat_t) bool {
	own, ok := st.Sys().(*syscall.Stat_t)
	return ok && own.Uid == owner.Uid && own.Gid == owner.Gid
}
