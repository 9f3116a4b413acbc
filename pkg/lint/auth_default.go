package lint

import "github.com/kactl/kactl/pkg/diag"

var authDefault = &Rule{
	Name: "auth-default", Severity: diag.Info,
	Doc: "the auth_pass of the sample file",
	Why: `auth_pass goes over the wire in clear text and protects nobody. What it is good
for is to keep two clusters apart that got the same virtual_router_id, and the
password that every tutorial has does not do that. Write one of your own, or
leave authentication out, as later RFCs do.`,
	Bad: `authentication {
    auth_type PASS
    auth_pass 1111
}`,
	Good: `authentication {
    auth_type PASS
    auth_pass k7Tq2xWd
}`,
	Node: func(n *Node) (found []diag.Diagnostic) {
		for s := range n.statements("vrrp_instance", "authentication", "auth_pass") {
			if s.Arg(0) == "1111" {
				found = append(found, finding(s.AtArg(0), "write up to 8 characters of your own, on all routers",
					"this is the password of the sample file, which does not tell your routers from others"))
			}
		}
		return found
	},
}
