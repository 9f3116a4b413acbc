// Package tap captures adverts and what announces addresses, with the kernel's time
// stamps. What it captures stays in the kernel until it is asked for: a tap
// takes no processor time from what is being measured.
package tap

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A Namespace runs a function on a thread that is in it.
type Namespace interface {
	Do(f func() error) error
}

// A Frame is an advert, or a gratuitous ARP or an unsolicited neighbour advertisement
// if Announced is valid.
type Frame struct {
	At             time.Time
	VRID, Priority byte
	Announced      netip.Addr
}

// A Tap is a packet socket on one interface.
type Tap struct {
	ifname  string
	fd      int
	buf     []byte
	control []byte
}

// Open begins to capture what one sender, by its hardware address, sends past
// an interface. buffer is how many bytes the kernel keeps; a small frame counts
// about 800. It takes root. It is for one goroutine.
func Open(ns Namespace, ifname string, from net.HardwareAddr, buffer int) (*Tap, error) {
	t := &Tap{ifname: ifname, fd: -1, buf: make([]byte, 2048), control: make([]byte, 256)}
	if err := ns.Do(func() error { return t.open(from, buffer) }); err != nil {
		t.Close()
		return nil, fmt.Errorf("tap %s: %w", ifname, err)
	}
	return t, nil
}

func (t *Tap) open(from net.HardwareAddr, buffer int) (err error) {
	if len(from) != 6 {
		return fmt.Errorf("hardware address %q is not an Ethernet address", from)
	}
	i, err := net.InterfaceByName(t.ifname)
	if err != nil {
		return err
	}
	// Bound to a protocol only when the filter is there.
	if t.fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0); err != nil {
		return fmt.Errorf("socket: %w", err)
	}
	if err := unix.SetsockoptInt(t.fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, buffer); err != nil {
		return fmt.Errorf("set SO_RCVBUFFORCE: %w", err)
	}
	if err := unix.SetsockoptInt(t.fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1); err != nil {
		return fmt.Errorf("set SO_TIMESTAMPNS: %w", err)
	}
	filter := fromFilter(from)
	prog := &unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	if err := unix.SetsockoptSockFprog(t.fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, prog); err != nil {
		return fmt.Errorf("attach the filter: %w", err)
	}
	const all = unix.ETH_P_ALL>>8 | unix.ETH_P_ALL<<8&0xffff
	if err := unix.Bind(t.fd, &unix.SockaddrLinklayer{Protocol: all, Ifindex: i.Index}); err != nil {
		return fmt.Errorf("bind: %w", err)
	}
	return nil
}

// fromFilter lets the frames of one sender through.
func fromFilter(mac net.HardwareAddr) []unix.SockFilter {
	const load, equal, ret = unix.BPF_LD | unix.BPF_ABS, unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, unix.BPF_RET | unix.BPF_K
	return []unix.SockFilter{
		{Code: load | unix.BPF_W, K: 6},
		{Code: equal, K: binary.BigEndian.Uint32(mac), Jf: 3},
		{Code: load | unix.BPF_H, K: 10},
		{Code: equal, K: uint32(binary.BigEndian.Uint16(mac[4:])), Jf: 1},
		{Code: ret, K: 0xffff},
		{Code: ret, K: 0},
	}
}

// Close ends the capture.
func (t *Tap) Close() {
	if t.fd >= 0 {
		unix.Close(t.fd)
		t.fd = -1
	}
}

// Frames returns what was captured since the last call, in order.
func (t *Tap) Frames() ([]Frame, error) {
	var out []Frame
	for {
		n, cn, _, _, err := unix.Recvmsg(t.fd, t.buf, t.control, 0)
		switch err {
		case nil:
		case unix.EAGAIN:
			return out, t.complete()
		case unix.EINTR:
			continue
		default:
			return out, fmt.Errorf("read the tap on %s: %w", t.ifname, err)
		}
		f, ok := decode(t.buf[:n])
		if !ok {
			continue
		}
		if f.At, ok = stamp(t.control[:cn]); !ok {
			return out, fmt.Errorf("the tap on %s has a frame without a time stamp", t.ifname)
		}
		out = append(out, f)
	}
}

// complete fails if the kernel dropped frames for want of room.
func (t *Tap) complete() error {
	stats, err := unix.GetsockoptTpacketStats(t.fd, unix.SOL_PACKET, unix.PACKET_STATISTICS)
	if err != nil {
		return fmt.Errorf("read the counts of the tap on %s: %w", t.ifname, err)
	}
	if stats.Drops > 0 {
		return fmt.Errorf("the tap on %s lost %d frames: it needs a larger buffer", t.ifname, stats.Drops)
	}
	return nil
}

func stamp(control []byte) (time.Time, bool) {
	messages, _ := unix.ParseSocketControlMessage(control)
	for _, m := range messages {
		if m.Header.Type == unix.SO_TIMESTAMPNS && len(m.Data) >= int(unsafe.Sizeof(unix.Timespec{})) {
			ts := (*unix.Timespec)(unsafe.Pointer(&m.Data[0]))
			return time.Unix(ts.Unix()), true
		}
	}
	return time.Time{}, false
}

// decode reads VRRP as kactl and keepalived send it: over IPv4 without options in the
// IP header, plain or in an authentication header, and over IPv6 without an extension
// header. It reads gratuitous ARP and unsolicited neighbour advertisements too.
func decode(b []byte) (f Frame, ok bool) {
	const header = 14
	if len(b) < header+28 {
		return f, false
	}
	body := b[header:]
	switch binary.BigEndian.Uint16(b[12:]) {
	case unix.ETH_P_IP:
		const ip, ah = 20, 24
		at := ip
		if body[9] == 51 && body[ip] == 112 {
			at += ah
		} else if body[9] != 112 {
			return f, false
		}
		if body[0] != 0x45 || len(body) < at+3 {
			return f, false
		}
		f.VRID, f.Priority = body[at+1], body[at+2]
		return f, true
	case unix.ETH_P_ARP:
		sender, target := netip.AddrFrom4([4]byte(body[14:])), netip.AddrFrom4([4]byte(body[24:]))
		f.Announced = sender
		return f, sender == target
	case unix.ETH_P_IPV6:
		return decode6(body)
	}
	return f, false
}

// decode6 reads an IPv6 packet.
func decode6(b []byte) (f Frame, ok bool) {
	const ip, neighborAdvert, solicited = 40, 136, 0x40
	switch {
	case len(b) >= ip+8 && b[6] == 112:
		f.VRID, f.Priority = b[ip+1], b[ip+2]
		return f, true
	case len(b) >= ip+24 && b[6] == unix.IPPROTO_ICMPV6 && b[ip] == neighborAdvert:
		f.Announced = netip.AddrFrom16([16]byte(b[ip+8:]))
		return f, b[ip+4]&solicited == 0
	}
	return f, false
}
