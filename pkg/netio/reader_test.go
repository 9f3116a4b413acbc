package netio

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gopacket/gopacket/pcapgo"
)

// readAll reads a capture to its end or first error.
func readAll(r io.Reader) ([]Frame, error) {
	f, err := NewFileReader(r)
	if err != nil {
		return nil, err
	}
	var frames []Frame
	for {
		var frame Frame
		if err := f.Next(&frame); err == io.EOF {
			return frames, nil
		} else if err != nil {
			var again Frame
			if err := f.Next(&again); err != io.EOF {
				return frames, errors.New("there is more after the error")
			}
			return frames, err
		}
		frame.Data = slices.Clone(frame.Data)
		frames = append(frames, frame)
	}
}

// A builder writes what a file can have, in one byte order.
type builder struct {
	binary.ByteOrder
	b []byte
}

func (w *builder) u16(vs ...uint16) {
	for _, v := range vs {
		w.b = append(w.b, 0, 0)
		w.PutUint16(w.b[len(w.b)-2:], v)
	}
}

func (w *builder) u32(vs ...uint32) {
	for _, v := range vs {
		w.b = append(w.b, 0, 0, 0, 0)
		w.PutUint32(w.b[len(w.b)-4:], v)
	}
}

// block adds a block of pcapng with a body.
func (w *builder) block(kind uint32, body func()) {
	w.u32(kind, 0)
	start := len(w.b)
	body()
	for len(w.b)%4 != 0 {
		w.b = append(w.b, 0)
	}
	total := uint32(len(w.b) - start + 12)
	w.PutUint32(w.b[start-4:], total)
	w.u32(total)
}

func (w *builder) section() {
	w.block(0x0a0d0d0a, func() { w.u32(0x1a2b3c4d); w.u16(1, 0); w.u32(0xffffffff, 0xffffffff) })
}

// described adds an interface; the options are bytes of one each.
func (w *builder) described(link uint16, snap uint32, options ...any) {
	w.block(1, func() {
		w.u16(link, 0)
		w.u32(snap)
		for i := 0; i < len(options); i += 2 {
			value := options[i+1].(string)
			w.u16(uint16(options[i].(int)), uint16(len(value)))
			w.b = append(w.b, value...)
			for len(w.b)%4 != 0 {
				w.b = append(w.b, 0)
			}
		}
	})
}

// enhanced adds a packet.
func (w *builder) enhanced(id uint32, stamp uint64, data string) {
	w.block(6, func() {
		w.u32(id, uint32(stamp>>32), uint32(stamp), uint32(len(data)), uint32(len(data))+1)
		w.b = append(w.b, data...)
	})
}

var orders = []binary.ByteOrder{binary.LittleEndian, binary.BigEndian}

func TestReadPcap(t *testing.T) {
	for _, order := range orders {
		for _, tt := range []struct {
			magic uint32
			nanos int64
			more  int // bytes of a record's header
		}{{0xa1b2c3d4, 5000, 0}, {0xa1b23c4d, 5, 0}, {0xa1b2cd34, 5000, 8}} {
			w := &builder{ByteOrder: order}
			w.u32(tt.magic)
			w.u16(2, 4)
			w.u32(0, 0, 262144, 1|4<<28|1<<26) // with the length of a checksum
			w.u32(1700000000, 5, 3, 60)
			w.b = append(w.b, make([]byte, tt.more)...)
			w.b = append(w.b, "abc"...)
			w.u32(4000000000, 0, 0, 0)
			w.b = append(w.b, make([]byte, tt.more)...)
			got, err := readAll(bytes.NewReader(w.b))
			want := []Frame{
				{Time: time.Unix(1700000000, tt.nanos), Link: LinkEthernet, Data: []byte("abc"), Length: 60},
				{Time: time.Unix(4000000000, 0), Link: LinkEthernet, Data: []byte{}},
			}
			if d := cmp.Diff(want, got); d != "" || err != nil {
				t.Errorf("%v, magic %#x: %v (-want +got):\n%s", order, tt.magic, err, d)
			}
		}
	}
}

