package syntax

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/kactl/kactl/pkg/diag"
)

// repeat carries out the ~SEQ or ~LST at the start of the rest of the line: what
// is behind it is read once for each value.
func (l *lexer) repeat(s *source) {
	text := s.rest
	spec, rest, ok := strings.Cut(text, ")")
	at := s.at(s.column, len(trimRight(spec))+1)
	if !ok {
		at = s.at(s.column, len(trimRight(text)))
	}
	var names []string
	var values func(i int) ([]string, bool)
	var err error
	rule := "sequence-syntax"
	switch head, inside, open := strings.Cut(spec, "("); {
	case strings.HasPrefix(spec, "~LST"):
		rule = "list-syntax"
		if !ok || !open || trimRight(head) != "~LST" {
			err = errors.New("it has the form ~LST(NAME, VALUE, VALUE)")
		} else {
			names, values, err = list(inside)
		}
	case !ok || !open || trimRight(head) != "~SEQ" && trimRight(head) != "~SEQx":
		err = errors.New("it has the form ~SEQ(NAME, FIRST, STEP, LAST)")
	default:
		var name string
		name, values, err = sequence(l.text(s, inside), strings.HasPrefix(spec, "~SEQx"))
		names = []string{name}
	}
	if errors.Is(err, ErrTooLarge) {
		l.err = fmt.Errorf("read %s: line %d: %w", s.name, s.line, err)
		return
	}
	if err != nil {
		l.report(diag.Diagnostic{
			Severity: diag.Error, Rule: rule, Range: at,
			Message: fmt.Sprintf("%v; keepalived does not read the line", err),
		})
		s.skip(len(s.rest))
		return
	}
	s.skip(len(spec) + 1)
	s.skip(leading(s.rest))
	rest = strings.Clone(s.rest)
	pieces := s.cut(s.column - 1)
	s.skip(len(s.rest))
	i := 0
	l.expand(s, at, func() (string, []piece, bool) {
		vs, ok := values(i)
		if !ok {
			return "", nil, false
		}
		i++
		for k, name := range names {
			d := &definition{lines: []string{""}, at: at, what: "$" + name + " takes its values here"}
			if k < len(vs) {
				d.lines[0] = vs[k]
			}
			l.set(name, d)
		}
		return rest, pieces, true
	})
}

// text is text with definitions replaced, for the numbers of a sequence.
func (l *lexer) text(s *source, text string) string {
	if strings.IndexByte(text, '$') < 0 {
		return text
	}
	t := &source{name: s.name, dir: s.dir, line: s.line, file: s.file, rest: text, column: s.column, pieces: s.pieces}
	for n := 0; n < maxReplaced && l.replace(t) && l.err == nil && t.rest != ""; n++ {
		t.column = 1
	}
	return t.rest
}

// sequence reads NAME, [FIRST, [STEP,]] LAST. A number that is left out but for
// its comma is 0.
func sequence(inside string, hexadecimal bool) (string, func(int) ([]string, bool), error) {
	fields := strings.Split(inside, ",")
	name := strings.Trim(fields[0], blanks)
	if name == "" || len(fields) < 2 || len(fields) > 4 || strings.ContainsAny(name, blanks) {
		return "", nil, errors.New("a sequence is NAME, FIRST, STEP, LAST; FIRST and STEP may be left out")
	}
	var ns []int64
	for _, f := range fields[1:] {
		f = strings.Trim(f, blanks)
		if f == "" {
			f = "0"
		}
		n, err := strconv.ParseInt(f, 0, 64)
		if err != nil && !errors.Is(err, strconv.ErrRange) || strings.ContainsAny(f, "_oObB") && !strings.HasPrefix(strings.TrimLeft(f, "+-"), "0x") {
			return "", nil, fmt.Errorf("%q is not a number", clip(f))
		}
		ns = append(ns, n)
	}
	last := ns[len(ns)-1]
	first, step := int64(1), int64(1)
	if last < 0 {
		first = -1
	}
	if len(ns) > 1 {
		first = ns[0]
	}
	if last < first {
		step = -1
	}
	if len(ns) == 3 {
		step = ns[1]
	}
	switch {
	case step == 0, step > 0 && last < first, step < 0 && last > first:
		return "", nil, errors.New("with this step the sequence never ends")
	case hexadecimal && (first < 0 || last < 0):
		return "", nil, errors.New("~SEQx takes no negative numbers")
	}
	count := uint64(last-first) / uint64(step)
	if step < 0 {
		count = uint64(first-last) / uint64(-step)
	}
	if count >= maxExpanded {
		return "", nil, fmt.Errorf("a sequence of %d lines: %w", count, ErrTooLarge)
	}
	base := 10
	if hexadecimal {
		base = 16
	}
	return name, func(i int) ([]string, bool) {
		return []string{strconv.FormatInt(first+int64(i)*step, base)}, uint64(i) <= count
	}, nil
}

// list reads NAME, VALUE, ... or {NAME, NAME}, {VALUE, VALUE}, ...
func list(inside string) ([]string, func(int) ([]string, bool), error) {
	var groups [][]string
	for {
		group, after, err := listItem(inside)
		if err != nil {
			return nil, nil, err
		}
		if len(groups) > 0 && len(group) > len(groups[0]) {
			return nil, nil, errors.New("a list has more values here than names")
		}
		groups = append(groups, group)
		if after == "" {
			break
		}
		inside = after[1:]
	}
	if len(groups) < 2 {
		return nil, nil, errors.New("a list is NAME, VALUE, VALUE")
	}
	return groups[0], func(i int) ([]string, bool) {
		if i+1 >= len(groups) {
			return nil, false
		}
		return groups[i+1], true
	}, nil
}

// listItem reads one item, and returns what follows it: nothing, or a comma and
// the next one.
func listItem(text string) (item []string, after string, err error) {
	text = strings.TrimLeft(text, blanks)
	if inner, ok := strings.CutPrefix(text, "{"); ok {
		inner, after, ok = strings.Cut(inner, "}")
		if !ok || strings.Contains(inner, "{") {
			return nil, "", errors.New("a { in the list is not closed")
		}
		item = strings.Split(inner, ",")
	} else {
		n := strings.IndexByte(text, ',')
		if n < 0 {
			n = len(text)
		}
		item, after = []string{text[:n]}, text[n:]
	}
	for i := range item {
		item[i] = strings.Trim(item[i], blanks)
		if strings.ContainsAny(item[i], blanks+"{}") {
			return nil, "", errors.New("a value of a list has no blanks and no braces")
		}
	}
	if after = strings.TrimLeft(after, blanks); after != "" && after[0] != ',' {
		return nil, "", errors.New("a comma is missing in the list")
	}
	return item, after, nil
}

// clip shortens what a message quotes.
func clip(s string) string {
	if len(s) > 60 {
		return s[:60] + "..."
	}
	return s
}
