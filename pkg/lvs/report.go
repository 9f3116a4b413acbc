package lvs

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"strings"

	"github.com/kactl/kactl/pkg/escape"
)

// WriteText writes a line for each difference, and one that sums them up. paint,
// which may be nil, colours the word of a kind.
func (c Comparison) WriteText(w io.Writer, paint func(k Kind, word string) string) error {
	if paint == nil {
		paint = func(_ Kind, word string) string { return word }
	}
	b := bufio.NewWriter(w)
	for _, d := range c.Differences {
		// The colour goes round the word, and the padding behind it.
		word := d.Kind.String()
		fmt.Fprintf(b, "%s%*s  %s\n", paint(d.Kind, word), len(Different.String())-len(word), "", escape.Line(d.text()))
	}
	fmt.Fprintln(b, c.summary())
	return b.Flush()
}

// text is a difference without its kind.
func (d Difference) text() string {
	s := d.Service.Listed()
	if d.Destination.IsValid() {
		s += " -> " + d.Destination.String()
	}
	switch {
	case d.Kind == Different:
		return fmt.Sprintf("%s  %s is %s, not %s", s, d.Field, d.Have, d.Want)
	case d.Have != "":
		return s + "  " + d.Have
	case d.Want != "":
		return s + "  " + d.Want
	}
	return s
}

// summary counts the differences: "3 services: 1 missing, 2 down".
func (c Comparison) summary() string {
	counts := map[Kind]int{}
	for _, d := range c.Differences {
		counts[d.Kind]++
	}
	var parts []string
	for _, k := range Kinds {
		if n := counts[k]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, k))
		}
	}
	if !c.Drift() {
		parts = append([]string{"no drift"}, parts...)
	}
	word := "services"
	if c.Services == 1 {
		word = "service"
	}
	return fmt.Sprintf("%d %s compared: %s", c.Services, word, strings.Join(parts, ", "))
}

// WriteJSON writes the comparison with file as one object:
//
//	{"file": "...", "drift": true, "services": 1,
//	 "differences": [{"kind": "different", "service": "TCP 198.51.100.1:80",
//	   "destination": "10.0.0.1:80", "field": "weight", "want": "1", "have": "2"}],
//	 "uncompared": [{"name": "group G", "reason": "..."}]}
//
// What a difference does not have is left out.
func (c Comparison) WriteJSON(w io.Writer, file string) error {
	type difference struct {
		Kind        Kind            `json:"kind"`
		Service     string          `json:"service"`
		Destination *netip.AddrPort `json:"destination,omitempty"`
		Field       Field           `json:"field,omitempty"`
		Want        string          `json:"want,omitempty"`
		Have        string          `json:"have,omitempty"`
	}
	type uncompared struct {
		Name   string `json:"name"`
		Reason string `json:"reason"`
	}
	document := struct {
		File        string       `json:"file"`
		Drift       bool         `json:"drift"`
		Services    int          `json:"services"`
		Differences []difference `json:"differences"`
		Uncompared  []uncompared `json:"uncompared"`
	}{file, c.Drift(), c.Services, make([]difference, len(c.Differences)), make([]uncompared, len(c.Uncompared))}
	for i, d := range c.Differences {
		document.Differences[i] = difference{d.Kind, d.Service.Listed(), nil, d.Field, d.Want, d.Have}
		if d.Destination.IsValid() {
			document.Differences[i].Destination = &d.Destination
		}
	}
	for i, u := range c.Uncompared {
		document.Uncompared[i] = uncompared(u)
	}
	e := json.NewEncoder(escape.JSON(w))
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(document)
}
