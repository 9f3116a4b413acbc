package lint

import (
	"path"

	"github.com/kactl/kactl/pkg/diag"
)

var scriptKillall = &Rule{
	Name: "script-killall", Severity: diag.Info,
	Doc: "a vrrp_script that only asks whether a process exists",
	Why: `"killall -0 NAME" starts a program every few seconds to learn what the kernel
tells vrrp_track_process at once and for nothing. It also finds a process that
hangs, a zombie for one, and any other program of that name.`,
	Bad: `vrrp_script chk {
    script "/usr/bin/killall -0 nginx"
}`,
	Good: `vrrp_track_process chk {
    process nginx
}`,
	Node: func(n *Node) (found []diag.Diagnostic) {
		for _, s := range n.Config.VRRP.Scripts {
			w := s.Command.Words
			if len(w) == 3 && path.Base(w[0]) == "killall" && w[1] == "-0" {
				found = append(found, finding(n.At("vrrp_script", s.Name, "script"),
					"write vrrp_track_process "+s.Name+" { process "+w[2]+" }, and track_process in place of track_script",
					"%s starts a program only to ask whether %s runs", s.Name, w[2]))
			}
		}
		return found
	},
}
