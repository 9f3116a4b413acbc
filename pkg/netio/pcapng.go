package netio

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"strings"
	"time"
)

// The blocks of pcapng (draft-ietf-opsawg-pcapng). The others are passed over.
const (
	blockSection   = 0x0a0d0d0a
	blockInterface = 1
	blockOldPacket = 2 // obsolete
	blockSimple    = 3
	blockPacket    = 6

	byteOrderMagic = 0x1a2b3c4d
	// blockFrame is the length of what is around a block's body: its type, and
	// its length in front and behind.
	blockFrame = 12
)

// Options of a block.
const (
	optionEnd        = 0
	optionName       = 2  // of an interface
	optionResolution = 9  // of its time stamps
	optionOffset     = 14 // of its time stamps, in seconds
)

// pcapngState is what a section of a pcapng file has said so far.
type pcapngState struct {
	interfaces []pcapngInterface
}

// A pcapngInterface is one that frames were captured on.
type pcapngInterface struct {
	name   string
	link   LinkType
	keep   uint32 // how much of a frame at the most; 0 is all of it
	second uint64 // how many units of time it has
	offset int64  // seconds that its time stamps lack
}

// openPcapng reads the header of the first section.
func (r *FileReader) openPcapng() error {
	return r.section()
}

// nextPcapng reads blocks until one holds a frame.
func (r *FileReader) nextPcapng(f *Frame) error {
	for {
		h, err := r.peek(8)
		if err != nil {
			return err
		}
		kind, total := r.order.Uint32(h), r.order.Uint32(h[4:])
		if kind == blockSection {
			// Its length is in a byte order of its own.
			if err := r.section(); err != nil {
				return err
			}
			continue
		}
		if total < blockFrame || total%4 != 0 {
			return fmt.Errorf("a block of %d bytes: the file is broken here", total)
		}
		switch kind {
		case blockInterface, blockPacket, blockSimple, blockOldPacket:
		default:
			if err := r.skip(int(total)); err != nil {
				return err
			}
			continue
		}
		if total > readAhead {
			return fmt.Errorf("a block of %d bytes: the file is broken here", total)
		}
		b, err := r.peek(int(total))
		if err != nil {
			return err
		}
		if behind := r.order.Uint32(b[total-4:]); behind != total {
			return fmt.Errorf("a block of %d bytes that ends as one of %d: the file is broken here", total, behind)
		}
		body := b[8 : total-4]
		if kind == blockInterface {
			if err := r.addInterface(body); err != nil {
				return err
			}
			if err := r.skip(int(total)); err != nil {
				return err
			}
			continue
		}
		r.used = int(total)
		return r.packet(kind, body, f)
	}
}

// section reads the header of a section, which forgets the interfaces of the one
// before.
func (r *FileReader) section() error {
	h, err := r.peek(blockFrame + 16)
	if err != nil {
		return fmt.Errorf("the header of a section: %w", err)
	}
	switch uint32(byteOrderMagic) {
	case binary.LittleEndian.Uint32(h[8:]):
		r.order = binary.LittleEndian
	case binary.BigEndian.Uint32(h[8:]):
		r.order = binary.BigEndian
	default:
		return fmt.Errorf("the header of a section: %w", ErrFormat)
	}
	if major := r.order.Uint16(h[12:]); major != 1 {
		return fmt.Errorf("pcapng of version %d, 1 is known", major)
	}
	total := r.order.Uint32(h[4:])
	if total < blockFrame+16 || total%4 != 0 {
		return fmt.Errorf("a section's header of %d bytes: the file is broken here", total)
	}
	r.ng.interfaces = r.ng.interfaces[:0]
	return r.skip(int(total))
}

// addInterface reads the description of an interface.
func (r *FileReader) addInterface(b []byte) error {
	if len(b) < 8 {
		return fmt.Errorf("the description of an interface in %d bytes: the file is broken here", len(b))
	}
	i := pcapngInterface{link: LinkType(r.order.Uint16(b)), keep: r.order.Uint32(b[4:]), second: 1e6}
	for o := b[8:]; len(o) >= 4; {
		code, n := r.order.Uint16(o), int(r.order.Uint16(o[2:]))
		if code == optionEnd || len(o)-4 < n {
			break
		}
		value := o[4 : 4+n]
		switch {
		case code == optionName:
			i.name = strings.TrimRight(string(value), "\x00")
		case code == optionResolution && n == 1:
			second, ok := resolution(value[0])
			if !ok {
				return fmt.Errorf("interface %q has time stamps of unit %#x, which is too small", i.name, value[0])
			}
			i.second = second
		case code == optionOffset && n == 8:
			i.offset = int64(r.order.Uint64(value))
		}
		o = o[min(len(o), 4+(n+3)&^3):]
	}
	r.ng.interfaces = append(r.ng.interfaces, i)
	return nil
}

// resolution is how many units of time a second has: a power of ten, or of two
// with the highest bit set.
func resolution(b byte) (second uint64, ok bool) {
	if b&0x80 != 0 {
		return 1 << (b & 0x7f), b&0x7f < 64
	}
	second = 1
	for range b {
		high, low := bits.Mul64(second, 10)
		if high != 0 {
			return 0, false
		}
		second = low
	}
	return second, true
}

// time is the time of a stamp of the interface.
func (i *pcapngInterface) time(stamp uint64) time.Time {
	seconds, rest := stamp/i.second, stamp%i.second
	high, low := bits.Mul64(rest, 1e9)
	nanoseconds, _ := bits.Div64(high, low, i.second) // rest is less than a second
	return time.Unix(int64(seconds)+i.offset, int64(nanoseconds))
}

// packet reads the body of a block that holds a frame.
func (r *FileReader) packet(kind uint32, b []byte, f *Frame) error {
	fixed := 20
	if kind == blockSimple {
		fixed = 4
	}
	if len(b) < fixed {
		return fmt.Errorf("a packet's block with %d bytes: the file is broken here", len(b))
	}
	var id, kept, length uint32
	switch kind {
	case blockSimple:
		length = r.order.Uint32(b)
		kept = length
	case blockOldPacket:
		id, kept, length = uint32(r.order.Uint16(b)), r.order.Uint32(b[12:]), r.order.Uint32(b[16:])
	default:
		id, kept, length = r.order.Uint32(b), r.order.Uint32(b[12:]), r.order.Uint32(b[16:])
	}
	if int64(id) >= int64(len(r.ng.interfaces)) {
		return fmt.Errorf("it is of interface %d, and %d are described: the file is broken here", id, len(r.ng.interfaces))
	}
	i := &r.ng.interfaces[id]
	f.Time = time.Time{}
	if kind == blockSimple {
		if i.keep != 0 {
			kept = min(kept, i.keep)
		}
	} else {
		f.Time = i.time(uint64(r.order.Uint32(b[4:]))<<32 | uint64(r.order.Uint32(b[8:])))
	}
	if int64(kept) > int64(len(b)-fixed) {
		return fmt.Errorf("it is said to have %d bytes, its block has %d: the file is broken here", kept, len(b)-fixed)
	}
	f.Interface, f.Link = i.name, i.link
	f.Data, f.Length = b[fixed:fixed+int(kept)], int(length)
	return nil
}
