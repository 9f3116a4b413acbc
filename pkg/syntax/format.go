package syntax

import (
	"slices"
	"strings"
)

// indentation is how many blanks a level of it has.
const indentation = 4

// aLongLine is what Format leaves alone, so that no line that it makes is
// longer than keepalived reads.
const aLongLine = lineLimit * 3 / 4

// Format lays text, one file, out anew: a statement a line, four blanks for each
// open brace, one blank between words, an opening brace behind its keyword and a
// closing one on a line of its own, and no two empty lines together. Comments
// stay. The result reads as text does, and formatting it again changes nothing.
//
// A line whose meaning hangs on its being that line (a directive, one that
// defines or uses a name, one that is continued, or nearly too long) is moved
// and not taken apart.
func Format(text string) string {
	return layOut(joinBraces(takeApart(text)))
}

type partKind uint8

const (
	statementPart partKind = iota
	openingPart            // a brace, with the statement that it belongs to
	closingPart
	remarkPart // a comment alone
	wholePart  // a line that is not taken apart
	asItIsPart // one that is not moved either: the rest of another, or too long
	emptyPart
)

// A part is what Format writes on one line.
type part struct {
	kind          partKind
	text, comment string
	depth         int // of a whole part: how many blocks it leaves open
}

func (p part) length() int { return len(p.text) + len(p.comment) }

func takeApart(text string) []part {
	var all []part
	continued := false
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if continued || len(line) > lineLimit {
			all = append(all, part{kind: asItIsPart, text: line})
		} else {
			all = append(all, takeLine(strings.TrimLeft(line, blanks))...)
		}
		// A NUL hides what is behind it, which may be a backslash.
		continued = strings.HasSuffix(strings.TrimRight(line, blanks), `\`) || strings.ContainsRune(line, 0)
	}
	return all
}

func takeLine(line string) []part {
	code, _ := uncomment(line)
	comment := strings.TrimRight(line[len(code):], blanks)
	trimmed := strings.TrimRight(code, blanks)
	switch {
	case line == "":
		return []part{{kind: emptyPart}}
	case whole(line, code):
		return []part{{kind: wholePart, text: line, depth: leavesOpen(trimmed)}}
	case trimmed == "":
		return []part{{kind: remarkPart, comment: comment}}
	}
	var parts []part
	for rest := trimmed; rest != ""; {
		i := brace(rest, false)
		if s := strings.Trim(rest[:i], blanks); s != "" {
			parts = append(parts, part{kind: statementPart, text: spaced(s)})
		}
		if i == len(rest) {
			break
		}
		kind := openingPart
		if rest[i] == '}' {
			kind = closingPart
		}
		parts = append(parts, part{kind: kind, text: rest[i : i+1]})
		rest = rest[i+1:]
	}
	parts[len(parts)-1].comment = comment
	return parts
}

// whole reports whether a line must not be taken apart. Code is the line
// without its comment.
func whole(line, code string) bool {
	escapes := strings.ContainsRune(code, '\\')
	if strings.HasSuffix(strings.TrimRight(line, blanks), `\`) || strings.ContainsRune(line, 0) || strings.ContainsRune(code, '$') ||
		escapes && (brace(code, false) < len(code) || strings.ContainsRune(code, '"')) ||
		strings.Count(code, `"`)%2 == 1 || len(line) > aLongLine {
		return true
	}
	return slices.ContainsFunc(fields(code, blanks+"{}"), func(word string) bool {
		return word[0] == '@' || word[0] == '~' || strings.HasPrefix(word, "include")
	})
}

func fields(text, separators string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(separators, r) })
}

// leavesOpen is how many blocks code opens and does not close.
func leavesOpen(code string) (n int) {
	if strings.HasPrefix(code, "$") {
		return 0 // they are part of what is defined
	}
	for code != "" {
		i := brace(code, true)
		if i == len(code) {
			break
		}
		if n++; code[i] == '}' {
			n -= 2
		}
		code = code[i+1:]
	}
	return n
}

// spaced puts one blank between words, unless there are quotes or backslashes to
// give blanks a meaning.
func spaced(statement string) string {
	if strings.ContainsAny(statement, `"'\`) {
		return statement
	}
	return strings.Join(fields(statement, blanks), " ")
}

// joinBraces puts each opening brace behind its statement, which may be lines
// before it.
func joinBraces(parts []part) []part {
	joined := parts[:0]
	for _, p := range parts {
		last := len(joined) - 1
		for p.kind == openingPart && last >= 0 && joined[last].kind == emptyPart {
			last--
		}
		if p.kind == openingPart && last >= 0 && joined[last].kind == statementPart &&
			(p.comment == "" || joined[last].comment == "") && joined[last].length()+p.length() < aLongLine {
			joined = joined[:last+1]
			joined[last].kind = openingPart
			joined[last].text += " {"
			joined[last].comment += p.comment
			continue
		}
		joined = append(joined, p)
	}
	return joined
}

// layOut writes the parts.
func layOut(parts []part) string {
	var b strings.Builder
	depth := 0
	separate := false // an empty line comes before the next part
	opened := true    // no empty line may follow
	for _, p := range parts {
		if p.kind == emptyPart {
			separate = !opened
			continue
		}
		if p.kind == closingPart {
			depth = max(0, depth-1)
		} else if separate {
			b.WriteByte('\n')
		}
		separate, opened = false, p.kind == openingPart
		indent := indentation * min(depth, 16)
		if p.kind != asItIsPart && len(p.text)+indent <= lineLimit {
			b.WriteString(strings.Repeat(" ", indent))
		}
		b.WriteString(p.text)
		if p.comment != "" {
			if p.text != "" {
				b.WriteByte(' ')
			}
			b.WriteString(p.comment)
		}
		b.WriteByte('\n')
		depth = max(0, depth+p.depth)
		if p.kind == openingPart {
			depth++
		}
	}
	return b.String()
}
