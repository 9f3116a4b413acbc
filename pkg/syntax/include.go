package syntax

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/kactl/kactl/pkg/diag"
)

// The bounds of how deep files include each other, and how often.
const (
	maxDepth    = 64
	maxOpens    = 10000
	maxIncludes = 4096
)

// includes are the words that include files. They differ in what counts as an
// error where no file matches; see keepalived.conf(5).
var includes = []string{"include", "includea", "includeb", "includem", "includer", "includew"}

// directive carries out the directive at the start of the rest of a line.
func (l *lexer) directive(s *source) bool {
	switch c := s.rest[0]; {
	case c == '$' && definition(s.rest), c == '@', strings.HasPrefix(s.rest, "~SEQ"), strings.HasPrefix(s.rest, "~LST"):
		text := strings.TrimRight(s.rest, blanks)
		l.report(diag.Diagnostic{
			Severity: diag.Error, Rule: "preprocessor", Range: s.at(s.column, len(text)),
			Message: "definitions, conditions (@) and sequences (~) are not supported yet; the line is not read",
			Hint:    "write the lines that it stands for",
		})
		s.skip(len(s.rest))
		return true
	case c != 'i':
		return false
	}
	n := strings.IndexAny(s.rest, blanks)
	if n < 0 || !slices.Contains(includes, s.rest[:n]) {
		return false
	}
	pattern := strings.TrimLeft(s.rest[n:], blanks)
	if pattern == "" {
		return false
	}
	s.skip(len(s.rest) - len(pattern))
	pattern = strings.TrimRight(pattern, blanks)
	at := s.at(s.column, len(pattern))
	s.skip(len(s.rest))
	if l.includes++; l.includes > maxIncludes {
		l.err = fmt.Errorf("read %s: more than %d includes: %w", s.name, maxIncludes, ErrTooLarge)
		return true
	}
	l.include(s, pattern, at)
	return true
}

// definition reports whether text is $NAME=...
func definition(text string) bool {
	name, _, ok := strings.Cut(text[1:], "=")
	return ok && name != "" && strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") == ""
}

// include opens the files that match pattern, so that they are read next, in
// order. A relative pattern starts from the directory of the including file.
func (l *lexer) include(s *source, pattern string, at diag.Range) {
	if strings.HasPrefix(pattern, `"`) {
		l.report(diag.Diagnostic{
			Severity: diag.Warning, Rule: "include-quoted", Range: at,
			Message: "quotes are part of the file name for keepalived, so that it finds no file",
			Hint:    "write " + strings.Trim(pattern, `"`),
		})
		return
	}
	full := pattern
	if !path.IsAbs(full) && s.dir != "" {
		full = s.dir + "/" + pattern
	}
	names, err := l.fs.Glob(full)
	if err != nil {
		l.report(diag.Diagnostic{Severity: diag.Warning, Rule: "include-pattern", Range: at, Message: err.Error()})
		return
	}
	if len(names) == 0 && !strings.ContainsAny(pattern, "*?[{") {
		l.report(diag.Diagnostic{
			Severity: diag.Warning, Rule: "include-missing", Range: at,
			Message: fmt.Sprintf("no file %s; keepalived goes on without it", pattern),
		})
	}
	for _, name := range slices.Backward(names) { // the last one pushed is read first
		l.open(name, s, at)
	}
}

// open makes the file called name the one that is read next, on behalf of a
// directive in from, which is where its faults are reported.
func (l *lexer) open(name string, from *source, at diag.Range) {
	depth := 0
	for s := from; s != nil; s = s.parent {
		if depth++; path.Clean(s.name) != path.Clean(name) && depth < maxDepth {
			continue
		}
		message := fmt.Sprintf("%s includes itself; keepalived does so until it runs out of file descriptors", name)
		if depth >= maxDepth {
			message = fmt.Sprintf("%s is not read: files include each other %d deep", name, maxDepth)
		}
		l.report(diag.Diagnostic{Severity: diag.Error, Rule: "include-loop", Range: at, Message: message})
		return
	}
	if l.opens++; l.opens > maxOpens {
		l.err = fmt.Errorf("read %s: more than %d files are included: %w", name, maxOpens, ErrTooLarge)
		return
	}
	text, err := read(l.fs, name, maxBytes-l.bytes)
	switch {
	case err == nil:
	case errors.Is(err, ErrTooLarge):
		l.err = err
		return
	case errors.Is(err, fs.ErrNotExist):
		d := diag.Diagnostic{Severity: diag.Warning, Rule: "include-missing", Range: at, Message: "no file " + name}
		if from == nil {
			d.Rule, d.Hint = "file-missing", "create it, or name another one"
		}
		l.report(d)
		return
	case errors.Is(err, errSkipped), errors.Is(err, errDirectory):
		l.report(diag.Diagnostic{
			Severity: diag.Warning, Rule: "file-skipped", Range: at,
			Message: fmt.Sprintf("%s %v; keepalived skips it", name, err), Hint: skipHint(err),
		})
		return
	default:
		if len(l.files) == 0 {
			l.err = err
			return
		}
		l.report(diag.Diagnostic{Severity: diag.Warning, Rule: "include-unreadable", Range: at, Message: err.Error()})
		return
	}
	l.bytes += len(text)
	if !slices.Contains(l.files, name) {
		l.files = append(l.files, name)
	}
	l.sources = append(l.sources, &source{parent: from, name: name, dir: path.Dir(name), text: text, from: 1})
}

// skipHint says how what was skipped becomes something that is read.
func skipHint(err error) string {
	if errors.Is(err, errDirectory) {
		return "name a file in it"
	}
	return "put a plain file there, with a mode like 0644"
}
