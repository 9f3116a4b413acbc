// Package nlconn is one netlink connection with deadlines: many requests in one
// send, an acknowledgement for each, and dumps that are repeated when the
// kernel says that they were interrupted. It serves generic and route netlink
// alike (netlink(7)).
package nlconn

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// ErrInterrupted says that a dump was still interrupted by changes after
// several tries: what it returned would not have been one consistent table.
var ErrInterrupted = errors.New("netlink dump interrupted by changes")

const (
	// A send carries at most this much, so that its answers, if all are errors
	// about 800 bytes each in the kernel's account, fit in the receive buffer.
	batchMessages = 128
	batchBytes    = 64 << 10

	receiveBuffer = 1 << 20
	receiveSize   = 64 << 10 // of the largest datagram
	dumpTries     = 5

	flagsOffset = 6 // in a netlink header

	// defaultTimeout bounds an exchange whose context has no deadline.
	defaultTimeout = 10 * time.Second
)

// A Conn is one netlink socket. Its methods may be called from several
// goroutines; exchanges take turns.
type Conn struct {
	mu   sync.Mutex // guards all following
	file *os.File
	raw  syscall.RawConn
	port uint32
	seq  uint32
	rbuf []byte
	wbuf []byte
}

// Dial opens a connection of the given netlink family, such as
// unix.NETLINK_GENERIC or unix.NETLINK_ROUTE. It belongs to the network
// namespace of the calling thread, whatever thread uses it later: a caller that
// changed its namespace must hold runtime.LockOSThread around Dial.
func Dial(family int) (*Conn, error) {
	fd, err := open(family, 0, receiveBuffer)
	if err != nil {
		return nil, err
	}
	port, err := portOf(fd)
	if err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("bind netlink socket of family %d: %w", family, err)
	}
	// It only makes acknowledgements short: a kernel that refuses it is served
	// without.
	_ = unix.SetsockoptInt(fd, unix.SOL_NETLINK, unix.NETLINK_CAP_ACK, 1)
	file := os.NewFile(uintptr(fd), "netlink")
	raw, err := file.SyscallConn()
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("open netlink socket of family %d: %w", family, err)
	}
	return &Conn{file: file, raw: raw, port: port, rbuf: make([]byte, receiveSize)}, nil
}

// Close closes the connection; an exchange under way fails.
func (c *Conn) Close() error { return c.file.Close() }

// Do sends reqs in order, several in one send, and calls ack with the index of
// each in order, as soon as it is known how the kernel answered it: nil, or the
// kernel's syscall.Errno. A refused request does not keep the later ones from
// being tried. ack may be nil.
//
// Do itself fails when the connection does: ctx ended, nothing came in time,
// an answer was lost. What was not acknowledged by then may or may not have
// been done. Without a deadline in ctx an exchange has 10 s.
func (c *Conn) Do(ctx context.Context, reqs []*nl.NetlinkRequest, ack func(i int, err error)) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return c.fail(ctx, "send", err)
	}
	defer c.arm(ctx)()

	for start := 0; start < len(reqs); {
		first := c.seq + 1
		c.wbuf = c.wbuf[:0]
		end, last := start, 0
		for end < len(reqs) && end-start < batchMessages {
			req := reqs[end]
			c.seq++
			req.Seq, req.Pid = c.seq, c.port
			req.Flags |= unix.NLM_F_REQUEST
			msg := req.Serialize()
			if end > start && len(c.wbuf)+len(msg) > batchBytes {
				c.seq--
				break
			}
			last = len(c.wbuf)
			c.wbuf = append(c.wbuf, msg...)
			for len(c.wbuf)%unix.NLMSG_ALIGNTO != 0 {
				c.wbuf = append(c.wbuf, 0)
			}
			end++
		}
		// The last one alone asks for an answer if it succeeds. The kernel has
		// done with all of a send before an answer can be read, and answers in
		// order: what is passed over has succeeded.
		flags := c.wbuf[last+flagsOffset:]
		binary.NativeEndian.PutUint16(flags, binary.NativeEndian.Uint16(flags)|unix.NLM_F_ACK)
		if err := c.send(c.wbuf); err != nil {
			return c.fail(ctx, "send", err)
		}
		for next := start; next < end; {
			msgs, err := c.receive()
			if err != nil {
				return c.fail(ctx, "receive", err)
			}
			for _, m := range msgs {
				i := int(m.Header.Seq - first)
				// The subtraction wraps for what is left of an exchange that
				// was given up earlier, and lands outside of the batch.
				if i < 0 || i >= end-start || m.Header.Type != unix.NLMSG_ERROR {
					continue
				}
				for ; next <= start+i; next++ {
					var err error
					if next == start+i {
						err = errnoOf(m.Data)
					}
					if ack != nil {
						ack(next, err)
					}
				}
			}
		}
		start = end
	}
	return nil
}

