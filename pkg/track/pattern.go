package track

import (
	"bytes"
	"strings"

	"github.com/kactl/kactl/pkg/vrrp"
)

// commLength is how much of its name a process has in the kernel (TASK_COMM_LEN).
const commLength = 15

// A pattern is what is looked for in the table of processes: a name, or a command line,
// whose words each end with a zero byte.
type pattern struct {
	name    string
	command []byte // nil is none
	// first says that the command alone counts, whatever the parameters, and start
	// that more may follow the text.
	first, start bool
}

func newPattern(p *vrrp.Process) pattern {
	if !p.FullCommand {
		name := p.Command[0]
		return pattern{name: name[:min(len(name), commLength)]}
	}
	t := pattern{command: []byte(strings.Join(p.Command, "\x00") + "\x00")}
	switch p.Match {
	case vrrp.MatchAny:
		t.first = len(p.Command) == 1
	case vrrp.MatchPartial:
		t.start = true
	case vrrp.MatchInitial:
		t.start, t.command = true, t.command[:len(t.command)-1]
	}
	return t
}

// matches reports whether a process with the name and the command line is meant.
func (t *pattern) matches(name, command []byte) bool {
	switch {
	case t.command == nil:
		return string(name) == t.name
	case t.first || t.start:
		return bytes.HasPrefix(command, t.command)
	}
	return bytes.Equal(command, t.command)
}
