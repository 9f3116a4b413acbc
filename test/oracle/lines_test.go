package oracle

import (
	"path/filepath"
	"slices"
	"strings"
)

// A text is the lines of the files of a configuration, by base name.
type text map[string][]string

func (t text) line(file string, n int) string {
	if ls := t[filepath.Base(file)]; n >= 1 && n <= len(ls) {
		return ls[n-1]
	}
	return ""
}

// lineLimit is how much of a line keepalived reads at a time.
const lineLimit = 1023

// meant returns the lines that keepalived may mean by the n-th of a file.
//
// It counts in two ways, and neither is right where a line is longer than it
// reads at a time or holds a NUL. One of its processes counts the ends of lines
// that it sees: none in the first pieces of a long line, none behind a NUL. It
// writes each piece as a line of its own for the other processes, and these
// count the pieces.
func (t text) meant(file string, n int) []int {
	out := []int{n}
	ends, pieces := 0, 0
	for i, l := range t[filepath.Base(file)] {
		k := 1 + len(l)/lineLimit
		last := ends
		if !strings.Contains(l, "\x00") {
			last++
		}
		if k > 1 && n == ends || n == last || pieces < n && n <= pieces+k {
			out = append(out, i+1)
		}
		ends, pieces = last, pieces+k
	}
	slices.Sort(out[1:])
	return slices.Compact(out)
}
