package diag

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/kactl/kactl/pkg/escape"
)

// A Part is a part of the text output, so that it can be coloured.
type Part uint8

// The parts.
const (
	Place   Part = iota // FILE:LINE:COLUMN
	Grade               // "error"
	Name                // "[unknown-keyword]"
	Pointer             // the carets under a line
	Advice              // "hint:"
)

// A Paint colours a part of a finding of some severity.
type Paint func(p Part, s Severity, text string) string

// plain colours nothing.
func plain(_ Part, _ Severity, text string) string { return text }

// WriteText writes ds for people: each in a line, the line of the source with
// what it is about underlined, the hint and the related places. It ends with the
// number of them. src may be nil, and so may paint.
func WriteText(w io.Writer, ds []Diagnostic, src *Sources, paint Paint) error {
	if paint == nil {
		paint = plain
	}
	t := textWriter{bufio.NewWriter(w), src, paint}
	for _, d := range ds {
		t.diagnostic(d)
	}
	fmt.Fprintln(t.w, Count(ds))
	return flush(t.w)
}

// flush reports what went wrong with any write to w.
func flush(w *bufio.Writer) error {
	if err := w.Flush(); err != nil {
		return fmt.Errorf("write the findings: %w", err)
	}
	return nil
}

type textWriter struct {
	w     *bufio.Writer
	src   *Sources
	paint Paint
}

func (t textWriter) diagnostic(d Diagnostic) {
	at := t.src.shown(d.Range)
	fmt.Fprintf(t.w, "%s: %s: %s %s\n",
		t.paint(Place, d.Severity, escape.Line(at.String())), t.paint(Grade, d.Severity, d.Severity.String()),
		escape.Line(d.Message), t.paint(Name, d.Severity, "["+escape.Line(d.Rule)+"]"))
	if line := t.src.Line(d.Range.File, d.Range.Start.Line); line != "" && len(line) <= maxShown {
		if t.src.Mask != nil {
			line = t.src.Mask(d.Range.File, d.Range.Start.Line, line)
		}
		shown, carets := underline(line, at)
		fmt.Fprintf(t.w, "    %s\n    %s\n", shown, t.paint(Pointer, d.Severity, carets))
	}
	if d.Hint != "" {
		fmt.Fprintf(t.w, "    %s %s\n", t.paint(Advice, d.Severity, "hint:"), escape.Line(d.Hint))
	}
	for _, r := range d.Related {
		fmt.Fprintf(t.w, "    %s: %s\n", t.paint(Place, d.Severity, escape.Line(t.src.shown(r.Range).String())), escape.Line(r.Message))
	}
}

// The bounds of what is shown of a line, in characters.
const (
	tabStop   = 8 // as long as the blanks in underline
	lineWidth = 160
	lead      = 40 // kept in front of the place in a longer line

	maxShown = 16 << 10 // bytes; of a longer line nothing is shown
)

// behind is the second cell of a character that takes two.
const behind = -1

// underline returns line as it is shown and the carets under at, whose columns
// count characters. Tabs become blanks; of a long line a part is shown.
func underline(line string, at Range) (shown, carets string) {
	var cells []rune
	start, end := -1, -1
	n := 0
	for i, c := range line {
		if n++; n == at.Start.Column {
			start = len(cells)
		}
		if n == at.End.Column {
			end = len(cells)
		}
		switch {
		case c == '\t':
			cells = append(cells, []rune("        ")[len(cells)%tabStop:]...)
		case wide(c):
			cells = append(cells, c, behind)
		case c == utf8.RuneError && !strings.HasPrefix(line[i:], string(utf8.RuneError)):
			cells = append(cells, []rune(escape.Byte(line[i]))...)
		case !escape.Visible(c):
			cells = append(cells, []rune(escape.Rune(c))...)
		default:
			cells = append(cells, c)
		}
	}
	if start < 0 {
		start = len(cells)
	}
	if end < 0 || at.End.Line != at.Start.Line {
		end = len(cells)
	}
	end = max(end, start+1)
	before, after := "", ""
	if from := start - lead; len(cells) > lineWidth && from > 0 {
		cells, start, end, before = cells[from:], lead+3, end-from+3, "..."
	}
	if len(cells) > lineWidth {
		cells, after = cells[:lineWidth], "..."
		end = min(end, lineWidth+len(before))
	}
	cells = slices.DeleteFunc(cells, func(c rune) bool { return c == behind })
	shown = strings.TrimRight(before+string(cells)+after, " ")
	return shown, strings.Repeat(" ", start) + "^" + strings.Repeat("~", max(0, end-start-1))
}

// wide reports whether a terminal gives c two cells.
func wide(c rune) bool {
	return unicode.In(c, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana) ||
		c >= 0x3000 && c <= 0x303e || c >= 0xff01 && c <= 0xff60
}

// Count says how many there are of each severity: "2 errors, 1 warning".
func Count(ds []Diagnostic) string {
	var n [Error + 1]int
	for _, d := range ds {
		n[d.Severity]++
	}
	var parts []string
	for s := Error; s >= Info; s-- {
		switch n[s] {
		case 0:
		case 1:
			parts = append(parts, "1 "+s.String())
		default:
			parts = append(parts, fmt.Sprintf("%d %ss", n[s], s))
		}
	}
	if parts == nil {
		return "no findings"
	}
	return strings.Join(parts, ", ")
}
