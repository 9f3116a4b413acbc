package check

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"

	"github.com/kactl/kactl/pkg/config"
	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/escape"
	"github.com/kactl/kactl/pkg/lint"
)

// ListRules writes a line for each rule: name, severity and what it is about,
// with tabs between them; or an array of objects.
func ListRules(w io.Writer, asJSON bool) error {
	type rule struct {
		Name     string `json:"name"`
		Severity string `json:"severity"`
		Doc      string `json:"doc"`
	}
	var rules []rule
	for _, r := range lint.Rules() {
		rules = append(rules, rule{r.Name, r.Severity.String(), r.Doc})
	}
	if asJSON {
		return writeJSON(w, rules)
	}
	return writeLines(w, func(out io.Writer) {
		for _, r := range rules {
			fmt.Fprintf(out, "%s\t%s\t%s\n", r.Name, r.Severity, r.Doc)
		}
	})
}

// ListKeywords writes a line for each keyword: its path, and a mark behind a tab
// if nothing acts on it; or an array of objects.
func ListKeywords(w io.Writer, asJSON bool) error {
	type keyword struct {
		Path   string `json:"path"`
		Effect bool   `json:"effect"`
	}
	var keywords []keyword
	for path, k := range config.Keywords() {
		keywords = append(keywords, keyword{path, k.Effect})
	}
	if asJSON {
		return writeJSON(w, keywords)
	}
	return writeLines(w, func(out io.Writer) {
		for _, k := range keywords {
			mark := ""
			if !k.Effect {
				mark = "\tno effect yet"
			}
			fmt.Fprintf(out, "%s%s\n", k.Path, mark)
		}
	})
}

// Rule documents the findings called name, as the SARIF log wants it.
func Rule(name string) (diag.Rule, bool) {
	r, ok := lint.Lookup(name)
	if !ok {
		return diag.Rule{}, false
	}
	return diag.Rule{Short: r.Doc, Full: r.Why, Help: r.Why + examples(r), Severity: r.Severity}, true
}

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(escape.JSON(w))
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	return nil
}

// writeLines gives write a buffer in front of w.
func writeLines(w io.Writer, write func(io.Writer)) error {
	out := bufio.NewWriter(w)
	write(out)
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write the listing: %w", err)
	}
	return nil
}
