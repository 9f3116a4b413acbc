package diag

import (
	"path"
	"strings"
	"unicode/utf8"
)

// Sources are the texts that findings are about. A file is read when the first
// of its lines is asked for, and once.
type Sources struct {
	// Mask hides in line n of a file what is not to be shown, and changes the place of no
	// character. Nil hides nothing.
	Mask func(file string, n int, line string) string

	read  func(file string) (string, error)
	texts map[string]*lines

	last  place // that was looked at last: a long line may have many findings
	plain bool  // its characters have a byte each
}

// NewSources returns the sources that read reads.
func NewSources(read func(file string) (string, error)) *Sources {
	return &Sources{read: read, texts: map[string]*lines{}}
}

// Text returns the whole of a file.
func (s *Sources) Text(file string) (string, error) {
	l, err := s.lines(file)
	return l.text, err
}

func (s *Sources) lines(file string) (*lines, error) {
	l := s.texts[file]
	if l == nil {
		text, err := s.read(file)
		l = split(text)
		l.err = err
		s.texts[file] = l
	}
	return l, l.err
}

// lines is a text and where its lines start, or why it cannot be read.
type lines struct {
	text   string
	starts []int
	err    error
}

// Line returns line n of a file, counted from 1, without its end. It is empty
// where there is no such line, or no such file any more.
func (s *Sources) Line(file string, n int) string {
	if s == nil || n < 1 {
		return ""
	}
	// An error shows as no line: the findings count, not what is shown beside them.
	l, _ := s.lines(file)
	if n >= len(l.starts) {
		return ""
	}
	return strings.TrimRight(l.text[l.starts[n-1]:l.starts[n]], "\r\n")
}

// split finds the lines of text. The last start is the end of the text.
func split(text string) *lines {
	l := &lines{text: text, starts: make([]int, 0, strings.Count(text, "\n")+2)}
	for from := 0; from < len(text); {
		l.starts = append(l.starts, from)
		n := strings.IndexByte(text[from:], '\n')
		if n < 0 {
			break
		}
		from += n + 1
	}
	l.starts = append(l.starts, len(text))
	return l
}

// shown is r as people and their tools are shown it: the columns count characters
// instead of bytes, and the path has no ./ in front, which annotations would take
// for another file.
func (s *Sources) shown(r Range) Range {
	file := r.File
	r.File = path.Clean(file)
	if r.Start.Line == 0 {
		return r
	}
	if r.End.Line == 0 {
		r.End = r.Start
	}
	r.Start.Column = s.column(file, r.Start)
	r.End.Column = s.column(file, r.End)
	return r
}

// column is the column of p in characters.
func (s *Sources) column(file string, p Pos) int {
	if s == nil {
		return p.Column
	}
	line := s.Line(file, p.Line)
	if at := (place{file, p.Line}); s.last != at {
		s.last, s.plain = at, utf8.RuneCountInString(line) == len(line)
	}
	if s.plain {
		return p.Column
	}
	in := max(0, min(p.Column-1, len(line)))
	return p.Column - in + utf8.RuneCountInString(line[:in])
}

// A place is a line of a file.
type place struct {
	file string
	line int
}
