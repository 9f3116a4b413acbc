package netio

import (
	"encoding/binary"
	"fmt"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A ring is memory that the kernel writes frames to and we read them from
// (PACKET_RX_RING with TPACKET_V3), a block at a time.
type ring struct {
	memory []byte
	blocks int
	block  int    // the one that is being read, or waited for
	left   uint32 // how many of its frames were not read
	ours   bool   // the block is ours to read
	at     uint32 // where in the block the next frame is
	from   *unix.RawSockaddrLinklayer
}

const (
	// blockSize is the length of a block: some hundred adverts. Of few a block
	// takes what comes within retire, so that it is their number that counts when
	// the reader stands still. The largest page of a kernel is a block's least.
	blockSize = 64 << 10
	// minBlocks: one to write while another is read.
	minBlocks = 2

	statusUser   = 1 // TP_STATUS_USER
	statusKernel = 0
	vlanValid    = 1 << 4 // TP_STATUS_VLAN_VALID
	tpidValid    = 1 << 6 // TP_STATUS_VLAN_TPID_VALID

	// What is written in front of a frame: the tag that the kernel took out, or
	// a made-up header (LinkSLL).
	tagLen       = 4
	cookedHeader = 16
	reserved     = tagLen + cookedHeader
)

func (r *ring) open(fd, size int) error {
	r.blocks = max((size+blockSize-1)/blockSize, minBlocks)
	for _, o := range []struct {
		name       string
		opt, value int
	}{
		{"PACKET_VERSION", unix.PACKET_VERSION, unix.TPACKET_V3},
		{"PACKET_RESERVE", unix.PACKET_RESERVE, reserved},
	} {
		if err := unix.SetsockoptInt(fd, unix.SOL_PACKET, o.opt, o.value); err != nil {
			return fmt.Errorf("set %s: %w", o.name, err)
		}
	}
	const frame = 2048 // means nothing to this version but must divide the block
	request := unix.TpacketReq3{
		Block_size: blockSize, Block_nr: uint32(r.blocks),
		Frame_size: frame, Frame_nr: uint32(r.blocks) * blockSize / frame,
		Retire_blk_tov: uint32(retire / time.Millisecond),
	}
	if err := unix.SetsockoptTpacketReq3(fd, unix.SOL_PACKET, unix.PACKET_RX_RING, &request); err != nil {
		return fmt.Errorf("a buffer of %d bytes: %w", r.blocks*blockSize, err)
	}
	memory, err := unix.Mmap(fd, 0, r.blocks*blockSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return fmt.Errorf("map a buffer of %d bytes: %w", r.blocks*blockSize, err)
	}
	r.memory = memory
	return nil
}

func (r *ring) close() {
	if r.memory != nil {
		_ = unix.Munmap(r.memory)
		r.memory = nil
	}
}

// head is the header of the block that is next to read.
func (r *ring) head() *unix.TpacketHdrV1 {
	b := (*unix.TpacketBlockDesc)(unsafe.Pointer(&r.memory[r.block*blockSize]))
	return (*unix.TpacketHdrV1)(unsafe.Pointer(&b.Hdr))
}

// ready says that a block can be read.
func (r *ring) ready() bool {
	return r.ours || atomic.LoadUint32(&r.head().Block_status)&statusUser != 0
}

// next reads the next frame, all but the name of its interface. It does not
// wait.
func (r *ring) next(f *Frame) bool {
	for {
		if r.ours && r.left == 0 {
			// The frame before is not looked at any more.
			atomic.StoreUint32(&r.head().Block_status, statusKernel)
			r.block, r.ours = (r.block+1)%r.blocks, false
		}
		if !r.ours {
			if !r.ready() {
				return false
			}
			h := r.head()
			r.ours, r.left, r.at = true, h.Num_pkts, h.Offset_to_first_pkt
		}
		if r.left > 0 {
			r.left--
			r.read(f)
			return true
		}
	}
}

// read reads the frame that is next in the block.
func (r *ring) read(f *Frame) {
	start := r.block*blockSize + int(r.at)
	h := (*unix.Tpacket3Hdr)(unsafe.Pointer(&r.memory[start]))
	r.from = (*unix.RawSockaddrLinklayer)(unsafe.Pointer(&r.memory[start+unix.SizeofTpacket3Hdr]))
	r.at += h.Next_offset

	f.Time = time.Unix(int64(h.Sec), int64(h.Nsec))
	mac, network := start+int(h.Mac), start+int(h.Net)
	end := mac + int(h.Snaplen)
	switch r.from.Hatype {
	case unix.ARPHRD_ETHER, unix.ARPHRD_LOOPBACK:
		f.Link, f.Length = LinkEthernet, int(h.Len)
		if h.Status&vlanValid != 0 && end-mac >= etherType {
			mac -= tagLen
			r.tag(r.memory[mac:end], h)
			f.Length += tagLen
		}
	default:
		f.Link, f.Length = LinkSLL, int(h.Len)-(network-mac)+cookedHeader
		mac = network - cookedHeader
		end = max(end, network)
		r.cook(r.memory[mac:network])
	}
	f.Data = r.memory[mac:end:end]
}

// tag puts the VLAN tag back where it was: b has room for it in front.
func (r *ring) tag(b []byte, h *unix.Tpacket3Hdr) {
	tpid := uint16(unix.ETH_P_8021Q)
	if h.Status&tpidValid != 0 {
		tpid = h.Hv1.Vlan_tpid
	}
	copy(b, b[tagLen:tagLen+etherType])
	binary.BigEndian.PutUint16(b[etherType:], tpid)
	binary.BigEndian.PutUint16(b[etherType+2:], uint16(h.Hv1.Vlan_tci))
}

// cook writes the header of a link that has none to show, as LinkSLL has it.
func (r *ring) cook(b []byte) {
	binary.BigEndian.PutUint16(b, uint16(r.from.Pkttype))
	binary.BigEndian.PutUint16(b[2:], r.from.Hatype)
	binary.BigEndian.PutUint16(b[4:], uint16(r.from.Halen))
	copy(b[6:14], r.from.Addr[:])
	binary.NativeEndian.PutUint16(b[14:], r.from.Protocol) // in network order there
}

// index is the interface of the frame that was read.
func (r *ring) index() int { return int(r.from.Ifindex) }
