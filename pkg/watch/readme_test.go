package watch

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestReadme wants the table of events in the README to be what there is.
func TestReadme(t *testing.T) {
	var table strings.Builder
	for _, m := range Meanings {
		name := "`" + m.Name + "`"
		if m.Lasts {
			name += ", `" + m.Name + "-end`"
		}
		fmt.Fprintf(&table, "| %s | %v | %s |\n", name, m.Severity, m.Doc)
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(readme), table.String()) {
		t.Errorf("README.md does not have this table:\n%s", table.String())
	}
}
