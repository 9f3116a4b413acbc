package config

import (
	"slices"
	"strings"
)

// hint says what an unknown word in block b will have been meant to be.
func (t *keywords) hint(b *block, name string) string {
	if len(name) > 60 {
		return ""
	}
	if comment(name) {
		return "write a comment behind #"
	}
	if k := b.byName[renamed[name]]; k != nil {
		return "write " + k.Name
	}
	if k := b.nearest(name); k != nil {
		return "did you mean " + k.Name + "?"
	}
	var in, lines []string // blocks of keywords, and of lines
	for _, other := range t.blocks {
		if other.byName[name] == nil {
			continue
		}
		if other.lines {
			lines = append(lines, other.path[strings.LastIndexByte(other.path, '/')+1:])
		} else if other == t.root {
			in = append(in, "the top level")
		} else {
			in = append(in, other.path[strings.LastIndexByte(other.path, '/')+1:])
		}
	}
	if len(in) == 0 {
		in = lines
	}
	if len(in) == 0 {
		return ""
	}
	slices.Sort(in)
	in = slices.Compact(in)
	if len(in) > 3 {
		in = append(in[:3], "others")
	}
	return "it belongs in " + strings.Join(in, ", ")
}

// comment reports whether an unknown word is meant to start a comment: no
// keyword looks like it.
func comment(word string) bool {
	return strings.HasPrefix(word, "//") || strings.HasPrefix(word, "/*") || strings.HasPrefix(word, ";") ||
		strings.ContainsFunc(word, func(r rune) bool { return r >= 0x80 })
}

// nearest returns the keyword of b that name is most like, if any is alike.
// Characters that look alike count as equal.
func (b *block) nearest(name string) *Keyword {
	var best *Keyword
	limit := min(3, 1+len(name)/5) + 1
	plain := plainly(name)
	for _, k := range b.keywords {
		if n := distance(plain, plainly(k.Name), limit); n < limit {
			best, limit = k, n
		}
	}
	return best
}

// lookalike maps what a scan or a bad font confuses onto one character.
var lookalike = strings.NewReplacer("1", "l", "i", "l", "0", "o", "5", "s", "-", "_")

// distance is the number of edits (insert, delete, replace) between a and b, or
// limit if it is not less.
func distance(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	prev, row := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(prev[j]+1, row[j-1]+1, prev[j-1]+cost)
		}
		prev, row = row, prev
	}
	return min(prev[len(b)], limit)
}
