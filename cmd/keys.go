package cmd

import (
	"os"

	"golang.org/x/sys/unix"
)

// onQuit calls quit when q is typed on the terminal in, which shows nothing of
// what is typed until restore is called. It does nothing where in is no
// terminal. Ctrl-C is a signal as ever; Ctrl-Z is none, for it would leave the
// terminal as it is.
func onQuit(in any, quit func()) (restore func()) {
	f, ok := in.(*os.File)
	if !ok {
		return func() {}
	}
	fd := int(f.Fd())
	old, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return func() {}
	}
	raw := *old
	raw.Lflag &^= unix.ICANON | unix.ECHO
	raw.Cc[unix.VMIN], raw.Cc[unix.VTIME], raw.Cc[unix.VSUSP] = 1, 0, 0
	if unix.IoctlSetTermios(fd, unix.TCSETS, &raw) != nil {
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
	return func() { _ = unix.IoctlSetTermios(fd, unix.TCSETS, old) }
}