// Query sends one request that is not a dump and returns the payloads of the
// messages that answer it, each without its netlink header.
func (c *Conn) Query(ctx context.Context, req *nl.NetlinkRequest) ([][]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	defer c.arm(ctx)()
	req.Flags |= unix.NLM_F_REQUEST | unix.NLM_F_ACK
	res, _, err := c.collect(ctx, req)
	return res, err
}

// Dump sends one request as a dump and returns the payloads of the messages
// that answer it, each without its netlink header. A dump that the kernel marks
// as interrupted is repeated a few times.
func (c *Conn) Dump(ctx context.Context, req *nl.NetlinkRequest) ([][]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	defer c.arm(ctx)()
	return c.dump(ctx, req)
}

// Dumps sends each of reqs as a dump, and calls f with its index and what
// [Conn.Dump] would return of the kernel's answer. A refused one does not keep
// the later ones from being tried. Dumps itself fails when the connection does.
//
// The kernel has one dump under way for a socket, so they are not in one send;
// what is saved are deadlines, which cost more where clocks are slow. Without
// one in ctx each hundred or so have 10 s.
func (c *Conn) Dumps(ctx context.Context, reqs []*nl.NetlinkRequest, f func(i int, msgs [][]byte, err error)) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for start := 0; start < len(reqs); start += batchMessages {
		if err := c.dumpBatch(ctx, reqs[start:min(start+batchMessages, len(reqs))], start, f); err != nil {
			return err
		}
	}
	return nil
}

// dumpBatch sends reqs, whose indexes begin at first, under one deadline.
func (c *Conn) dumpBatch(ctx context.Context, reqs []*nl.NetlinkRequest, first int, f func(i int, msgs [][]byte, err error)) error {
	defer c.arm(ctx)()
	for i, req := range reqs {
		msgs, err := c.dump(ctx, req)
		if _, refused := err.(syscall.Errno); err != nil && !refused && err != ErrInterrupted {
			return err
		}
		f(first+i, msgs, err)
	}
	return nil
}

func (c *Conn) dump(ctx context.Context, req *nl.NetlinkRequest) ([][]byte, error) {
	req.Flags |= unix.NLM_F_REQUEST | unix.NLM_F_DUMP
	for range dumpTries {
		res, interrupted, err := c.collect(ctx, req)
		if err != nil {
			return nil, err
		}
		if !interrupted {
			return res, nil
		}
	}
	return nil, ErrInterrupted
}

// collect sends req and gathers the answer up to its end.
func (c *Conn) collect(ctx context.Context, req *nl.NetlinkRequest) (res [][]byte, interrupted bool, err error) {
	if err := ctx.Err(); err != nil {
		return nil, false, c.fail(ctx, "send", err)
	}
	c.seq++
	req.Seq, req.Pid = c.seq, c.port
	if err := c.send(req.Serialize()); err != nil {
		return nil, false, c.fail(ctx, "send", err)
	}
	for {
		msgs, err := c.receive()
		if err != nil {
			return nil, false, c.fail(ctx, "receive", err)
		}
		for _, m := range msgs {
			if m.Header.Seq != c.seq {
				continue
			}
			interrupted = interrupted || m.Header.Flags&unix.NLM_F_DUMP_INTR != 0
			switch m.Header.Type {
			case unix.NLMSG_ERROR, unix.NLMSG_DONE:
				return res, interrupted, errnoOf(m.Data)
			default:
				res = append(res, m.Data)
			}
		}
	}
}
