package netio

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
)

// FileFormat is the format of a capture file.
type FileFormat uint8

// The formats. Pcap has one link type a file and no names of interfaces.
const (
	Pcapng FileFormat = iota
	Pcap
)

// String is the name of the format.
func (f FileFormat) String() string {
	if f == Pcap {
		return "pcap"
	}
	return "pcapng"
}

// FormatOf is the format that a file's name asks for: Pcap with the ending
// ".pcap" or ".cap", else Pcapng.
func FormatOf(name string) FileFormat {
	if strings.HasSuffix(name, ".pcap") || strings.HasSuffix(name, ".cap") {
		return Pcap
	}
	return Pcapng
}

// A FileWriter writes frames to a capture file, with nanoseconds. It is for one
// goroutine at a time.
type FileWriter struct {
	out    *bufio.Writer
	format FileFormat
	began  bool
	link   LinkType // of all frames, in pcap
	ids    map[pcapngKey]uint32
	block  []byte
}

// A pcapngKey is what a file describes once for all frames that have it.
type pcapngKey struct {
	name string
	link LinkType
}

// NewFileWriter returns a writer. It writes nothing before the first frame or
// Flush.
func NewFileWriter(w io.Writer, format FileFormat) *FileWriter {
	return &FileWriter{out: bufio.NewWriterSize(w, 64<<10), format: format, ids: map[pcapngKey]uint32{}}
}

// Write writes a frame. It may be kept until Flush.
func (w *FileWriter) Write(f *Frame) error {
	if len(f.Data) > maxFrame {
		return fmt.Errorf("write the capture: a frame of %d bytes, %d fit", len(f.Data), maxFrame)
	}
	if err := w.begin(f.Link); err != nil {
		return err
	}
	if w.format == Pcap && f.Link != w.link {
		return fmt.Errorf("write the capture: a frame from %s has link type %d, those before have %d: pcap has one alone; write pcapng", f.Interface, f.Link, w.link)
	}
	w.block = w.block[:0]
	if w.format == Pcap {
		w.record(f)
	} else {
		w.packet(f)
	}
	return w.write()
}

// Flush writes what was kept. The file is a whole capture then, if without
// frames.
func (w *FileWriter) Flush() error {
	if err := w.begin(LinkEthernet); err != nil {
		return err
	}
	if err := w.out.Flush(); err != nil {
		return fmt.Errorf("write the capture: %w", err)
	}
	return nil
}

// begin writes the header of the file, once.
func (w *FileWriter) begin(link LinkType) error {
	if w.began {
		return nil
	}
	w.began, w.link = true, link
	w.block = w.block[:0]
	if w.format == Pcap {
		w.u32(magicNano)
		w.u32(2 | 4<<16) // version 2.4
		w.u32(0)
		w.u32(0)
		w.u32(maxFrame)
		w.u32(uint32(link))
	} else {
		w.u32(blockSection)
		w.u32(blockFrame + 16)
		w.u32(byteOrderMagic)
		w.u32(1)          // version 1.0
		w.u32(0xffffffff) // the section's length
		w.u32(0xffffffff) // is not known
		w.u32(blockFrame + 16)
	}
	return w.write()
}

// record appends a record of pcap.
func (w *FileWriter) record(f *Frame) {
	w.u32(uint32(f.Time.Unix()))
	w.u32(uint32(f.Time.Nanosecond()))
	w.u32(uint32(len(f.Data)))
	w.u32(uint32(max(f.Length, len(f.Data))))
	w.block = append(w.block, f.Data...)
}

// packet appends a packet's block of pcapng, after the description of its
// interface where that is new.
func (w *FileWriter) packet(f *Frame) {
	key := pcapngKey{f.Interface, f.Link}
	id, ok := w.ids[key]
	if !ok {
		id = uint32(len(w.ids))
		key.name = strings.Clone(key.name)
		w.ids[key] = id
		w.describe(key)
	}
	stamp := uint64(f.Time.Unix())*1e9 + uint64(f.Time.Nanosecond())
	if f.Time.IsZero() {
		stamp = 0
	}
	total := uint32(blockFrame + 20 + (len(f.Data)+3)&^3)
	w.u32(blockPacket)
	w.u32(total)
	w.u32(id)
	w.u32(uint32(stamp >> 32))
	w.u32(uint32(stamp))
	w.u32(uint32(len(f.Data)))
	w.u32(uint32(max(f.Length, len(f.Data))))
	w.block = append(w.block, f.Data...)
	w.pad()
	w.u32(total)
}

// describe appends the description of an interface.
func (w *FileWriter) describe(i pcapngKey) {
	name := i.name[:min(len(i.name), 255)]
	options := 8 + 4 // the resolution, and the end
	if name != "" {
		options += 4 + (len(name)+3)&^3
	}
	total := uint32(blockFrame + 8 + options)
	w.u32(blockInterface)
	w.u32(total)
	w.u32(uint32(i.link) & 0xffff)
	w.u32(maxFrame)
	if name != "" {
		w.u32(optionName | uint32(len(name))<<16)
		w.block = append(w.block, name...)
		w.pad()
	}
	w.u32(optionResolution | 1<<16)
	w.u32(9) // nanoseconds
	w.u32(optionEnd)
	w.u32(total)
}

func (w *FileWriter) u32(v uint32) { w.block = binary.LittleEndian.AppendUint32(w.block, v) }

// pad fills the block up to a whole number of words.
func (w *FileWriter) pad() {
	for len(w.block)%4 != 0 {
		w.block = append(w.block, 0)
	}
}

func (w *FileWriter) write() error {
	if _, err := w.out.Write(w.block); err != nil {
		return fmt.Errorf("write the capture: %w", err)
	}
	return nil
}
