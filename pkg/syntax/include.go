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

// checks are what makes an include that finds too little an error.
type checks uint8

const (
	checkReadable checks = 1 << iota // what matches is not a readable file
	checkMatch                       // there is no such file, or no directory to match in
	checkWildcard                    // nothing matches a wildcard
	checkBraces                      // nothing matches one of the alternatives in braces
)

const allChecks = checkReadable | checkMatch | checkWildcard | checkBraces

// includes are the words that include files. They differ in what counts as an
// error; see keepalived.conf(5).
var includes = map[string]checks{
	"include":  0,
	"includea": allChecks,
	"includeb": checkReadable | checkBraces,
	"includem": checkReadable | checkMatch,
	"includer": checkReadable,
	"includew": checkReadable | checkMatch | checkWildcard,
}

// includeCheck sets the checks of the file being read as the line it, an
// include_check, says: all of them, these, or these more (+) or less (-).
func (l *lexer) includeCheck(it item) {
	if len(l.sources) == 0 {
		return
	}
	f := l.sources[len(l.sources)-1].file
	if len(it.words) == 1 {
		f.checks = allChecks
		return
	}
	for i, w := range it.words[1:] {
		name := strings.TrimLeft(w.Text, "+-")
		set, ok := map[string]checks{
			"match": checkMatch, "wildcard_match": checkWildcard, "brace_match": checkBraces,
		}[name]
		signed := strings.HasPrefix(w.Text, "+") || strings.HasPrefix(w.Text, "-")
		switch {
		case !ok || i > 0 && !signed:
			at := it.place()
			at.Start.Column, at.End.Column = int(w.Column), int(w.End)
			l.report(diag.Diagnostic{
				Severity: diag.Error, Rule: "include-check", Range: at,
				Message: "this is no check of included files, or a second one without + or -; keepalived ignores it",
				Hint:    "write match, wildcard_match or brace_match; files that cannot be read count with each of them",
			})
		case w.Text[0] == '-':
			f.checks &^= set
		case w.Text[0] == '+':
			f.checks |= set
		default:
			f.checks = set | checkReadable
		}
	}
}

// include carries out an include at the start of the rest of the line, if that
// is one.
func (l *lexer) include(s *source) bool {
	n := strings.IndexAny(s.rest, blanks)
	if n < 0 {
		return false
	}
	check, ok := includes[s.rest[:n]]
	pattern := strings.TrimLeft(s.rest[n:], blanks)
	if !ok || pattern == "" {
		return false
	}
	s.skip(len(s.rest) - len(pattern))
	pattern = trimRight(pattern)
	at := s.at(s.column, len(pattern))
	s.skip(len(s.rest))
	if l.includes++; l.includes > maxIncludes {
		l.err = fmt.Errorf("read %s: more than %d includes: %w", s.name, maxIncludes, ErrTooLarge)
		return true
	}
	l.match(s, pattern, at, check|s.file.checks)
	return true
}

// match opens the files that match pattern, so that they are read next, in
// order. A relative pattern starts from the directory of the including file.
func (l *lexer) match(s *source, pattern string, at diag.Range, check checks) {
	if strings.HasPrefix(pattern, `"`) {
		l.unmatched(check&checkMatch != 0, diag.Diagnostic{
			Rule: "include-quoted", Range: at,
			Message: "quotes are part of the file name for keepalived, so that it finds no file",
			Hint:    "write " + strings.Trim(pattern, `"`),
		})
		return
	}
	full := pattern
	if !path.IsAbs(full) && s.dir != "" {
		full = s.dir + "/" + pattern
	}
	names, err := l.Files.Glob(full)
	if err != nil {
		l.unmatched(false, diag.Diagnostic{Rule: "include-pattern", Range: at, Message: err.Error()})
		return
	}
	if !l.complete(full, pattern, at, check, names) {
		return
	}
	for _, name := range slices.Backward(names) { // the last one pushed is read first
		l.open(name, s, at, check)
	}
}

