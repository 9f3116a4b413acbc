// Package command holds the value that names an external program in a
// configuration: what to run and as whom. It runs nothing; package script does.
package command

import "strings"

// A Command is an external program as the configuration names it, split into
// words the way keepalived splits them. No shell takes part.
type Command struct {
	// Words are the program and its arguments. There is at least one.
	Words []string
	// User and Group name the identity that the program runs with. An empty
	// User is the identity of the daemon; an empty Group is the user's own.
	User, Group string
	// Secure refuses to run as root what anybody else could replace
	// (enable_script_security).
	Secure bool
}

// String returns the words joined by blanks, for logs and error messages.
func (c Command) String() string { return strings.Join(c.Words, " ") }

// Redirects reports whether c is a redirection such as "</path", which succeeds
// if the file can be opened. keepalived gives it to a shell, and so it is the one
// kind of command whose first word is not a program.
func (c Command) Redirects() bool {
	return len(c.Words) > 0 && strings.HasPrefix(c.Words[0], "</")
}
