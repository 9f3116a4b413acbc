package cmd

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/kactl/kactl/pkg/check"
	"github.com/kactl/kactl/pkg/escape"
)

// rewrites reports whether a new text of the files is asked for.
func (c checker) rewrites() bool {
	return c.settings.GetBool("fix") || c.settings.GetBool("diff") || c.settings.GetBool("format")
}

// validRewrite refuses what does not go together with a new text.
func (c checker) validRewrite(asked []string) error {
	fix, diff, format := c.settings.GetBool("fix"), c.settings.GetBool("diff"), c.settings.GetBool("format")
	other := slices.DeleteFunc(slices.Clone(asked), func(m string) bool { return m == "format" })
	switch {
	case len(other) > 0:
		return fmt.Errorf("--%s cannot be given together with --fix, --diff or --format", other[0])
	case format && !fix && !diff && len(c.files) > 1:
		return fmt.Errorf("--format prints one file, but was given %d: write --fix or --diff too", len(c.files))
	case (diff || !fix) && c.settings.GetString("output") != "text":
		return errors.New("--diff and --format write text: leave --output away")
	case fix && !diff && slices.Contains(c.files, "-") && len(c.files) > 1:
		return errors.New("--fix prints the standard input and rewrites files: give one or the others")
	}
	return nil
}

// rewrite shows, prints or writes the new texts of the files.
func (c checker) rewrite(r *check.Report) error {
	fix, diff := c.settings.GetBool("fix"), c.settings.GetBool("diff")
	all, err := r.Rewrites(fix || diff, c.settings.GetBool("format"))
	if err != nil {
		return err
	}
	switch {
	case diff:
		return c.showRewrites(all)
	case !fix || c.files[0] == "-":
		_, err := fmt.Fprint(c.out, all[0].New)
		return err
	}
	for _, w := range all {
		if !w.Changed() {
			continue
		}
		if err := w.Write(); err != nil {
			return err
		}
		fmt.Fprintf(c.err, "%s: rewritten, %d fixed\n", escape.Line(filepath.Clean(w.Path)), w.Fixed)
	}
	if r, err = c.check(); err != nil {
		return err
	}
	return c.verdict(r, c.write(r))
}

// showRewrites writes the differences. There being any is what it finds.
func (c checker) showRewrites(all []check.Rewrite) error {
	status := exitOK
	for _, w := range all {
		if !w.Changed() {
			continue
		}
		status = exitError
		if _, err := c.out.Write(w.Diff()); err != nil {
			return err
		}
	}
	if status == exitOK {
		return nil
	}
	return statusError{status: status}
}
