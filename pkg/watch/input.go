package watch

import (
	"context"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// An input is a file that may be a pipe from a capture that goes on: before it
// waits for more, what was read so far is told, and it ends with the context.
type input struct {
	ctx    context.Context
	from   io.Reader
	before func() error
	failed error // what before said: it has nothing to do with the file
}

// wait is how long the end of the context may go unnoticed.
const wait = 100 * time.Millisecond

func (i *input) Read(b []byte) (int, error) {
	if i.failed = i.before(); i.failed != nil {
		return 0, i.failed
	}
	if f, ok := i.from.(*os.File); ok {
		fds := []unix.PollFd{{Fd: int32(f.Fd()), Events: unix.POLLIN}}
		for {
			n, err := unix.Poll(fds, int(wait/time.Millisecond))
			if i.ctx.Err() != nil {
				return 0, io.EOF
			}
			if n > 0 || err != nil && err != unix.EINTR {
				break // the read will tell what it is
			}
		}
	}
	return i.from.Read(b)
}
