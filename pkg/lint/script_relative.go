package lint

import (
	"path"
	"strings"

	"github.com/kactl/kactl/pkg/diag"
)

var scriptRelative = &Rule{
	Name: "script-relative", Severity: diag.Warning,
	Doc: "a script by a path that starts from the working directory",
	Why: `A path such as "scripts/check.sh" starts from where the daemon was started: the
root directory under systemd, any other by hand. Where keepalived does not find
the file it disables the script. Write the full path. A name without a slash is
looked for in PATH and is fine.`,
	Bad: `vrrp_script chk {
    script "scripts/check.sh"
}`,
	Good: `vrrp_script chk {
    script "/etc/keepalived/scripts/check.sh"
}`,
	Node: func(n *Node) (found []diag.Diagnostic) {
		for p := range n.programs() {
			if w := p.words[0]; strings.Contains(w, "/") && !strings.HasPrefix(w, "/") && !notProgram(w) && !strings.HasPrefix(w, "$") {
				found = append(found, finding(p.at(), "write the full path, such as "+path.Join("/etc/keepalived", w),
					"%s starts from the directory that the daemon was started in, which is / under systemd", w))
			}
		}
		return found
	},
}
