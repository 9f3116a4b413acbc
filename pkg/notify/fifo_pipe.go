package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/command"
)

const (
	// fifoLines is how many lines wait for a reader, beside what the kernel keeps:
	// some thousand more.
	fifoLines = 4096
	// fifoPatience is how long a reader has at the end for what waits, and a script
	// to end once it has read that.
	fifoPatience = 2 * time.Second
	// scriptEnds is how long a script has that is ended. The runner kills it after 2 s.
	scriptEnds = 3 * time.Second
	// fifoRestart is the time after which a script that has ended is started again.
	fifoRestart = time.Second
)

// A fifoPipe is a named pipe that is open. It is written to by one goroutine, which
// waits for the reader; nobody else does.
type fifoPipe struct {
	path    string
	created bool
	file    *os.File
	log     *slog.Logger
	lines   chan string
	written chan struct{} // closed when all is written, or given up

	dropped int // since the last line that found room

	stopScript context.CancelFunc
	scripts    sync.WaitGroup
}

// openFIFO makes the pipe, if it is not there, opens it and starts its script.
func openFIFO(w FIFO, runner Runner, log *slog.Logger) (*fifoPipe, error) {
	fd, created, err := makeFIFO(w)
	if err != nil {
		if created {
			_ = os.Remove(w.Path)
		}
		return nil, fmt.Errorf("open FIFO %s: %w", w.Path, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	p := &fifoPipe{
		path: w.Path, created: created, file: os.NewFile(uintptr(fd), w.Path), log: log,
		lines: make(chan string, fifoLines), written: make(chan struct{}), stopScript: cancel,
	}
	go p.run()
	if w.Script != nil {
		p.scripts.Go(func() { p.runScript(ctx, runner, *w.Script) })
	}
	return p, nil
}

// makeFIFO returns a descriptor that both reads and writes: it can be opened, and
// written to, without a reader.
func makeFIFO(w FIFO) (fd int, created bool, err error) {
	err = unix.Mkfifo(w.Path, 0o600)
	created = err == nil
	if err != nil && !errors.Is(err, unix.EEXIST) {
		return -1, false, err
	}
	var st unix.Stat_t
	if err := unix.Lstat(w.Path, &st); err != nil {
		return -1, created, err
	}
	notOne := errors.New("it is there, and no FIFO: remove it, or name another path")
	if st.Mode&unix.S_IFMT != unix.S_IFIFO {
		return -1, created, notOne
	}
	fd, err = unix.Open(w.Path, unix.O_RDWR|unix.O_NONBLOCK|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, created, err
	}
	err = unix.Fstat(fd, &st)
	switch {
	case err != nil:
	case st.Mode&unix.S_IFMT != unix.S_IFIFO:
		err = notOne
	case int(st.Uid) != w.UID || int(st.Gid) != w.GID:
		err = unix.Fchown(fd, w.UID, w.GID)
	}
	if err != nil {
		_ = unix.Close(fd)
		return -1, created, err
	}
	return fd, created, nil
}

// put queues a line, and drops it where too many wait. Where lines were dropped, more are
// until half of the queue is free: a slow reader is not logged for each line. One
// goroutine at a time calls it.
func (p *fifoPipe) put(line string) {
	if p.dropped > 0 && len(p.lines) > fifoLines/2 {
		p.dropped++
		return
	}
	select {
	case p.lines <- line:
		if p.dropped > 0 {
			p.log.Warn(fmt.Sprintf("FIFO %s: its reader goes on; %d lines were dropped", p.path, p.dropped))
			p.dropped = 0
		}
	default:
		if p.dropped++; p.dropped == 1 {
			p.log.Warn(fmt.Sprintf("FIFO %s: nobody reads it, or not fast enough: lines are dropped", p.path))
		}
	}
}

func (p *fifoPipe) run() {
	defer close(p.written)
	for line := range p.lines {
		if _, err := p.file.WriteString(line); err != nil {
			if !errors.Is(err, os.ErrDeadlineExceeded) {
				p.log.Error(fmt.Sprintf("write to FIFO %s: %v", p.path, err))
			}
			for range p.lines { // the end, for which nobody waits
				continue
			}
			return
		}
	}
}

// runScript keeps the script running.
func (p *fifoPipe) runScript(ctx context.Context, runner Runner, c command.Command) {
	for {
		err := runner.Run(ctx, c, p.path)
		select {
		case <-p.written: // it has read the end
			return
		case <-ctx.Done():
			return
		default:
		}
		text := "has ended"
		if err != nil {
			text = "failed"
		}
		p.log.Warn(fmt.Sprintf("Script %s of FIFO %s %s; it is started again in %v", c, p.path, text, fifoRestart), "error", err)
		select {
		case <-time.After(fifoRestart):
		case <-p.written:
			return
		case <-ctx.Done():
			return
		}
	}
}

// close writes what waits, for as long as a reader takes it, and ends the script.
func (p *fifoPipe) close(ctx context.Context) (err error) {
	ctx, cancel := context.WithTimeout(ctx, fifoPatience)
	defer cancel()
	close(p.lines)
	select {
	case <-p.written:
	case <-ctx.Done():
		_ = p.file.SetWriteDeadline(time.Now())
		<-p.written
		err = fmt.Errorf("FIFO %s: nobody reads it: some lines were not written", p.path)
	}
	_ = p.file.Close() // which the script reads as the end
	ended := make(chan struct{})
	go func() {
		p.scripts.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-ctx.Done():
	}
	p.stopScript()
	select {
	case <-ended:
	case <-time.After(scriptEnds):
		p.log.Warn(fmt.Sprintf("Script of FIFO %s does not end; nobody waits for it", p.path))
	}
	if p.created {
		_ = os.Remove(p.path)
	}
	return err
}
