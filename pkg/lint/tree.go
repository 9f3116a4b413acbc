package lint

import (
	"iter"

	"github.com/kactl/kactl/pkg/syntax"
)

// statements yields the statements at a path of keywords, such as
// "vrrp_instance", "notify_master", whatever block of that kind they are in.
func (n *Node) statements(path ...string) iter.Seq[*syntax.Statement] {
	return func(yield func(*syntax.Statement) bool) { walk(n.Tree.Body, path, yield) }
}

func walk(body []*syntax.Statement, path []string, yield func(*syntax.Statement) bool) bool {
	for _, s := range body {
		if s.Name() != path[0] {
			continue
		}
		if len(path) == 1 {
			if !yield(s) {
				return false
			}
		} else if !walk(s.Body(), path[1:], yield) {
			return false
		}
	}
	return true
}

// child returns the first statement called name in s, or nil.
func child(s *syntax.Statement, name string) *syntax.Statement {
	for _, c := range s.Body() {
		if c.Name() == name {
			return c
		}
	}
	return nil
}
