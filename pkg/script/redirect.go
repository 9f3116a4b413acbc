package script

import "strings"

// shellPath is what runs a redirection, as system(3) does. Whether it knows files such
// as /dev/tcp/ADDRESS/PORT, which are no files, depends on the shell: bash does,
// dash does not, and the command fails with it as it does under keepalived.
const shellPath = "/bin/sh"

// redirection returns the arguments of the shell for a command such as "</path":
// the first word is for the shell to understand, the others are quoted, which is
// what keepalived gives to system(3).
func redirection(words []string) []string {
	var b strings.Builder
	b.WriteString(words[0])
	for _, w := range words[1:] {
		b.WriteString(" '" + strings.ReplaceAll(w, "'", `'\''`) + "'")
	}
	return []string{"sh", "-c", b.String()}
}
