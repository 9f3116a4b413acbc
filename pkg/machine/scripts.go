package machine

import (
	"strings"

	"github.com/kactl/kactl/pkg/command"
	"github.com/kactl/kactl/pkg/script"
)

// maxScript bounds what is read of a script, in bytes.
const maxScript = 64 << 10

// Script returns the text of the script that c runs. It reports false for what
// is not a text that starts with #!, and for what cannot be found or read.
func (*Machine) Script(c command.Command) (string, bool) {
	file, err := script.Resolve(c)
	if err != nil {
		return "", false
	}
	text, err := script.ReadStart(file, maxScript+1)
	if err != nil || len(text) > maxScript || !strings.HasPrefix(string(text), "#!") {
		return "", false // unreadable, empty, too long, or a program
	}
	return string(text), true
}

// Startable returns why the kernel could not start the script that c runs. It is
// nil for a program, and for what cannot be found or read.
func (*Machine) Startable(c command.Command) error { return script.Startable(c) }
