package lint

import (
	"slices"
	"strings"

	"github.com/kactl/kactl/pkg/diag"
)

var scriptShell = &Rule{
	Name: "script-shell", Severity: diag.Warning,
	Doc: "shell syntax where no shell takes part",
	Why: `keepalived starts a program and gives it the words that follow. It looks for one
called "[[" or "if", finds none and disables the script; "&&", "|" and ">" go to
the program as arguments. Let a shell run the line: /bin/sh -c '...', and
/bin/bash where [[ is used. "[ ! -f FILE ]" alone works, for /usr/bin/[ exists.
A line that begins with </ is the exception: keepalived gives it to /bin/sh, and it
succeeds while the file can be opened. Only bash knows /dev/tcp as a connection.`,
	Bad: `vrrp_script down {
    script "[[ -f /etc/keepalived/down ]] && exit 1 || exit 0"
}`,
	Good: `vrrp_script down {
    script "/bin/bash -c '[[ -f /etc/keepalived/down ]] && exit 1 || exit 0'"
}`,
	Node: func(n *Node) (found []diag.Diagnostic) {
		for p := range n.programs() {
			word := p.shellSyntax()
			if word == "" {
				continue
			}
			shell := "/bin/sh"
			if slices.ContainsFunc(bashOnly, func(s string) bool { return strings.Contains(p.text, s) }) {
				shell = "/bin/bash"
			}
			fixed := `"` + shell + " -c '" + p.text + `'"`
			if strings.HasPrefix(word, "</") {
				shell = "/bin/bash"
			}
			d := finding(p.at(), "write "+shell+" -c '...' around it, or name a script file",
				"no shell runs this: the program gets %s as an argument", word)
			switch {
			case strings.HasPrefix(word, "</"):
				d.Message = "/bin/sh runs this, and bash is the only shell that knows " + word[1:] + ": with another it always fails"
			case word == shellWords(p.text)[0]:
				d.Message = "no shell runs this, and there is no program " + word + ": it is never run"
				if notPrograms[word] {
					d.Severity = diag.Error // keepalived tests a redirection for nothing
				}
			}
			if p.wraps() {
				d.Hint, d.Fix = "write "+fixed, []diag.Edit{{Range: p.at(), New: fixed}}
			}
			found = append(found, d)
		}
		return found
	},
}

// bashOnly is what other shells do not know.
var bashOnly = []string{"[[", "((", "&>", "/dev/tcp/", "/dev/udp/"}

// notPrograms are words of the shell that are no files.
var notPrograms = map[string]bool{
	"[[": true, "((": true, "if": true, "case": true, "for": true, "while": true, "until": true, "exit": true, "!": true, "source": true, ".": true,
}

// redirectsToNetwork reports whether word is a redirection that only bash takes
// for a connection. Any other "</path" keepalived gives to a shell: it succeeds
// if the file can be opened.
func redirectsToNetwork(word string) bool {
	return strings.HasPrefix(word, "</dev/tcp/") || strings.HasPrefix(word, "</dev/udp/")
}

// notProgram reports whether word, the first one, is for a shell alone.
func notProgram(word string) bool {
	return notPrograms[word] || strings.HasPrefix(word, "<") || strings.HasPrefix(word, ">")
}

// shellSyntax returns the word of p that only a shell understands, or "".
func (p *program) shellSyntax() string {
	words := shellWords(p.text)
	switch {
	case strings.HasPrefix(words[0], "</") && !redirectsToNetwork(words[0]):
		return ""
	case notProgram(words[0]):
		return words[0]
	}
	operators := []string{"&&", "||", "|", ";", "&", ">", ">>", "<", "&>", "2>&1", "1>&2", ">&2", "2>"}
	for _, w := range words[1:] {
		if slices.Contains(operators, w) || strings.HasSuffix(w, "/dev/null") && strings.Contains(w, ">") {
			return w
		}
	}
	return ""
}

// wraps reports whether the text can stand within quotes of both kinds, and is
// what the file holds.
func (p *program) wraps() bool {
	length := int(p.word.End - p.word.Column)
	if p.word.Quoted {
		length -= 2
	}
	return !p.statement.Expanded() && length == len(p.text) && !strings.ContainsAny(p.text, "'\"\\") && (p.word.Quoted || !p.as)
}
