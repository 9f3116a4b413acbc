package lint

import (
	"regexp"
	"strings"

	"github.com/kactl/kactl/pkg/diag"
)

var hostScript = &Rule{
	Name: "host-script", Severity: diag.Warning,
	Doc: "a script file that stops keepalived, or that prints its verdict instead of exiting with it",
	Why: `keepalived goes by the exit status of a vrrp_script: 0 is up. One that ends with
echo always exits with 0. One that stops keepalived moves the addresses away, and
nothing starts it again when the service is back; with exit 1 and weight 0 the
instance is in FAULT for as long as that lasts.`,
	Bad: `#!/bin/sh
if pidof nginx >/dev/null; then
    echo 0
else
    echo 1
fi`,
	Good: `#!/bin/sh
pidof nginx >/dev/null || exit 1`,
	Node: func(n *Node) (found []diag.Diagnostic) {
		if n.Host == nil {
			return nil
		}
		for _, s := range n.Config.VRRP.Scripts {
			text, ok := n.Host.Script(s.Command)
			if !ok {
				continue
			}
			at := n.At("vrrp_script", s.Name, "script")
			lines := shellLines(text)
			for _, l := range lines {
				if l.text != "" && stopsDaemon.MatchString(l.text) {
					found = append(found, finding(at, "exit 1 instead: keepalived gives up the addresses then, and takes them back when the script succeeds",
						"line %d of %s stops keepalived, and nothing starts it again: %s", l.number, s.Command.Words[0], l.text))
					break
				}
			}
			if len(lines) > 0 && printsVerdict(lines) {
				found = append(found, finding(at, "exit 1 for a failure and exit 0 else",
					"%s prints 0 or 1 and exits with 0 whatever it is: the check never fails", s.Command.Words[0]))
			}
		}
		return found
	},
}

type shellLine struct {
	number int
	text   string
}

// shellLines are the lines of a shell script that hold commands. It is nil for a
// script in another language.
func shellLines(text string) (lines []shellLine) {
	first, _, _ := strings.Cut(text, "\n")
	if !shellShebang.MatchString(first) {
		return nil
	}
	n := 0
	for l := range strings.Lines(text) {
		n++
		if l = strings.TrimSpace(l); l != "" && !strings.HasPrefix(l, "#") {
			lines = append(lines, shellLine{n, l})
		}
	}
	return lines
}

var (
	shellShebang = regexp.MustCompile(`^#!\s*(/usr/bin/env\s+)?(\S*/)?(ba|da|a|k|z)?sh\b`)

	// stopsDaemon is a command that ends keepalived, at the start of a line or
	// behind a word or sign of the shell. A signal other than those that end a
	// program does not match.
	stopsDaemon = regexp.MustCompile(`(^|[;&|({]\s*|\b(?:then|else|do|sudo)\s+)(\S*/)?(` +
		`systemctl\s+(-\S+\s+)*(stop|kill)\s+(-\S+\s+)*keepalived(\.service)?|` +
		`(service|rc-service)\s+keepalived\s+stop|` +
		`init\.d/keepalived\s+stop|` +
		`(pkill|killall)\s+(-(9|15|TERM|KILL|SIGTERM|SIGKILL|x|f|e|w)\s+)*keepalived|` +
		"kill\\s+(-(9|15|TERM|KILL)\\s+)?(`|\\$\\()\\s*(pidof|pgrep)\\s+(-\\S+\\s+)*keepalived|" +
		`kill\s+(-(9|15|TERM|KILL)\s+)?(` + "`|\\$\\()\\s*cat\\s+\\S*keepalived\\.pid" +
		`)(\s|$|[;&|)}` + "`" + `])`)

	printsNumber   = regexp.MustCompile(`^(echo|printf)\s+["']?[01](\\n)?["']?\s*;?$`)
	endsWithNumber = regexp.MustCompile(`(;|\|\|)\s*(echo|printf)\s+["']?[01](\\n)?["']?\s*;?$`)
	mayExit        = regexp.MustCompile(`\b(exit|exec|return|set|trap|eval|source|kill)\b|^\.\s`)
)

// printsVerdict reports whether a script prints 0 or 1 last, whatever comes
// before, so that it always exits with 0.
func printsVerdict(lines []shellLine) bool {
	for _, l := range lines {
		if mayExit.MatchString(l.text) {
			return false
		}
	}
	last := len(lines) - 1
	if lines[last].text != "fi" {
		return printsNumber.MatchString(lines[last].text) || endsWithNumber.MatchString(lines[last].text)
	}
	for i, l := range lines[:last] {
		next := lines[i+1].text
		if (next == "fi" || next == "else" || strings.HasPrefix(next, "elif ")) && !printsNumber.MatchString(l.text) {
			return false // a branch that ends with another command
		}
	}
	return true
}
