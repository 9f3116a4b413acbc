package machine

import (
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/kactl/kactl/pkg/command"
	"github.com/kactl/kactl/pkg/script"
)

// maxScript bounds what is read of a script, in bytes.
const maxScript = 64 << 10

// Script returns the text of the script that c runs. It reports false for what
// is not a text that starts with #!, and for what cannot be found or read.
func (m *Machine) Script(c command.Command) (string, bool) {
	file, err := script.Resolve(c)
	if err != nil {
		return "", false
	}
	if file, err = filepath.Abs(file); err != nil {
		return "", false
	}
	return m.scriptText(strings.TrimPrefix(file, "/"))
}

// Startable returns why the kernel could not start the script that c runs. It is
// nil for a program, and for what cannot be found or read.
func (*Machine) Startable(c command.Command) error { return script.Startable(c) }

func (m *Machine) scriptText(name string) (string, bool) {
	if info, err := fs.Stat(m.root, name); err != nil || !info.Mode().IsRegular() {
		return "", false // one that would have to be waited for
	}
	f, err := m.root.Open(name)
	if err != nil {
		return "", false
	}
	defer f.Close()
	text := make([]byte, maxScript+1)
	n, err := io.ReadFull(f, text)
	if !errors.Is(err, io.ErrUnexpectedEOF) || !strings.HasPrefix(string(text[:n]), "#!") {
		return "", false // unreadable, empty, too long, or a program
	}
	return string(text[:n]), true
}
