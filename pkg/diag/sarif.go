package diag

import (
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"path"

	"github.com/kactl/kactl/pkg/escape"
)

// A Rule documents the findings of one name.
type Rule struct {
	// Short is one line without a full stop; Full and Help are longer.
	Short, Full, Help string
	Severity          Severity
}

// A Tool is who found something.
type Tool struct {
	Name, Version string
	// Rule returns what is known of a rule.
	Rule func(name string) (Rule, bool)
}

const sarifSchema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

// WriteSARIF writes ds as a log of one run in SARIF 2.1.0, with the rules that
// appear in it. Columns count characters. src may be nil.
func WriteSARIF(w io.Writer, ds []Diagnostic, src *Sources, tool Tool) error {
	run := sarifRun{ColumnKind: "unicodeCodePoints", Results: []sarifResult{}}
	run.Tool.Driver = sarifDriver{Name: tool.Name, Version: tool.Version, Rules: []sarifRule{}}
	index := map[string]int{}
	for _, d := range ds {
		i, ok := index[d.Rule]
		if !ok {
			i = len(index)
			index[d.Rule] = i
			run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, tool.sarif(d.Rule))
		}
		run.Results = append(run.Results, src.sarif(d, i))
	}
	enc := json.NewEncoder(escape.JSON(w))
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(sarifLog{sarifSchema, "2.1.0", []sarifRun{run}}); err != nil {
		return fmt.Errorf("write the findings: %w", err)
	}
	return nil
}

func (t Tool) sarif(name string) sarifRule {
	r := sarifRule{ID: name}
	known, ok := t.Rule(name)
	if !ok {
		return r
	}
	r.Short, r.Full, r.Help = &sarifText{known.Short}, &sarifText{known.Full}, &sarifText{known.Help}
	r.Default = &sarifLevel{level(known.Severity)}
	return r
}

func level(s Severity) string {
	if s == Info {
		return "note"
	}
	return s.String()
}

func (s *Sources) sarif(d Diagnostic, rule int) sarifResult {
	r := sarifResult{
		Rule: d.Rule, Index: rule, Level: level(d.Severity),
		Message: sarifText{d.Message}, Locations: []sarifLocation{s.location(d.Range)},
	}
	if d.Hint != "" {
		r.Properties = map[string]string{"hint": d.Hint}
	}
	for i, x := range d.Related {
		l := s.location(x.Range)
		l.ID, l.Message = i+1, &sarifText{x.Message}
		r.Related = append(r.Related, l)
	}
	return r
}

func (s *Sources) location(r Range) sarifLocation {
	var l sarifLocation
	r = s.shown(r)
	l.Physical.Artifact.URI = uri(r.File)
	if r.Start.Line > 0 {
		l.Physical.Region = &sarifRegion{r.Start.Line, r.Start.Column, r.End.Line, r.End.Column}
	}
	return l
}

// uri is how SARIF names a file: from the working directory, or absolute.
func uri(file string) string {
	u := url.URL{Path: file}
	if path.IsAbs(file) {
		u.Scheme = "file"
	}
	return u.String()
}

// The objects of SARIF, as far as they are used.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool struct {
			Driver sarifDriver `json:"driver"`
		} `json:"tool"`
		ColumnKind string        `json:"columnKind"`
		Results    []sarifResult `json:"results"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version,omitempty"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID      string      `json:"id"`
		Short   *sarifText  `json:"shortDescription,omitempty"`
		Full    *sarifText  `json:"fullDescription,omitempty"`
		Help    *sarifText  `json:"help,omitempty"`
		Default *sarifLevel `json:"defaultConfiguration,omitempty"`
	}
	sarifLevel struct {
		Level string `json:"level"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifResult struct {
		Rule       string            `json:"ruleId"`
		Index      int               `json:"ruleIndex"`
		Level      string            `json:"level"`
		Message    sarifText         `json:"message"`
		Locations  []sarifLocation   `json:"locations"`
		Related    []sarifLocation   `json:"relatedLocations,omitempty"`
		Properties map[string]string `json:"properties,omitempty"`
	}
	sarifLocation struct {
		ID       int `json:"id,omitempty"`
		Physical struct {
			Artifact struct {
				URI string `json:"uri"`
			} `json:"artifactLocation"`
			Region *sarifRegion `json:"region,omitempty"`
		} `json:"physicalLocation"`
		Message *sarifText `json:"message,omitempty"`
	}
	sarifRegion struct {
		Line      int `json:"startLine"`
		Column    int `json:"startColumn"`
		EndLine   int `json:"endLine"`
		EndColumn int `json:"endColumn"`
	}
)
