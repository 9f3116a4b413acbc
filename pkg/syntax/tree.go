package syntax

import "github.com/kactl/kactl/pkg/diag"

// Shape is what follows the first word of a line.
type Shape uint8

// The shapes. Unknown is that of a word which the block does not take.
const (
	Unknown Shape = iota
	// Line is a keyword with its values on one line.
	Line
	// Block is a keyword that opens a block of keywords.
	Block
	// List is a keyword that opens a block of lines of data.
	List
)

// A Grammar says which keywords a block takes.
type Grammar interface {
	// Keyword returns the shape of the keyword called name, and for a Block
	// what its inside takes. An unknown name has shape Unknown.
	Keyword(name string) (Shape, Grammar)
}

// A Policy is what to do about a mistake.
type Policy uint8

const (
	// Keepalived reads on exactly as keepalived does: the brace of an unknown
	// block is ignored, so that its end closes the block around it.
	Keepalived Policy = iota
	// Intent reads on as the author will have meant it: an unknown block is
	// skipped as a whole, and a missing brace is supplied.
	Intent
)

// A Tree is a configuration that was read, with its included files in place.
type Tree struct {
	// Body are the top-level statements.
	Body []*Statement
	// Files are the files that were read, each once, in order. It is empty if
	// there was none at the path given.
	Files []string
	// Diagnostics are the mistakes in braces, quotes and includes.
	Diagnostics []diag.Diagnostic
	// Refused says that an include found less than include_check demands:
	// keepalived exits without looking further.
	Refused bool

	uses     map[place][]use
	origins  []origin
	included map[string]diag.Range
}

// A Word is a word of a line. Column and End count bytes from 1, its quotes
// included; End is the column behind it.
type Word struct {
	Text        string
	Column, End int32
	Quoted      bool
}

// A Statement is a keyword with its values, or a line of a List.
type Statement struct {
	File  string
	Line  int
	Words []Word // at least one
	Shape Shape
	// expanded says that the line is not in the file as raw has it.
	expanded bool
	origin   int32 // the line of a definition that it is, in the tree's origins
	// Block is what the braces hold. It is nil for a Line.
	Block *Braces

	raw string // the line from the first word on, as [Statement.Unquote] reads it
}

// Braces are a pair of braces and what is between them.
type Braces struct {
	// Open and Close are the places of the braces; zero where one is missing.
	Open, Close diag.Range
	Body        []*Statement
}

// Name is the first word.
func (s *Statement) Name() string { return s.Words[0].Text }

// Args are the words behind the first.
func (s *Statement) Args() []Word { return s.Words[1:] }

// Arg returns the i-th word behind the first, or "" if there is none.
func (s *Statement) Arg(i int) string {
	if i+1 < len(s.Words) {
		return s.Words[i+1].Text
	}
	return ""
}

// Body is what is between the braces, if there are any.
func (s *Statement) Body() []*Statement {
	if s.Block == nil {
		return nil
	}
	return s.Block.Body
}

// At is the place of w, a word of s.
func (s *Statement) At(w Word) diag.Range {
	return diag.Range{
		File:  s.File,
		Start: diag.Pos{Line: s.Line, Column: int(w.Column)},
		End:   diag.Pos{Line: s.Line, Column: int(w.End)},
	}
}

// AtArg is the place of the i-th word behind the first, and that of the whole
// statement if there is no such word.
func (s *Statement) AtArg(i int) diag.Range {
	if i+1 < len(s.Words) {
		return s.At(s.Words[i+1])
	}
	return s.Range()
}

// AtName is the place of the first word.
func (s *Statement) AtName() diag.Range { return s.At(s.Words[0]) }

// Expanded reports whether a definition stands for some of the statement, so
// that its words are not in the file as they read.
func (s *Statement) Expanded() bool { return s.expanded }

// Range is the place of all words; braces are not part of it.
func (s *Statement) Range() diag.Range {
	r := s.At(s.Words[0])
	r.End.Column = int(s.Words[len(s.Words)-1].End)
	return r
}
