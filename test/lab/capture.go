package lab

import (
	"encoding/binary"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A Capture collects the VRRP adverts and the ARP that pass a segment, or
// that one host's interface sends and receives.
type Capture struct {
	lab   *Lab
	file  *os.File
	began time.Time

	mu     sync.Mutex
	frames []Frame
}

// Capture starts to capture what passes the segment, unicast included.
func (s *Segment) Capture() *Capture {
	s.lab.t.Helper()
	return s.lab.capture(s.lab.bridge, s.bridge.Attrs().Index, s.name)
}

// Capture starts to capture on the port's interface.
func (p *Port) Capture() *Capture {
	p.host.lab.t.Helper()
	return p.host.lab.capture(p.host.Namespace, p.link.Attrs().Index, p.host.Name)
}

func (l *Lab) capture(ns *Namespace, index int, what string) *Capture {
	l.t.Helper()
	file, err := packetSocket(ns, index, unix.ETH_P_ALL)
	l.check(err, "capture on %s", what)
	c := &Capture{lab: l, file: file, began: time.Now()}
	go c.read()
	l.t.Cleanup(func() { file.Close() })
	return c
}

// wanted lets through what [decodeFrame] decodes: the processor of a guest has more
// to do than to look at all the rest.
var wanted = []unix.SockFilter{
	{Code: unix.BPF_LD | unix.BPF_H | unix.BPF_ABS, K: 12},                      // 0: the type of the frame
	{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: unix.ETH_P_ARP, Jt: 7},  // 1
	{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: unix.ETH_P_IPV6, Jt: 2}, // 2
	{Code: unix.BPF_LD | unix.BPF_B | unix.BPF_ABS, K: etherHeader + 9},         // 3: the protocol
	{Code: unix.BPF_JMP | unix.BPF_JA, K: 1},                                    // 4
	{Code: unix.BPF_LD | unix.BPF_B | unix.BPF_ABS, K: etherHeader + 6},         // 5: the next header
	{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: protoVRRP, Jt: 2},       // 6
	{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: protoAH, Jt: 1},         // 7
	{Code: unix.BPF_RET | unix.BPF_K, K: 0},                                     // 8
	{Code: unix.BPF_RET | unix.BPF_K, K: 1 << 16},                               // 9
}

// packetSocket opens a raw socket on an interface, for frames of one type,
// with the kernel's time stamp on each.
func packetSocket(ns *Namespace, index int, kind uint16) (*os.File, error) {
	var file *os.File
	err := ns.Do(func() error {
		fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return fmt.Errorf("open a packet socket: %w", err)
		}
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 4<<20)
		_ = unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: uint16(len(wanted)), Filter: &wanted[0]})
		err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1)
		if err == nil {
			err = unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: kind<<8 | kind>>8, Ifindex: index})
		}
		if err != nil {
			unix.Close(fd)
			return fmt.Errorf("bind a packet socket: %w", err)
		}
		file = os.NewFile(uintptr(fd), "packet")
		return nil
	})
	return file, err
}

// readFrames calls got with each frame until the socket is closed.
func readFrames(file *os.File, got func(at time.Time, frame []byte)) {
	conn, err := file.SyscallConn()
	if err != nil {
		return
	}
	buf, control := make([]byte, 2048), make([]byte, 256)
	for {
		var n, cn int
		var recvErr error
		err := conn.Read(func(fd uintptr) bool {
			n, cn, _, _, recvErr = unix.Recvmsg(int(fd), buf, control, 0)
			return recvErr != unix.EAGAIN
		})
		if err != nil {
			return // closed
		}
		if recvErr != nil {
			continue // the interface went down, say: the next one will do
		}
		got(stamp(control[:cn]), buf[:n])
	}
}

// stamp is the kernel's time of arrival, or now if it gave none.
func stamp(control []byte) time.Time {
	messages, err := unix.ParseSocketControlMessage(control)
	if err != nil {
		return time.Now()
	}
	const size = int(unsafe.Sizeof(unix.Timespec{}))
	for _, m := range messages {
		if m.Header.Level == unix.SOL_SOCKET && m.Header.Type == unix.SO_TIMESTAMPNS && len(m.Data) >= size {
			return time.Unix(int64(binary.NativeEndian.Uint64(m.Data)), int64(binary.NativeEndian.Uint64(m.Data[8:])))
		}
	}
	return time.Now()
}

func (c *Capture) read() {
	readFrames(c.file, func(at time.Time, b []byte) {
		if f, ok := decodeFrame(at, b); ok {
			c.mu.Lock()
			c.frames = append(c.frames, f)
			c.mu.Unlock()
		}
	})
}

// Frames is what was captured so far, in order.
func (c *Capture) Frames() []Frame {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.frames)
}

// Adverts are the captured adverts of a virtual router.
func (c *Capture) Adverts(vrid byte) []Frame {
	return slices.DeleteFunc(c.Frames(), func(f Frame) bool { return f.Advert == nil || f.Advert.VRID != vrid })
}

// WaitFor waits until a frame at or after a time satisfies cond, and returns
// it. It ends the test if none does within limit and [Slack].
func (c *Capture) WaitFor(after time.Time, limit time.Duration, what string, cond func(Frame) bool) Frame {
	c.lab.t.Helper()
	var found Frame
	Eventually(c.lab.t, limit, what, func() bool {
		for _, f := range c.Frames() {
			if !f.At.Before(after) && cond(f) {
				found = f
				return true
			}
		}
		return false
	})
	return found
}
