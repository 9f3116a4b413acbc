package lint

import (
	"path"

	"github.com/kactl/kactl/pkg/diag"
)

var scriptPrints = &Rule{
	Name: "script-prints", Severity: diag.Warning,
	Doc: "a check that prints its verdict instead of exiting with it",
	Why: `keepalived takes the exit status of a check, 0 for up, and reads nothing that it
prints. One that ends with echo always exits with 0 and never fails.`,
	Bad: `vrrp_script chk {
    script "/bin/sh -c 'pidof nginx && echo 0 || echo 1'"
}`,
	Good: `vrrp_script chk {
    script "/bin/sh -c 'pidof nginx || exit 1'"
}`,
	Node: func(n *Node) (found []diag.Diagnostic) {
		for p := range n.programs() {
			if !p.track {
				continue
			}
			text, ok := p.line()
			if !ok && p.shellSyntax() == "" {
				text, ok = p.text, true
			}
			if ok && endsInEcho(text) {
				found = append(found, finding(p.at(), "exit with 1 for a failure and with 0 else",
					"this prints its verdict and exits with 0 whatever it is: the check never fails"))
			}
		}
		return found
	},
}

// endsInEcho reports whether the last command of a line prints, and is reached
// whether or not the ones before it fail.
func endsInEcho(line string) bool {
	all, operators := commands(line)
	last := all[len(all)-1]
	if len(last) == 0 {
		return false
	}
	if name := path.Base(last[0]); name != "echo" && name != "printf" {
		return false
	}
	if len(operators) == 0 {
		return true
	}
	switch operators[len(operators)-1] {
	case ";", "||": // behind || it is 0 as well where the echo is not reached
		return !exits(all[:len(all)-1])
	}
	return false
}

// exits reports whether a command may end the line early, or be part of one
// that spans several.
func exits(all [][]string) bool {
	for _, c := range all {
		if len(c) == 0 {
			return true
		}
		switch c[0] {
		case "exit", "exec", "set", "trap", "if", "then", "else", "case", "for", "while", "until", "{", "(":
			return true
		}
		for _, w := range c[1:] {
			if w == "exit" || w == "{" || w == "(" {
				return true
			}
		}
	}
	return false
}
