package main

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/test/bench"
	"github.com/kactl/kactl/test/lab"
)

// A frame is an advert, or announces an address, at the kernel's time.
type frame struct {
	at   time.Time
	src  string // the hardware address
	vrid byte
	// vip is what is announced; it is the zero Addr for an advert.
	vip netip.Addr
}

// buffer keeps all of a take-over, so that nobody has to read meanwhile: the
// processors belong to the programs that are measured.
const buffer = 64 << 20

// A wire hears what passes the segment. It takes in what came when it is
// asked, and not before.
type wire struct {
	t       *bench.B
	fd      int
	frames  []frame
	packet  []byte
	control []byte
}

// listen makes a wire of a host on the segment that does nothing else.
func listen(t *bench.B, h *lab.Host) *wire {
	w := &wire{t: t, fd: -1, packet: make([]byte, 2048), control: make([]byte, 256)}
	err := h.Do(func() (err error) {
		if w.fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0); err != nil {
			return err
		}
		if err := unix.SetsockoptInt(w.fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, buffer); err != nil {
			return err
		}
		if err := unix.SetsockoptInt(w.fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1); err != nil {
			return err
		}
		port, err := net.InterfaceByName(h.Port().Interface)
		if err != nil {
			return err
		}
		const all = unix.ETH_P_ALL<<8 | unix.ETH_P_ALL>>8 // in the network's order
		return unix.Bind(w.fd, &unix.SockaddrLinklayer{Protocol: all & 0xffff, Ifindex: port.Index})
	})
	if w.fd >= 0 {
		t.Cleanup(func() { unix.Close(w.fd) })
	}
	if err != nil {
		t.Fatalf("listen on %s: %v", h.Name, err)
	}
	return w
}

// heard is every frame so far, in order.
func (w *wire) heard() []frame {
	for {
		n, cn, _, _, err := unix.Recvmsg(w.fd, w.packet, w.control, 0)
		switch err {
		case nil:
		case unix.EINTR:
			continue
		case unix.EAGAIN:
			return w.frames
		default:
			w.t.Fatalf("listen: %v", err)
		}
		at, err := stamp(w.control[:cn])
		if err != nil {
			w.t.Fatalf("listen: %v", err)
		}
		if f, ok := decode(w.packet[:n]); ok {
			f.at = at
			w.frames = append(w.frames, f)
		}
	}
}

// lost is how many frames the kernel had no room for since the last call.
func (w *wire) lost() int {
	stats, err := unix.GetsockoptTpacketStats(w.fd, unix.SOL_PACKET, unix.PACKET_STATISTICS)
	if err != nil {
		w.t.Fatalf("ask for lost frames: %v", err)
	}
	return int(stats.Drops)
}

// stamp is the kernel's time of arrival.
func stamp(control []byte) (time.Time, error) {
	messages, err := unix.ParseSocketControlMessage(control)
	if err != nil {
		return time.Time{}, fmt.Errorf("read the time of arrival: %w", err)
	}
	const size = int(unsafe.Sizeof(unix.Timespec{}))
	for _, m := range messages {
		if m.Header.Level == unix.SOL_SOCKET && m.Header.Type == unix.SO_TIMESTAMPNS && len(m.Data) >= size {
			return time.Unix(int64(binary.NativeEndian.Uint64(m.Data)), int64(binary.NativeEndian.Uint64(m.Data[8:]))), nil
		}
	}
	return time.Time{}, fmt.Errorf("a frame without a time of arrival")
}

// decode takes an Ethernet frame apart. ok is false for what is neither an advert of
// one of the virtual routers nor a gratuitous ARP or an unsolicited neighbour
// advertisement.
func decode(b []byte) (f frame, ok bool) {
	const ether = 14
	if len(b) < ether {
		return f, false
	}
	f.src = net.HardwareAddr(b[6:12]).String()
	kind, b := binary.BigEndian.Uint16(b[12:]), b[ether:]
	switch {
	case kind == unix.ETH_P_ARP && len(b) >= 28:
		sender, target := [4]byte(b[14:18]), [4]byte(b[24:28])
		f.vip = netip.AddrFrom4(sender)
		return f, sender == target
	case kind == unix.ETH_P_IP && len(b) >= 20 && b[9] == 112:
		return f.advert(b, int(b[0]&15)*4)
	case kind == unix.ETH_P_IPV6 && len(b) >= ipv6Len && b[6] == 112:
		return f.advert(b, ipv6Len)
	case kind == unix.ETH_P_IPV6 && len(b) >= ipv6Len+24 && b[6] == unix.IPPROTO_ICMPV6 && b[ipv6Len] == neighborAdvert:
		f.vip = netip.AddrFrom16([16]byte(b[ipv6Len+8:]))
		return f, b[ipv6Len+4]&solicited == 0
	}
	return f, false
}

// Of IPv6: the length of its header, and of RFC 4861 section 4.4 the type of a
// neighbour advertisement and its flag.
const (
	ipv6Len        = 40
	neighborAdvert = 136
	solicited      = 0x40
)

// advert reads what is behind the header of a packet of VRRP.
func (f frame) advert(b []byte, header int) (_ frame, ok bool) {
	if len(b) < header+2 {
		return f, false
	}
	f.vrid = b[header+1]
	return f, f.vrid >= vrid && f.vrid < vrid+members
}
