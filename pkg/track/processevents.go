package track

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// processEvents are the kernel's reports of processes that start, end or take another
// name (the connector's CN_IDX_PROC). Not every kernel has them, and outside of the
// first namespaces they are for nobody. They say that it is time to look, no more: one
// that is lost costs the time until the next look.
type processEvents struct{ file *os.File }

// What the kernel's headers linux/connector.h and linux/cn_proc.h say.
const (
	connectorProc  = 1 // CN_IDX_PROC and CN_VAL_PROC
	connectorSize  = 20
	processListen  = 1 // PROC_CN_MCAST_LISTEN
	processForked  = 1 << 0
	processExeced  = 1 << 1
	processRenamed = 1 << 9
	processEnded   = 1 << 31
)

// openProcessEvents subscribes to them.
func openProcessEvents() (*processEvents, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_CONNECTOR)
	if err != nil {
		return nil, fmt.Errorf("listen for processes: %w", err)
	}
	err = unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: connectorProc})
	if err == nil {
		err = unix.Sendto(fd, subscription(), 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK})
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("listen for processes: %w", err), unix.Close(fd))
	}
	return &processEvents{os.NewFile(uintptr(fd), "process events")}, nil
}

// subscription is the message that asks for them.
func subscription() []byte {
	order := binary.NativeEndian
	b := order.AppendUint32(nil, unix.SizeofNlMsghdr+connectorSize+4)
	b = order.AppendUint16(b, unix.NLMSG_DONE)
	b = append(b, make([]byte, unix.SizeofNlMsghdr-len(b))...) // flags, sequence, port
	b = order.AppendUint32(b, connectorProc)
	b = order.AppendUint32(b, connectorProc)
	b = append(b, make([]byte, 8)...) // sequence, acknowledged
	b = order.AppendUint16(b, 4)
	b = order.AppendUint16(b, 0)
	return order.AppendUint32(b, processListen)
}

func (e *processEvents) close() error { return e.file.Close() }

// read waits for the next report. It says whether it may change what is counted.
func (e *processEvents) read() (bool, error) {
	var b [4096]byte
	n, err := e.file.Read(b[:])
	if errors.Is(err, unix.ENOBUFS) { // some were lost
		return true, nil
	}
	if err != nil {
		return false, err
	}
	return concerns(b[:n]), nil
}

// concerns reports whether a datagram tells of a process that has started, ended or
// taken another name.
func concerns(b []byte) bool {
	const at = unix.SizeofNlMsghdr + connectorSize
	if len(b) < at+4 {
		return false
	}
	switch binary.NativeEndian.Uint32(b[at:]) {
	case processForked, processExeced, processRenamed, processEnded:
		return true
	}
	return false
}
