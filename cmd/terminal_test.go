package cmd

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A terminal is a pseudo-terminal with what a program on it has drawn.
type terminal struct {
	t             *testing.T
	rows, columns int
	master        *os.File
	// What is shown, on the screen that the shell has (0) and on the other one.
	cells       [2][][]rune
	screen      int
	row, column int
	hidden      bool // the cursor
	frames      int  // how often the cursor went home
	pending     []byte
}

// newTerminal opens a pseudo-terminal and the end of it that a program has.
func newTerminal(t *testing.T, rows, columns int) (*terminal, *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { master.Close() })
	fd := int(master.Fd())
	if err := unix.SetNonblock(fd, true); err != nil { // which Fd took away
		t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	x := &terminal{t: t, master: master}
	x.resize(rows, columns)
	for i := range x.cells {
		x.cells[i] = make([][]rune, rows)
	}
	return x, slave
}

// resize tells the programs of the terminal its size. What is shown stays.
func (x *terminal) resize(rows, columns int) {
	x.t.Helper()
	x.rows, x.columns = rows, columns
	size := &unix.Winsize{Row: uint16(rows), Col: uint16(columns)}
	if err := unix.IoctlSetWinsize(int(x.master.Fd()), unix.TIOCSWINSZ, size); err != nil {
		x.t.Fatal(err)
	}
}

// start runs this program as command on the terminal.
func (x *terminal) start(slave *os.File, command string, args ...string) *exec.Cmd {
	x.t.Helper()
	self, err := os.Executable()
	if err != nil {
		x.t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Args = append([]string{command}, args...)
	cmd.Env = append(os.Environ(), "TERM=xterm")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		x.t.Fatal(err)
	}
	slave.Close()
	x.t.Cleanup(func() {
		if cmd.ProcessState == nil {
			cmd.Process.Kill()
			cmd.Wait()
		}
	})
	return cmd
}

// read draws what the program writes until stop is satisfied. A nil stop waits
// for the end.
func (x *terminal) read(stop func() bool) {
	x.t.Helper()
	if err := x.master.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
		x.t.Fatal(err)
	}
	buffer := make([]byte, 4096)
	for stop == nil || !stop() {
		n, err := x.master.Read(buffer)
		x.write(buffer[:n])
		switch {
		case err == nil:
		case stop == nil && (errors.Is(err, unix.EIO) || errors.Is(err, io.EOF)): // the last program closed it
			return
		default:
			x.t.Fatalf("%v; the terminal shows\n%s", err, x)
		}
	}
}

// write does what text says. What ends within a sequence waits for the rest.
func (x *terminal) write(text []byte) {
	x.t.Helper()
	text = append(x.pending, text...)
	for len(text) > 0 && text[0] != '\x1b' || bytes.IndexFunc(text, isFinal) > 0 {
		if text[0] != '\x1b' {
			x.character(rune(text[0]))
			text = text[1:]
			continue
		}
		end := 2 + bytes.IndexFunc(text[2:], isFinal) + 1
		x.sequence(string(text[2:end]))
		text = text[end:]
	}
	x.pending = text
}

// isFinal says that r ends a sequence that "\x1b[" began. Nothing else is before
// it but digits and punctuation.
func isFinal(r rune) bool { return r >= '@' && r <= '~' && r != '[' }

func (x *terminal) sequence(s string) {
	lines := x.cells[x.screen]
	switch s {
	case "?1049h":
		x.screen = 1
		clear(x.cells[1])
	case "?1049l":
		x.screen = 0
	case "?25h", "?25l":
		x.hidden = s == "?25l"
	case "H":
		x.row, x.column = 0, 0
		x.frames++
	case "K":
		x.erase(x.row, min(x.column, x.columns-1))
	case "J":
		x.erase(x.row, min(x.column, x.columns-1))
		clear(lines[x.row+1:])
	default:
		x.t.Fatalf("unknown sequence %q", s)
	}
}

func (x *terminal) erase(row, column int) {
	line := x.cells[x.screen][row]
	x.cells[x.screen][row] = line[:min(column, len(line))]
}

func (x *terminal) character(r rune) {
	lines := x.cells[x.screen]
	switch r {
	case '\r':
		x.column = 0
	case '\n':
		if x.row++; x.row == len(lines) {
			copy(lines, lines[1:])
			x.row--
			lines[x.row] = nil
		}
	default:
		if x.column == x.columns { // the line is full
			x.character('\r')
			x.character('\n')
		}
		for len(lines[x.row]) <= x.column {
			lines[x.row] = append(lines[x.row], ' ')
		}
		lines[x.row][x.column] = r
		x.column++
	}
}

// String is what the terminal shows.
func (x *terminal) String() string {
	var b strings.Builder
	for _, line := range x.cells[x.screen] {
		b.WriteString(strings.TrimRight(string(line), " ") + "\n")
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}
