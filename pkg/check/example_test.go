package check

import (
	"strings"
	"testing"

	"github.com/kactl/kactl/pkg/config"
	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/syntax"
)

// TestExamples loads the example of every keyword, in the blocks that it is in.
// Nothing in it may be wrong by itself.
func TestExamples(t *testing.T) {
	n := 0
	for path, k := range config.Keywords() {
		if k.Args == "" && k.Need > 0 {
			continue // what follows is not written down
		}
		n++
		lines := example(placed{path, k})
		first := 0
		for outer := path; strings.Contains(outer, "/"); {
			outer = outer[:strings.LastIndexByte(outer, '/')]
			block, ok := config.Lookup(strings.Split(outer, "/")...)
			if !ok {
				t.Fatalf("%s is not there", outer)
			}
			lines = append(append(example(placed{outer, block})[:1:1], lines...), "}")
			first++
		}
		text := strings.ReplaceAll(strings.Join(lines, "\n"), "...", "") + "\n"
		res, err := config.Load(Stdin, config.Options{Files: &input{stdin: text}, Policy: syntax.Intent})
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range res.Diagnostics {
			line := d.Range.Start.Line - first
			own := line == 1 || line == 2 && k.Shape == syntax.List
			if d.Severity == diag.Error && own && !missing[d.Rule] {
				t.Errorf("%s: give it an example in example.go: %v\n%s", path, d, text)
			}
		}
	}
	if n < 400 {
		t.Errorf("%d examples", n)
	}
}

// missing are the rules about what an example leaves out: what is in its block and
// in the other blocks. Deprecated is the keyword itself.
var missing = map[string]bool{
	"no-path": true, "no-url": true, "no-real-server": true, "no-virtual-router-id": true, "script-missing": true,
	"sync-group-size": true, "unknown-track": true, "unknown-instance": true, "unknown-script": true, "deprecated": true,
	"no-sorry-server": true, "scheduler-flag": true, "unknown-bfd": true, "unknown-track-file": true,
}
