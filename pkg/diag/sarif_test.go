package diag_test

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/kactl/kactl/pkg/diag"
)

// schema compiles the official schema of SARIF, formats included.
func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	f, err := os.Open("testdata/sarif-schema-2.1.0.json")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	doc, err := jsonschema.UnmarshalJSON(f)
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("sarif.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("sarif.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// tool documents one rule.
var tool = diag.Tool{Name: "kactl", Version: "1.2.3", Rule: func(name string) (diag.Rule, bool) {
	return diag.Rule{Short: "short", Full: "Full.", Help: "Help.", Severity: diag.Warning}, name == "known"
}}

func TestSARIFIsValid(t *testing.T) {
	s := schema(t)
	for name, ds := range map[string][]diag.Diagnostic{"nothing": nil, "all": all} {
		var b bytes.Buffer
		if err := diag.WriteSARIF(&b, ds, sources, tool); err != nil {
			t.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(&b)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(doc); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestSchemaRefuses makes sure that the validation can fail.
func TestSchemaRefuses(t *testing.T) {
	s := schema(t)
	for name, log := range map[string]string{
		"level": `{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x"}}, "results": [{"message": {"text": "m"}, "level": "info"}]}]}`,
		"line":  `{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x"}}, "results": [{"message": {"text": "m"}, "locations": [{"physicalLocation": {"artifactLocation": {"uri": "x"}, "region": {"startLine": 0}}}]}]}]}`,
	} {
		doc, err := jsonschema.UnmarshalJSON(strings.NewReader(log))
		if err != nil {
			t.Fatal(err)
		}
		if s.Validate(doc) == nil {
			t.Errorf("%s: found valid", name)
		}
	}
}
