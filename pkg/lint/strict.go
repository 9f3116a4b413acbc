package lint

import (
	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/syntax"
)

// strictAt returns where the instance x is told to keep to the RFC: by itself
// or for all. The zero Range is nowhere.
func (n *Node) strictAt(x *syntax.Statement) (at diag.Range) {
	if s := child(x, "strict_mode"); s != nil {
		switch s.Arg(0) {
		case "off", "false", "no":
			return at
		}
		return s.AtName()
	}
	return n.At("global_defs", "vrrp_strict")
}
