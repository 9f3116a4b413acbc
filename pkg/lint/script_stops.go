package lint

import (
	"path"
	"slices"
	"strings"

	"github.com/kactl/kactl/pkg/diag"
)

var scriptStops = &Rule{
	Name: "script-stops-keepalived", Severity: diag.Warning,
	Doc: "a script that stops keepalived",
	Why: `A check that stops the daemon when a service is down moves the addresses away,
and nothing starts it again when the service is back: the router is lost until
somebody does. Let the check exit with 1. Tracked with weight 0 that is FAULT,
which gives up the addresses at once and takes them back by itself.`,
	Bad: `vrrp_script chk {
    script "/bin/sh -c 'pidof nginx || systemctl stop keepalived'"
}`,
	Good: `vrrp_script chk {
    script "/bin/sh -c 'pidof nginx || exit 1'"
}`,
	Node: func(n *Node) (found []diag.Diagnostic) {
		for p := range n.programs() {
			if name := p.statement.Name(); name == "notify_stop" || name == "shutdown_script" {
				continue
			}
			text, ok := p.line()
			if !ok {
				text = p.text
			}
			all, _ := commands(text)
			if i := slices.IndexFunc(all, stopsKeepalived); i >= 0 {
				found = append(found, finding(p.at(), "exit 1 instead: keepalived gives up the addresses then, and takes them back when the script succeeds",
					"%q stops the daemon, and nothing starts it again when the fault is over", strings.Join(all[i], " ")))
			}
		}
		return found
	},
}

// stopsKeepalived reports whether a simple command does that.
func stopsKeepalived(words []string) bool {
	for len(words) > 0 && (words[0] == "sudo" || words[0] == "then" || words[0] == "else" || words[0] == "do") {
		words = words[1:]
	}
	if len(words) < 2 {
		return false
	}
	has := func(w string) bool { return slices.Contains(words[1:], w) }
	daemon := has("keepalived") || has("keepalived.service")
	switch path.Base(words[0]) {
	case "systemctl":
		return daemon && (has("stop") || has("kill"))
	case "service", "rc-service":
		return daemon && has("stop")
	case "pkill", "killall":
		return daemon && stopSignal(words[1:])
	case "kill":
		return stopSignal(words[1:]) && strings.Contains(strings.Join(words, " "), "keepalived.pid")
	case "keepalived":
		return has("stop") && strings.HasPrefix(words[0], "/etc/")
	}
	return false
}

// stopSignal reports whether what kill, pkill or killall send is a signal that
// ends a program: it is unless they are told of another.
func stopSignal(args []string) bool {
	for _, a := range args {
		if s, ok := strings.CutPrefix(a, "-"); ok && !slices.Contains([]string{"9", "15", "TERM", "SIGTERM", "KILL", "SIGKILL", "INT", "x", "f", "e", "q", "w"}, s) {
			return false
		}
	}
	return true
}
