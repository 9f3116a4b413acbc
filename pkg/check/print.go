package check

import (
	"fmt"
	"io"
	"strings"

	"github.com/kactl/kactl/pkg/config"
	"github.com/kactl/kactl/pkg/escape"
	"github.com/kactl/kactl/pkg/syntax"
)

// PrintConfig writes c with every default, as a keepalived.conf or as the tree
// of its statements in JSON. It hides secrets unless they are to be shown.
func PrintConfig(w io.Writer, c *config.Config, asJSON, showSecrets bool) error {
	var b strings.Builder
	if err := config.Print(&b, c); err != nil {
		return err
	}
	text := b.String()
	if !showSecrets {
		var hidden strings.Builder
		for line := range strings.Lines(text) {
			hidden.WriteString(config.HideLine(strings.TrimSuffix(line, "\n")) + "\n")
		}
		text = hidden.String()
	}
	if !asJSON {
		_, err := io.WriteString(w, escape.Lines(text))
		return err
	}
	body, err := statements(text)
	if err != nil {
		return err
	}
	return writeJSON(w, body)
}

// A statement is a keyword with its values, or a line of a list. Block is nil,
// and not written, where no braces follow.
type statement struct {
	Keyword string      `json:"keyword"`
	Values  []string    `json:"values"`
	Block   []statement `json:"block,omitzero"`
}

// statements parses a configuration.
func statements(text string) ([]statement, error) {
	res, err := config.Load(Stdin, config.Options{Files: &input{stdin: text}})
	if err != nil {
		return nil, fmt.Errorf("read what was printed: %w", err)
	}
	return objects(res.Tree.Body), nil
}

func objects(body []*syntax.Statement) []statement {
	all := make([]statement, 0, len(body))
	for _, s := range body {
		o := statement{Keyword: s.Name(), Values: []string{}}
		for _, w := range s.Args() {
			o.Values = append(o.Values, w.Text)
		}
		if s.Block != nil {
			o.Block = objects(s.Body())
		}
		all = append(all, o)
	}
	return all
}
