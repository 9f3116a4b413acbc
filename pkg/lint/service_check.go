package lint

import (
	"strconv"

	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/syntax"
)

var serviceCheckPort = &Rule{
	Name: "service-check-port", Severity: diag.Info,
	Doc: "a check that connects to another port than the service uses",
	Why: `The check says whether something listens on its own port; the service may be down
all the same. It is right where the server has a port for its health, and else a
port that was changed in one place.`,
	Bad: `real_server 192.0.2.21 8080 {
    TCP_CHECK {
        connect_port 80
    }
}`,
	Good: `real_server 192.0.2.21 8080 {
    TCP_CHECK {
    }
}`,
	Node: func(n *Node) (found []diag.Diagnostic) {
		for v, r := range realServers(n) {
			server, ok := endpoint(r)
			if !ok {
				continue
			}
			port := server.Port()
			if service, ok := endpoint(v); ok && port == 0 {
				port = service.Port()
			}
			for _, c := range checks(r) {
				p := lastChild(c, "connect_port")
				if p == nil || port == 0 || lastChild(c, "connect_ip") != nil {
					continue
				}
				if k, err := strconv.ParseUint(p.Arg(0), 10, 16); err == nil && uint16(k) != port {
					found = append(found, finding(p.AtArg(0), "leave connect_port out to check the port of the real server",
						"%s asks port %d, and the service is on %d", c.Name(), k, port))
				}
			}
		}
		return found
	},
}

// realServers yields every real server with its virtual server.
func realServers(n *Node) func(func(v, r *syntax.Statement) bool) {
	return func(yield func(v, r *syntax.Statement) bool) {
		for v := range n.statements("virtual_server") {
			for _, r := range v.Body() {
				if r.Name() == "real_server" && !yield(v, r) {
					return
				}
			}
		}
	}
}

var serviceNoCheck = &Rule{
	Name: "service-no-check", Severity: diag.Warning,
	Doc: "real servers that nothing checks",
	Why: `A real server without a check counts as up for ever: clients are sent to it when it
is dead, and the sorry server never steps in. Write TCP_CHECK { } at least. One
with weight 0 gets no clients and needs none.`,
	Bad: `real_server 192.0.2.21 80 {
    weight 1
}`,
	Good: `real_server 192.0.2.21 80 {
    TCP_CHECK {
    }
}`,
	Node: func(n *Node) (found []diag.Diagnostic) {
		for v := range n.statements("virtual_server") {
			if n.misread(v) {
				continue
			}
			var without []*syntax.Statement
			checked, weight := 0, whole(v, "weight", 1)
			for _, r := range v.Body() {
				switch {
				case r.Name() != "real_server":
				case len(checks(r)) > 0:
					checked++
				case whole(r, "weight", weight) != 0:
					without = append(without, r)
				}
			}
			if len(without) > 0 && checked == 0 {
				found = append(found, finding(v.Range(), "write TCP_CHECK { } in each real_server",
					"nothing checks the real servers of virtual_server %s: they count as up for ever", serviceName(v)))
				continue
			}
			for _, r := range without {
				d := finding(r.Range(), "write the check that the others have", "nothing checks real_server %s, unlike others of its service", r.Arg(0))
				d.Severity = diag.Info
				found = append(found, d)
			}
		}
		return found
	},
}

// serviceName is what a virtual_server is called in its file.
func serviceName(v *syntax.Statement) string {
	if v.Arg(1) == "" {
		return v.Arg(0)
	}
	return v.Arg(0) + " " + v.Arg(1)
}
