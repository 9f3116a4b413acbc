package lint

import "github.com/kactl/kactl/pkg/diag"

var hostModule = &Rule{
	Name: "host-module", Severity: diag.Warning,
	Doc: "a kernel module that the services need and the machine does not have",
	Why: `Virtual servers are the kernel's: ip_vs, and a module for each scheduler. Without
them nothing is balanced. They are in the distribution's package of kernel modules,
which images for containers and small machines leave out.`,
	Bad:  `lvs_sched mh                 # and no ip_vs_mh`,
	Good: `lvs_sched rr                 # and ip_vs_rr`,
	Node: func(n *Node) (found []diag.Diagnostic) {
		if n.Host == nil {
			return nil
		}
		seen := map[string]bool{}
		for v, s := range n.services() {
			if n.Host.LacksModule("ip_vs") {
				return []diag.Diagnostic{finding(s.Range(), "install the kernel's modules", "the kernel has no module ip_vs: no virtual_server works")}
			}
			if name := "ip_vs_" + v.Scheduler; !seen[name] && n.Host.LacksModule(name) {
				seen[name] = true
				found = append(found, finding(settingAt(s, "lvs_sched", "lb_algo"), "install the kernel's modules, or use another scheduler",
					"the kernel has no module %s: virtual_server %s does not work", name, serviceName(s)))
			}
		}
		return found
	},
}
