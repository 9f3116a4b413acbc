package lint

import (
	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/syntax"
)

// misreadings are the findings behind which something else than what is written
// was understood: true for those that can reach beyond their own block.
var misreadings = map[string]bool{
	"unknown-keyword": false, "address": false, "number": false, "value": false, "missing-value": false,
	"unclosed-quote": true, "missing-brace": true, "stray-brace": true, "preprocessor": true, "long-line": true,
	"include-missing": true, "include-quoted": true, "include-pattern": true, "include-unreadable": true,
	"include-loop": true, "file-skipped": true,
}

// misread reports whether something in block, or in all of the file if it is
// nil, was not understood. What seems to be missing then may well be there, and
// one mistake must not be told twice.
func (n *Node) misread(block *syntax.Statement) bool {
	for _, d := range n.Diagnostics {
		if far, ok := misreadings[d.Rule]; ok && (far || block == nil || within(block, d.Range)) {
			return true
		}
	}
	return false
}

func within(block *syntax.Statement, at diag.Range) bool {
	line := at.Start.Line
	return block.Block != nil && at.File == block.File && block.Line <= line && line <= block.Block.Close.Start.Line
}
