package config

import (
	"fmt"
	"strings"

	"github.com/kactl/kactl/pkg/command"
)

// program writes a keyword with a program and its identity. Nil is nothing.
func (p *printer) program(name string, c *command.Command) {
	if c == nil {
		return
	}
	values := []any{raw(commandText(c.Words))}
	if c.User != "" {
		values = append(values, c.User)
	}
	if c.Group != "" {
		values = append(values, c.Group)
	}
	p.line(name, values...)
}

// commandText writes words such that Statement.Unquote and then syntax.Command
// read them: a text in double quotes, and in it words in quotes where they need
// them.
func commandText(words []string) string {
	var b strings.Builder
	for i, w := range words {
		if i > 0 {
			b.WriteByte(' ')
		}
		if w != "" && !strings.ContainsAny(w, " \t\n\v\f\r'\"") {
			b.WriteString(w)
			continue
		}
		// Within single quotes all but these stands for itself.
		b.WriteString("'" + strings.ReplaceAll(w, "'", `'"'"'`) + "'")
	}
	return `"` + escapes(b.String()) + `"`
}

// escapes writes as octal what would not stand for itself in double quotes.
func escapes(text string) string {
	var b strings.Builder
	for i := range len(text) {
		if c := text[i]; c < ' ' || strings.IndexByte("\"\\#!{}", c) >= 0 {
			fmt.Fprintf(&b, `\%03o`, c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}
