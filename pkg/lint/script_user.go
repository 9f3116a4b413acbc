package lint

import (
	"slices"

	"github.com/kactl/kactl/pkg/diag"
)

var scriptUser = &Rule{
	Name: "script-user", Severity: diag.Info,
	Doc: "scripts that run as root without script_user or enable_script_security",
	Why: `Without script_user scripts run as the user keepalived_script if there is one,
and as root else; without enable_script_security they do so even where another
user can write to the file or its directory, who is root then. Write both.`,
	Bad: `vrrp_script chk {
    script "/usr/local/bin/check"
}`,
	Good: `global_defs {
    script_user nobody
    enable_script_security
}
vrrp_script chk {
    script "/usr/local/bin/check"
}`,
	Node: func(n *Node) (found []diag.Diagnostic) {
		g := n.Config.Global
		known := slices.ContainsFunc(n.Diagnostics, func(d diag.Diagnostic) bool { return d.Rule == "script-security" })
		if slices.ContainsFunc(n.Diagnostics, func(d diag.Diagnostic) bool { return d.Rule == "unknown-user" }) {
			return nil // script_user is there, and is to be changed first
		}
		for p := range n.programs() {
			switch {
			case p.user:
				continue
			case g.ScriptUser == "" && !g.ScriptSecurity:
				return []diag.Diagnostic{finding(p.at(), "write script_user USER and enable_script_security in global_defs",
					"this runs as root if there is no user keepalived_script, also where others can replace it")}
			case g.ScriptUser == "":
				return []diag.Diagnostic{finding(p.at(), "write script_user USER in global_defs",
					"this runs as root if there is no user keepalived_script")}
			case !g.ScriptSecurity && !known:
				return []diag.Diagnostic{finding(p.at(), "write enable_script_security in global_defs",
					"this runs even where others than root can replace it")}
			}
		}
		return nil
	},
}
