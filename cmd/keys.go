package cmd

import (
	"os"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// onQuit calls quit when q is typed on the terminal in, which shows nothing of
// what is typed until restore is called. It does nothing where in is no
// terminal. Ctrl-C is a signal as ever; Ctrl-Z is none, for it would leave the
// terminal as it is. (golang.org/x/term has the raw mode alone, in which Ctrl-C is
// none either, and lines end without a carriage return.)
func onQuit(in any, quit func()) (restore func()) {
	f, ok := in.(*os.File)
	if !ok {
		return func() {}
	}
	fd := int(f.Fd())
	old, err := term.GetState(fd)
	if err != nil {
		return func() {}
	}
	quiet, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return func() {}
	}
	quiet.Lflag &^= unix.ICANON | unix.ECHO
	quiet.Cc[unix.VMIN], quiet.Cc[unix.VTIME], quiet.Cc[unix.VSUSP] = 1, 0, 0
	if unix.IoctlSetTermios(fd, unix.TCSETS, quiet) != nil {
		return func() {}
	}
	go func() {
		var b [1]byte
		for {
			if n, err := f.Read(b[:]); err != nil || n == 0 {
				return
			}
			if b[0] == 'q' || b[0] == 'Q' {
				quit()
				return
			}
		}
	}()
	return func() { _ = term.Restore(fd, old) }
}
