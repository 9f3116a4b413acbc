package cmd

import (
	"os"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/test/need"
)

// flags are the terminal's: whether it shows what is typed, line by line.
func (x *terminal) flags() uint32 {
	x.t.Helper()
	t, err := unix.IoctlGetTermios(int(x.master.Fd()), unix.TCGETS)
	if err == nil {
		err = unix.SetNonblock(int(x.master.Fd()), true) // which Fd took away
	}
	if err != nil {
		x.t.Fatal(err)
	}
	return t.Lflag & (unix.ECHO | unix.ICANON | unix.ISIG)
}

// TestTop shows the table on a terminal, follows its size, and gives it back as
// it was, whatever ends it.
func TestTop(t *testing.T) {
	typed := func(keys string) func(*terminal, *os.Process) error {
		return func(x *terminal, _ *os.Process) error { _, err := x.master.WriteString(keys); return err }
	}
	signalled := func(s os.Signal) func(*terminal, *os.Process) error {
		return func(_ *terminal, p *os.Process) error { return p.Signal(s) }
	}
	for name, end := range map[string]func(*terminal, *os.Process) error{
		"q":       typed("xq"),
		"ctrl-c":  typed("\x03"),
		"sigterm": signalled(syscall.SIGTERM),
		"sighup":  signalled(syscall.SIGHUP),
	} {
		t.Run(name, func(t *testing.T) {
			need.Root(t)
			x, slave := newTerminal(t, 10, 30)
			usual := x.flags()
			// By the name of kactl this program is it: see TestMain.
			cmd := x.start(slave, "kactl", "watch", "--top", "-i", "lo", "--color", "never")
			shows := func(want string) { x.read(func() bool { return strings.Contains(x.String(), want) }) }
			shows("0 virtual routers")
			shows("INTERFACE  VRID  FAMILY  STATE\n") // cut at 30 columns
			if x.screen != 1 || !x.hidden {
				t.Error("the table is on the shell's screen, or the cursor is shown")
			}
			if x.flags() != unix.ISIG {
				t.Errorf("the terminal's flags are %#x, want ISIG alone", x.flags())
			}
			x.resize(10, 100)
			shows("LAST EVENT\n")
			if err := end(x, cmd.Process); err != nil {
				t.Fatal(err)
			}
			x.read(nil)
			if err := cmd.Wait(); err != nil {
				t.Errorf("it ends with %v", err)
			}
			if x.screen != 0 || x.hidden {
				t.Error("the shell has not got its screen back, or no cursor")
			}
			if left := x.String(); !strings.Contains(left, "LAST EVENT") || !strings.Contains(left, "0 adverts in ") {
				t.Errorf("it leaves\n%s", left)
			}
			if x.flags() != usual {
				t.Errorf("the terminal's flags are %#x, want %#x", x.flags(), usual)
			}
		})
	}
}
