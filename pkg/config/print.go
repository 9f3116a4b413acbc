package config

import (
	"bufio"
	"fmt"
	"io"
	"net/netip"
	"strings"
)

// Print writes c as a keepalived.conf that says everything: what was given and
// what holds by default, with definitions, conditions and included files
// resolved. Loading it again yields the same settings. Passwords and keys are in
// it as they are.
func Print(w io.Writer, c *Config) error {
	p := &printer{w: bufio.NewWriter(w), group6: c.Global.VRRP.Group6}
	p.globals(c)
	p.vrrp(c)
	p.services(c)
	if err := p.w.Flush(); err != nil {
		return fmt.Errorf("print the configuration: %w", err)
	}
	return nil
}

// A printer writes statements. Errors of its writer show when it is flushed.
type printer struct {
	w     *bufio.Writer
	depth int
	// group6 is vrrp_mcast_group6, which instances need not say.
	group6 netip.Addr
}

// line writes a keyword and its values. Values with blanks, comment characters
// or nothing in them are quoted.
func (p *printer) line(name string, values ...any) {
	p.statement(name, values...)
	p.w.WriteByte('\n')
}

func (p *printer) statement(name string, values ...any) {
	p.w.WriteString(strings.Repeat("    ", p.depth))
	p.w.WriteString(name)
	for _, v := range values {
		p.w.WriteByte(' ')
		if text, ok := v.(raw); ok {
			p.w.WriteString(string(text))
		} else {
			p.w.WriteString(quote(fmt.Sprint(v)))
		}
	}
}

// raw is a value that is quoted already.
type raw string

// item writes a line of a list. A first word that would be read as something
// else than data is quoted.
func (p *printer) item(words ...string) {
	for i, w := range words {
		text := quote(w)
		if i == 0 && strings.IndexAny(text, "@$~") == 0 {
			text = `"` + text + `"`
		}
		words[i] = text
	}
	p.w.WriteString(strings.Repeat("    ", p.depth) + strings.Join(words, " ") + "\n")
}

func quote(text string) string {
	if text == "" || strings.ContainsAny(text, blanksAndMarks) {
		return `"` + text + `"`
	}
	return text
}

const blanksAndMarks = " \t\v\f\r#!{}'"

// block writes a keyword, its values and what inside writes, in braces.
func (p *printer) block(name string, inside func(), values ...any) {
	p.statement(name, values...)
	p.w.WriteString(" {\n")
	p.depth++
	inside()
	p.depth--
	p.line("}")
}
