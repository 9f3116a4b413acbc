package cmd

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"os"
	"unicode/utf8"

	"golang.org/x/term"
)

// What is written to a terminal (ECMA-48, and xterm's private modes).
const (
	enterScreen = "\x1b[?1049h\x1b[?25l" // another screen, without a cursor
	leaveScreen = "\x1b[?25h\x1b[?1049l"
	goHome      = "\x1b[H"
	eraseLine   = "\x1b[K" // from the cursor on
	eraseBelow  = "\x1b[J"
)

// A screen shows one text after another in the same place. Where the output is
// no terminal it writes them below each other.
type screen struct {
	w io.Writer
	// size is how large the terminal is now; nil if there is none.
	size  func() (rows, columns int)
	drawn bool
}

func newScreen(w io.Writer) *screen {
	s := &screen{w: w}
	f, ok := w.(*os.File)
	if !ok || os.Getenv("TERM") == "dumb" {
		return s
	}
	if !term.IsTerminal(int(f.Fd())) {
		return s
	}
	s.size = func() (rows, columns int) {
		columns, rows, err := term.GetSize(int(f.Fd()))
		if err != nil || rows == 0 || columns == 0 { // a serial line does not know
			return 24, 80
		}
		return rows, columns
	}
	return s
}

// Open takes the terminal, and Close gives it back as it was.
func (s *screen) Open() error { return s.control(enterScreen) }

// Close gives the terminal back.
func (s *screen) Close() error { return s.control(leaveScreen) }

func (s *screen) control(sequence string) error {
	if s.size == nil {
		return nil
	}
	_, err := io.WriteString(s.w, sequence)
	return err
}

// Rows is how many lines there is room for; without a terminal any number.
func (s *screen) Rows() int {
	if s.size == nil {
		return math.MaxInt
	}
	rows, _ := s.size()
	return rows
}

// Draw shows a text, as much as there is room for. It is written at once, over
// the one before, so that nothing flickers.
func (s *screen) Draw(text []byte) error {
	var b bytes.Buffer
	if s.size == nil {
		if s.drawn {
			b.WriteByte('\n')
		}
		s.drawn = true
		b.Write(text)
	} else {
		rows, columns := s.size()
		fit(&b, text, rows, columns)
	}
	_, err := s.w.Write(b.Bytes())
	return err
}

// fit writes what fills a terminal with a text.
func fit(b *bytes.Buffer, text []byte, rows, columns int) {
	lines := bytes.Split(bytes.TrimSuffix(text, []byte("\n")), []byte("\n"))
	if more := len(lines) - rows + 1; more > 1 {
		lines = append(lines[:rows-1:rows-1], fmt.Appendf(nil, "... and %d lines more", more))
	}
	b.WriteString(goHome)
	for i, line := range lines {
		if i > 0 {
			b.WriteString("\r\n")
		}
		// Behind a line that is full the cursor is still on its last character.
		if writeColumns(b, line, columns) < columns {
			b.WriteString(eraseLine)
		}
	}
	if len(lines) < rows {
		b.WriteString("\r\n" + eraseBelow)
	}
}

// writeColumns writes the first characters of a line, and returns how many they
// are. What colours them takes no room, and is written to the end: a colour is
// not left on.
func writeColumns(b *bytes.Buffer, line []byte, columns int) (n int) {
	for len(line) > 0 {
		_, size := utf8.DecodeRune(line)
		color := line[0] == '\x1b'
		if end := bytes.IndexByte(line, 'm'); color && end > 0 {
			size = end + 1
		}
		if color || n < columns {
			b.Write(line[:size])
		}
		if !color && n < columns {
			n++
		}
		line = line[size:]
	}
	return n
}
