package lint

import (
	"github.com/kactl/kactl/pkg/diag"
)

var hostInterpreter = &Rule{
	Name: "host-interpreter", Severity: diag.Warning,
	Doc: "a script file that the kernel cannot start",
	Why: `The first line of a script names the program that runs it: #!/bin/sh. Where the
line is missing, the program is not there or cannot be executed, or the line ends
with the carriage return of a DOS text, the script cannot be started. keepalived
counts that as a success, for ever; kactl as a failure after fall tries.`,
	Bad: `#!/usr/local/bin/bash
pidof nginx >/dev/null || exit 1`,
	Good: `#!/bin/bash
pidof nginx >/dev/null || exit 1`,
	Node: func(n *Node) (found []diag.Diagnostic) {
		if n.Host == nil {
			return nil
		}
		for p := range n.programs() {
			if err := n.Host.Startable(p.command(&n.Config.Global)); err != nil {
				found = append(found, finding(p.at(), "", "it cannot be started: %v", err))
			}
		}
		return found
	},
}
