package uml

import (
	"bytes"
	"io"
	"strings"
)

// A console passes on what the command in the guest writes, and keeps apart
// what the kernel writes before and after it.
type console struct {
	out      io.Writer
	line     []byte // the line being read
	up, down bool
	before   []string // the kernel's lines until the command started
}

func newConsole(out io.Writer) *console {
	if out == nil {
		out = io.Discard
	}
	return &console{out: out}
}

// Write takes a piece of the console's stream. The terminal there turns each
// line feed into two characters, which is undone.
func (c *console) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		part, after, whole := bytes.Cut(rest, []byte("\n"))
		c.line = append(c.line, part...)
		rest = after
		if whole {
			c.endLine()
		}
	}
	return len(p), nil
}

func (c *console) endLine() {
	line := bytes.TrimRight(c.line, "\r")
	c.line = c.line[:0]
	switch {
	case string(line) == upLine:
		c.up = true
	case !c.up:
		c.before = append(c.before, string(line))
	case string(line) == downLine:
		c.down = true
	case !c.down:
		_, _ = c.out.Write(append(line, '\n'))
	}
}

// flush ends a last line that had no line feed.
func (c *console) flush() {
	if len(c.line) > 0 {
		c.endLine()
	}
}

// early is what the kernel wrote before the command, for a boot that failed.
func (c *console) early() string {
	last := c.before[max(0, len(c.before)-20):]
	return strings.Join(last, "\n")
}
