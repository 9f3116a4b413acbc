package syntax

import "fmt"

// The bounds of what comes of a text without being in it: the lines that
// definitions, sequences and lists stand for, and those of a file that is
// included again. A line of a few bytes must not take gigabytes. They grow with
// the files, so that a large configuration may use what a small one may in
// proportion: the first is in any case allowed, the other for each MiB.
const (
	derivedItems, derivedItemsMiB = 80_000, 64_000     // lines and braces
	derivedWords, derivedWordsMiB = 640_000, 512_000   // words of them
	derivedBytes, derivedBytesMiB = 16 << 20, 12 << 20 // their text
	replacedWork, replacedWorkMiB = 1 << 27, 32 << 20  // bytes written to replace names
)

// A derivation counts what was derived.
type derivation struct {
	items, words, bytes int
	work                int
}

// derive counts it, an item of s, if it is derived.
func (l *lexer) derive(s *source, it *item) {
	if !s.derived || l.err != nil {
		return
	}
	d := &l.derived
	d.items++
	d.words += len(it.words)
	d.bytes += len(it.raw)
	switch {
	case d.items > l.bound(derivedItems, derivedItemsMiB):
		l.tooMuch(s, d.items-1, "lines and braces")
	case d.words > l.bound(derivedWords, derivedWordsMiB):
		l.tooMuch(s, d.words, "words")
	case d.bytes > l.bound(derivedBytes, derivedBytesMiB):
		l.tooMuch(s, d.bytes, "bytes")
	}
}

// worked counts n bytes that were written to replace a name in s.
func (l *lexer) worked(s *source, n int) {
	if l.derived.work += n; l.derived.work > l.bound(replacedWork, replacedWorkMiB) {
		l.tooMuch(s, l.derived.work, "bytes, their replacements among each other counted in,")
	}
}

// bound is a bound for the files read so far.
func (l *lexer) bound(least, perMiB int) int { return max(least, l.read/1024*(perMiB/1024)) }

// tooMuch ends the reading. It says where, and what to do.
func (l *lexer) tooMuch(s *source, n int, what string) {
	l.err = fmt.Errorf("read %s: line %d: what definitions, sequences, lists and repeated includes stand for comes to more than %d %s here; "+
		"let them stand for less, or write the lines themselves: %w", s.name, s.line, n, what, ErrTooLarge)
}