// complete reports whether names, which match pattern, are all that check
// demands. keepalived reads none of them otherwise.
func (l *lexer) complete(full, pattern string, at diag.Range, check checks, names []string) bool {
	missing := diag.Diagnostic{
		Rule: "include-missing", Range: at,
		Message: fmt.Sprintf("no file %s; keepalived goes on without it", pattern),
	}
	wild := strings.IndexAny(full, "*?[")
	if alternatives, _ := expandBraces(full); len(alternatives) > 1 {
		for _, a := range alternatives {
			if some, err := l.Files.Glob(a); err != nil || len(some) > 0 {
				continue
			}
			missing.Message = fmt.Sprintf("no file %s; keepalived goes on without it", a)
			return l.unmatched(check&checkBraces != 0, missing)
		}
		return true
	}
	switch {
	case len(names) > 0:
		return true
	case wild < 0, !l.isThere(path.Dir(full[:wild] + "x")):
		return l.unmatched(check&checkMatch != 0, missing)
	case check&checkWildcard != 0:
		return l.unmatched(true, missing)
	}
	return true // nobody minds
}

// isThere reports whether there is a file or directory called name.
func (l *lexer) isThere(name string) bool {
	f, err := l.Files.Open(name)
	if err != nil {
		return !errors.Is(err, fs.ErrNotExist)
	}
	return f.Close() == nil
}

// unmatched reports an include that finds too little: an error that keepalived
// exits for if a check demands more. It reports whether to go on with it.
func (l *lexer) unmatched(refused bool, d diag.Diagnostic) bool {
	d.Severity = diag.Warning
	if refused {
		l.refused = true
		d.Severity = diag.Error
		d.Message = strings.TrimSuffix(d.Message, "; keepalived goes on without it") + "; the checks of included files demand one: keepalived exits"
	}
	l.report(d)
	return !refused
}

// open makes the file called name the one that is read next, on behalf of a
// directive in from, which is where its faults are reported.
func (l *lexer) open(name string, from *source, at diag.Range, check checks) {
	if l.loops(name, from, at) {
		return
	}
	if l.opens++; l.opens > maxOpens {
		l.err = fmt.Errorf("read %s: more than %d files are included: %w", name, maxOpens, ErrTooLarge)
		return
	}
	text, err := read(l.Files, name, maxBytes-l.bytes)
	d := diag.Diagnostic{Severity: diag.Warning, Range: at}
	switch {
	case err == nil:
		l.bytes += len(text)
		l.push(name, from, at, text)
		return
	case errors.Is(err, ErrTooLarge), from == nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, errSkipped) && !errors.Is(err, errDirectory):
		l.err = err
		return
	case errors.Is(err, fs.ErrNotExist) && from == nil:
		d.Rule, d.Message, d.Hint = "file-missing", "no file "+name, "create it, or name another one"
	case errors.Is(err, fs.ErrNotExist):
		d.Rule, d.Message = "include-missing", "no file "+name
	case errors.Is(err, errSkipped), errors.Is(err, errDirectory):
		d.Rule, d.Message, d.Hint = "file-skipped", fmt.Sprintf("%s %v; keepalived skips it", name, err), skipHint(err)
	default:
		d.Rule, d.Message = "include-unreadable", err.Error()
	}
	if from == nil {
		l.report(d)
		return
	}
	l.unmatched(check&checkReadable != 0, d)
}

// push makes text, that of the file called name, what is read next.
func (l *lexer) push(name string, from *source, at diag.Range, text string) {
	again := slices.Contains(l.files, name)
	if !again {
		l.files = append(l.files, name)
		l.read += len(text)
	}
	s := &source{parent: from, name: name, dir: path.Dir(name), text: text, from: 1, derived: again}
	if s.file = s; from != nil {
		s.checks = from.file.checks
		if _, ok := l.included[name]; !ok && name != l.files[0] {
			if l.included == nil {
				l.included = map[string]diag.Range{}
			}
			l.included[name] = at
		}
	}
	l.sources = append(l.sources, s)
}

// loops reports an include of a file that is being read, or one too deep.
func (l *lexer) loops(name string, from *source, at diag.Range) bool {
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
		return true
	}
	return false
}

// skipHint says how what was skipped becomes something that is read.
func skipHint(err error) string {
	if errors.Is(err, errDirectory) {
		return "name a file in it"
	}
	return "put a plain file there, with a mode like 0644"
}
