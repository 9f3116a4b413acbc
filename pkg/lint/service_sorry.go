package lint

import "github.com/kactl/kactl/pkg/diag"

var serviceSorry = &Rule{
	Name: "service-sorry-server", Severity: diag.Warning,
	Doc: "a sorry_server that is one of the real servers",
	Why: `The sorry server steps in when all real servers are down; one of them is down too
then. Name another machine or port, or leave it out.`,
	Bad: `sorry_server 192.0.2.21 80
real_server 192.0.2.21 80 {
}`,
	Good: `sorry_server 192.0.2.30 80
real_server 192.0.2.21 80 {
}`,
	Node: func(n *Node) (found []diag.Diagnostic) {
		for v := range n.statements("virtual_server") {
			s := lastChild(v, "sorry_server")
			if s == nil {
				continue
			}
			sorry, ok := endpoint(s)
			for _, r := range v.Body() {
				if r.Name() != "real_server" {
					continue
				}
				if real, realOK := endpoint(r); ok && realOK && sorry == real {
					d := finding(s.AtArg(0), "name a server that is up when the others are not",
						"%s is a real server too: it is down when the sorry server is to step in", sorry.Addr())
					d.Related = []diag.Related{{Range: r.Range(), Message: "the real server"}}
					found = append(found, d)
					break
				}
			}
		}
		return found
	},
}
