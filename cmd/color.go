package cmd

import (
	"io"
	"os"

	"github.com/fatih/color"

	"github.com/kactl/kactl/pkg/diag"
)

// paint returns how findings that go to w are coloured; nil is not at all. With
// auto they are on a terminal, unless NO_COLOR is set or TERM is dumb.
func paint(when string, w io.Writer) diag.Paint {
	// The library has looked at the standard output and at the environment.
	if when == "never" || when == "auto" && (color.NoColor || w != os.Stdout) {
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
