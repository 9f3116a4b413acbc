package netio

import (
	"encoding/binary"
	"fmt"
	"time"
)

// The magic numbers of pcap: with microseconds, with nanoseconds, and with a
// longer header for each frame.
const (
	magicMicro    = 0xa1b2c3d4
	magicNano     = 0xa1b23c4d
	magicModified = 0xa1b2cd34

	pcapHeader     = 24
	recordHeader   = 16
	modifiedHeader = 24
	// linkTypeBits are those of the field that are no flags.
	linkTypeBits = 0x03ffffff
)

// pcapState is what the header of a pcap file says.
type pcapState struct {
	link   LinkType
	unit   int64 // of the fraction of a second, in nanoseconds
	record int   // the length of a record's header
}

// openPcap reads the header of a file.
func (r *FileReader) openPcap(magic []byte) error {
	r.pcap = pcapState{unit: int64(time.Microsecond), record: recordHeader}
	known := false
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		switch order.Uint32(magic) {
		case magicNano:
			r.pcap.unit = int64(time.Nanosecond)
		case magicModified:
			r.pcap.record = modifiedHeader
		case magicMicro:
		default:
			continue
		}
		r.order, known = order, true
	}
	switch {
	case known:
	case magic[0] == 0x1f && magic[1] == 0x8b:
		return fmt.Errorf("%w, but packed with gzip: unpack it first", ErrFormat)
	default:
		return ErrFormat
	}
	h, err := r.peek(pcapHeader)
	if err != nil {
		return fmt.Errorf("its header: %w", err)
	}
	if major := r.order.Uint16(h[4:]); major != 2 {
		return fmt.Errorf("pcap of version %d, 2 is known", major)
	}
	r.pcap.link = LinkType(r.order.Uint32(h[20:]) & linkTypeBits)
	return r.skip(pcapHeader)
}

// nextPcap reads one record.
func (r *FileReader) nextPcap(f *Frame) error {
	h, err := r.peek(r.pcap.record)
	if err != nil {
		return err
	}
	seconds, fraction := r.order.Uint32(h), r.order.Uint32(h[4:])
	kept, length := r.order.Uint32(h[8:]), r.order.Uint32(h[12:])
	if kept > maxFrame {
		return fmt.Errorf("it is said to have %d bytes: the file is broken here", kept)
	}
	whole := r.pcap.record + int(kept)
	b, err := r.peek(whole)
	if err != nil {
		return err
	}
	r.used = whole
	f.Time = time.Unix(int64(seconds), int64(fraction)*r.pcap.unit)
	f.Interface, f.Link = "", r.pcap.link
	f.Data, f.Length = b[r.pcap.record:], int(length)
	return nil
}
