package cmd

import (
	"io"
	"os"

	"github.com/fatih/color"

	"github.com/kactl/kactl/pkg/diag"
)

// colorSettings are what --color takes.
var colorSettings = []string{"auto", "always", "never"}

// colored says whether text that goes to w is coloured. With auto it is on a
// terminal, unless NO_COLOR is set or TERM is dumb.
func colored(when string, w io.Writer) bool {
	// The library has looked at the standard output and at the environment.
	return when == "always" || when == "auto" && !color.NoColor && w == os.Stdout
}

// paint returns how findings that go to w are coloured; nil is not at all.
func paint(when string, w io.Writer) diag.Paint {
	if !colored(when, w) {
		return nil
	}
	grades := map[diag.Severity]color.Attribute{
		diag.Error: color.FgRed, diag.Warning: color.FgYellow, diag.Info: color.FgCyan,
	}
	return func(p diag.Part, s diag.Severity, text string) string {
		var c *color.Color
		switch p {
		case diag.Place:
			c = color.New(color.Bold)
		case diag.Grade, diag.Pointer:
			c = color.New(grades[s], color.Bold)
		case diag.Advice:
			c = color.New(color.FgGreen)
		default:
			c = color.New(color.Faint)
		}
		c.EnableColor()
		return c.Sprint(text)
	}
}