func TestReadPcapng(t *testing.T) {
	w := &builder{}
	for i, order := range orders {
		w.ByteOrder = order
		w.section()
		w.block(0xbad, func() { w.b = append(w.b, make([]byte, 1<<20)...) }) // larger than what is buffered
		w.described(1, 0, 1, "a comment", 2, "eth0")
		w.described(113, 4, 2, "any\x00", 9, "\x09", 0, "", 2, "behind the end")
		w.described(101, 0, 9, "\x83", 14, string(order.(binary.AppendByteOrder).AppendUint64(nil, 1000)))
		w.block(5, func() { w.u32(0, 0, 0) }) // statistics
		w.enhanced(0, 1700000000_000005, "abc")
		w.enhanced(1, 1700000000_000000005, "abcdefgh")
		w.enhanced(2, 1700000000<<3|1, "")
		w.block(3, func() { w.u32(3); w.b = append(w.b, "abc"...) })
		w.block(2, func() {
			w.u16(1, 0)
			w.u32(uint32(uint64(7_000000001)>>32), uint32(uint64(7_000000001)&0xffffffff), 2, 9)
			w.b = append(w.b, "ab"...)
		})
		if i == 1 {
			w.section() // which has no interfaces yet
			w.enhanced(0, 0, "abc")
		}
	}
	got, err := readAll(bytes.NewReader(w.b))
	if err == nil || err.Error() != "read packet 11 of the capture: it is of interface 0, and 0 are described: the file is broken here" {
		t.Error(err)
	}
	section := []Frame{
		{Time: time.Unix(1700000000, 5000), Interface: "eth0", Link: LinkEthernet, Data: []byte("abc"), Length: 4},
		{Time: time.Unix(1700000000, 5), Interface: "any", Link: LinkSLL, Data: []byte("abcdefgh"), Length: 9},
		{Time: time.Unix(1700001000, 125e6), Link: LinkRaw, Data: []byte{}, Length: 1},
		{Interface: "eth0", Link: LinkEthernet, Data: []byte("abc"), Length: 3},
		{Time: time.Unix(7, 1), Interface: "any", Link: LinkSLL, Data: []byte("ab"), Length: 9},
	}
	if d := cmp.Diff(slices.Repeat(section, 2), got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// A simple packet is cut to what the capture kept.
func TestReadSimplePacket(t *testing.T) {
	w := &builder{ByteOrder: binary.LittleEndian}
	w.section()
	w.described(1, 2)
	w.block(3, func() { w.u32(60); w.b = append(w.b, "ab"...) })
	got, err := readAll(bytes.NewReader(w.b))
	if err != nil || len(got) != 1 || string(got[0].Data) != "ab" || got[0].Length != 60 {
		t.Errorf("%+v, %v", got, err)
	}
}

// A broken file is read as far as it is whole, and the error says how far.
func TestReadBroken(t *testing.T) {
	pcap := func(magic uint32, major uint16, kept ...uint32) []byte {
		w := &builder{ByteOrder: binary.LittleEndian}
		w.u32(magic)
		w.u16(major, 4)
		w.u32(0, 0, 262144, 1)
		for _, n := range kept {
			w.u32(0, 0, n, n)
			w.b = append(w.b, make([]byte, min(n, 100))...)
		}
		return w.b
	}
	ng := func(f func(w *builder)) []byte {
		w := &builder{ByteOrder: binary.BigEndian}
		w.section()
		w.described(1, 0)
		w.enhanced(0, 0, "abc")
		f(w)
		return w.b
	}
	change := func(b []byte, fromEnd int, value byte) []byte {
		b[len(b)-fromEnd] = value
		return b
	}
	whole := pcap(magicMicro, 2, 50, 50, 50)
	for _, tt := range []struct {
		name   string
		b      []byte
		frames int
		is     error
		want   string
	}{
		{"nothing", nil, 0, ErrFormat, "read the capture: the file is empty: this is neither pcap nor pcapng"},
		{"three bytes", whole[:3], 0, ErrFormat, "read the capture: this is neither pcap nor pcapng"},
		{"a text", []byte("vrrp_instance VI_1 {"), 0, ErrFormat, "read the capture: this is neither pcap nor pcapng"},
		{"half a header", whole[:23], 0, ErrTruncated, "read the capture: its header: the file ends in the middle of it"},
		{"version 1", pcap(magicMicro, 1), 0, nil, "read the capture: pcap of version 1, 2 is known"},
		{"half a record's header", whole[:24+2*66+9], 2, ErrTruncated, "read packet 3 of the capture: the file ends in the middle of it"},
		{"half a frame", whole[:24+2*66+30], 2, ErrTruncated, "read packet 3 of the capture: the file ends in the middle of it"},
		{"a frame of 4 GB", pcap(magicNano, 2, 50, 1<<32-1), 1, nil, "read packet 2 of the capture: it is said to have 4294967295 bytes: the file is broken here"},
		{"a frame that is too long", pcap(magicNano, 2, maxFrame+1), 0, nil, "read packet 1 of the capture: it is said to have 262145 bytes: the file is broken here"},

		{"half a section", ng(func(*builder) {})[:20], 0, ErrTruncated, "read the capture: the header of a section: the file ends in the middle of it"},
		{"no byte order", change(ng(func(*builder) {})[:28], 28-8, 0), 0, ErrFormat, "read the capture: the header of a section: this is neither pcap nor pcapng"},
		{"version 2", change(ng(func(*builder) {})[:28], 28-13, 2), 0, nil, "read the capture: pcapng of version 2, 1 is known"},
		{"a short section", change(ng(func(*builder) {})[:28], 28-7, 8), 0, nil, "read the capture: a section's header of 8 bytes: the file is broken here"},
		{"a block of 8 bytes", ng(func(w *builder) { w.u32(6, 8) }), 1, nil, "read packet 2 of the capture: a block of 8 bytes: the file is broken here"},
		{"a block of 13 bytes", ng(func(w *builder) { w.u32(6, 13) }), 1, nil, "read packet 2 of the capture: a block of 13 bytes: the file is broken here"},
		{"a block of 4 GB", ng(func(w *builder) { w.u32(6, 1<<32-4) }), 1, nil, "read packet 2 of the capture: a block of 4294967292 bytes: the file is broken here"},
		{"an unknown block of 4 GB", ng(func(w *builder) { w.u32(99, 1<<32-4) }), 1, ErrTruncated, "read packet 2 of the capture: the file ends in the middle of it"},
		{"half a block", ng(func(w *builder) { w.u32(6, 40, 0) }), 1, ErrTruncated, "read packet 2 of the capture: the file ends in the middle of it"},
		{"a block that ends as another", change(ng(func(w *builder) { w.enhanced(0, 0, "abcd") }), 1, 40), 1, nil, "read packet 2 of the capture: a block of 36 bytes that ends as one of 40: the file is broken here"},
		{"a packet's block of nothing", ng(func(w *builder) { w.block(6, func() { w.u32(0) }) }), 1, nil, "read packet 2 of the capture: a packet's block with 4 bytes: the file is broken here"},
		{"a simple block of nothing", ng(func(w *builder) { w.block(3, func() {}) }), 1, nil, "read packet 2 of the capture: a packet's block with 0 bytes: the file is broken here"},
		{"a packet longer than its block", ng(func(w *builder) { w.block(6, func() { w.u32(0, 0, 0, 5, 5, 0) }) }), 1, nil, "read packet 2 of the capture: it is said to have 5 bytes, its block has 4: the file is broken here"},
		{"another interface", ng(func(w *builder) { w.enhanced(1, 0, "abc") }), 1, nil, "read packet 2 of the capture: it is of interface 1, and 1 are described: the file is broken here"},
		{"half an interface", ng(func(w *builder) { w.block(1, func() { w.u32(1) }) }), 1, nil, "read packet 2 of the capture: the description of an interface in 4 bytes: the file is broken here"},
		{"a unit of 10^-20 s", ng(func(w *builder) { w.described(1, 0, 9, "\x14") }), 1, nil, `read packet 2 of the capture: interface "" has time stamps of unit 0x14, which is too small`},
		{"a unit of 2^-64 s", ng(func(w *builder) { w.described(1, 0, 9, "\xc0") }), 1, nil, `read packet 2 of the capture: interface "" has time stamps of unit 0xc0, which is too small`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			frames, err := readAll(bytes.NewReader(tt.b))
			if err == nil || err.Error() != tt.want || len(frames) != tt.frames {
				t.Errorf("%d frames, then %v\nwant %d frames, then %s", len(frames), err, tt.frames, tt.want)
			}
			if tt.is != nil && !errors.Is(err, tt.is) {
				t.Errorf("%v is not %v", err, tt.is)
			}
		})
	}
	t.Run("a disk that fails", func(t *testing.T) {
		broken := errors.New("the disk is broken")
		frames, err := readAll(io.MultiReader(bytes.NewReader(whole[:100]), iotest.ErrReader(broken)))
		if !errors.Is(err, broken) || len(frames) != 1 {
			t.Errorf("%d frames, then %v", len(frames), err)
		}
		if _, err := NewFileReader(iotest.ErrReader(broken)); !errors.Is(err, broken) {
			t.Error(err)
		}
	})
}

// Wherever a file ends, what is whole before is read.
func TestReadTruncated(t *testing.T) {
	for _, format := range []FileFormat{Pcap, Pcapng} {
		var file bytes.Buffer
		w := NewFileWriter(&file, format)
		ends := map[int]int{} // how many frames end there
		for i := range 4 {
			if err := w.Write(&Frame{Link: LinkEthernet, Data: make([]byte, 10*i+5)}); err != nil {
				t.Fatal(err)
			}
			if err := w.Flush(); err != nil {
				t.Fatal(err)
			}
			ends[file.Len()] = i + 1
		}
		whole := 0
		for n := 32; n <= file.Len(); n++ {
			frames, err := readAll(bytes.NewReader(file.Bytes()[:n]))
			if ends[n] > 0 {
				whole = ends[n]
			}
			// Behind the header of the file, and the description of the interface.
			atEnd := ends[n] > 0 || format == Pcapng && n == 28+32
			if len(frames) != whole || atEnd != (err == nil) || err != nil && !errors.Is(err, ErrTruncated) {
				t.Errorf("%v, %d of %d bytes: %d frames, then %v, want %d", format, n, file.Len(), len(frames), err, whole)
			}
		}
	}
}

// A frame is there when it is written, whatever follows.
func TestReadPipe(t *testing.T) {
	for _, format := range []FileFormat{Pcap, Pcapng} {
		from, to := io.Pipe()
		go func() {
			w := NewFileWriter(to, format)
			for i := range 3 {
				_ = w.Write(&Frame{Link: LinkEthernet, Data: []byte{byte(i)}})
				_ = w.Flush()
			}
			<-t.Context().Done()
			to.Close()
		}()
		r, err := NewFileReader(from)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 3 {
			var f Frame
			if err := r.Next(&f); err != nil || f.Data[0] != byte(i) {
				t.Fatalf("%+v, %v", f, err)
			}
		}
	}
}

// The captures at hand, as gopacket reads them.
func TestReadAsGopacket(t *testing.T) {
	files, err := filepath.Glob("../vrrp/testdata/vectors/*.pcap")
	if err != nil || len(files) < 9 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := readAll(iotest.HalfReader(bytes.NewReader(text)))
		if err != nil {
			t.Fatal(err)
		}
		r, err := pcapgo.NewReader(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		var want []Frame
		for {
			data, info, err := r.ReadPacketData()
			if err == io.EOF {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			want = append(want, Frame{Time: info.Timestamp, Link: LinkType(r.LinkType()), Data: data, Length: info.Length})
		}
		if d := cmp.Diff(want, got); d != "" || len(want) == 0 {
			t.Errorf("%s (-gopacket +ours):\n%s", name, d)
		}
	}
}

func FuzzFileReader(f *testing.F) {
	for _, format := range []FileFormat{Pcap, Pcapng} {
		var file bytes.Buffer
		w := NewFileWriter(&file, format)
		for i := range 3 {
			_ = w.Write(&Frame{Time: time.Unix(1, 2), Interface: strings.Repeat("e", i*int(Pcap-format)), Link: LinkEthernet, Data: make([]byte, 7)})
		}
		_ = w.Flush()
		f.Add(file.Bytes())
	}
	w := &builder{ByteOrder: binary.BigEndian}
	w.section()
	w.described(1, 0, 9, "\x83", 14, "\x00\x00\x00\x00\x00\x00\x00\x01")
	w.enhanced(0, 12345, "abc")
	w.block(3, func() { w.u32(3, 0) })
	w.block(2, func() { w.u32(0, 0, 0, 4, 4, 0) })
	f.Add(w.b)
	f.Fuzz(func(t *testing.T, b []byte) {
		frames, err := readAll(bytes.NewReader(b))
		total := 0
		for _, f := range frames {
			total += len(f.Data) + 16
		}
		if total > len(b) {
			t.Errorf("%d bytes of frames in %d, %v", total, len(b), err)
		}
	})
}
