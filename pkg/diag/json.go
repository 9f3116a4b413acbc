package diag

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"github.com/kactl/kactl/pkg/escape"
)

// A jsonPlace is a Range in JSON. Columns count characters; a line of 0 is a
// file as a whole.
type jsonPlace struct {
	File      string `json:"file"`
	Line      int    `json:"line"`
	Column    int    `json:"column"`
	EndLine   int    `json:"endLine"`
	EndColumn int    `json:"endColumn"`
}

type jsonDiagnostic struct {
	jsonPlace
	Severity string        `json:"severity"`
	Rule     string        `json:"rule"`
	Message  string        `json:"message"`
	Hint     string        `json:"hint"`
	Related  []jsonRelated `json:"related"`
}

type jsonRelated struct {
	jsonPlace
	Message string `json:"message"`
}

// WriteJSON writes ds as an array of objects that all have the same keys, each
// object on a line of its own. src may be nil.
func WriteJSON(w io.Writer, ds []Diagnostic, src *Sources) error {
	out := bufio.NewWriter(w)
	var line bytes.Buffer
	enc := json.NewEncoder(escape.JSON(&line))
	enc.SetEscapeHTML(false)
	out.WriteByte('[')
	for i, d := range ds {
		if i > 0 {
			out.WriteByte(',')
		}
		j := jsonDiagnostic{src.json(d.Range), d.Severity.String(), d.Rule, d.Message, d.Hint, []jsonRelated{}}
		for _, r := range d.Related {
			j.Related = append(j.Related, jsonRelated{src.json(r.Range), r.Message})
		}
		line.Reset()
		if err := enc.Encode(j); err != nil {
			return fmt.Errorf("write the findings: %w", err)
		}
		out.WriteByte('\n')
		out.Write(bytes.TrimRight(line.Bytes(), "\n"))
	}
	if len(ds) > 0 {
		out.WriteByte('\n')
	}
	out.WriteString("]\n")
	return flush(out)
}

func (s *Sources) json(r Range) jsonPlace {
	r = s.shown(r)
	return jsonPlace{r.File, r.Start.Line, r.Start.Column, r.End.Line, r.End.Column}
}
