package netio

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// A FileReader reads frames from a capture file, pcap or pcapng. It is for one
// goroutine at a time.
//
// A file of a few hundred megabytes is usual, and so it copies nothing and
// allocates nothing for a frame: it shows the frames where they are in its
// buffer.
type FileReader struct {
	in    *bufio.Reader
	used  int // of what in shows: the frame before
	count int // of frames so far
	order binary.ByteOrder

	// next reads one frame of the format.
	next func(*Frame) error
	pcap pcapState
	ng   pcapngState
}

// What a capture file can hold.
const (
	// maxFrame is the longest frame, in bytes; tcpdump's limit too. One that is
	// said to be longer is a broken file.
	maxFrame = 256 << 10
	// readAhead is the size of the buffer: it holds more than a frame with
	// what stands around it.
	readAhead = 2 * maxFrame
)

// ErrFormat is a file that holds no capture.
var ErrFormat = errors.New("this is neither pcap nor pcapng")

// ErrTruncated is a capture that ends in the middle of a frame. All before it
// was read.
var ErrTruncated = errors.New("the file ends in the middle of it")

// NewFileReader reads the header of a capture and returns a reader of its
// frames. The error is ErrFormat for what is no capture.
func NewFileReader(r io.Reader) (*FileReader, error) {
	f := &FileReader{in: bufio.NewReaderSize(r, readAhead)}
	magic, err := f.in.Peek(4)
	switch {
	case err == io.EOF && len(magic) == 0:
		return nil, fmt.Errorf("read the capture: the file is empty: %w", ErrFormat)
	case err == io.EOF:
		return nil, fmt.Errorf("read the capture: %w", ErrFormat)
	case err != nil:
		return nil, fmt.Errorf("read the capture: %w", err)
	}
	if binary.BigEndian.Uint32(magic) == blockSection {
		f.next = f.nextPcapng
		err = f.openPcapng()
	} else {
		f.next = f.nextPcap
		err = f.openPcap(magic)
	}
	if err != nil {
		return nil, fmt.Errorf("read the capture: %w", err)
	}
	return f, nil
}

// Next reads the next frame into f. It returns io.EOF, as it is, at the end. An
// error names the frame, the first being 1; there is none after it.
func (r *FileReader) Next(f *Frame) error {
	if r.used > 0 {
		_, _ = r.in.Discard(r.used) // it was seen: it is there
		r.used = 0
	}
	switch err := r.next(f); {
	case err == io.EOF:
		return io.EOF
	case err != nil:
		r.next = func(*Frame) error { return io.EOF }
		return fmt.Errorf("read packet %d of the capture: %w", r.count+1, err)
	}
	r.count++
	return nil
}

// peek shows the next n bytes. At the end of the file it returns io.EOF, and
// ErrTruncated if that is within them.
func (r *FileReader) peek(n int) ([]byte, error) {
	b, err := r.in.Peek(n)
	switch {
	case err == nil:
		return b, nil
	case err == io.EOF && len(b) > 0:
		return nil, ErrTruncated
	}
	return nil, err
}

// skip passes over n bytes.
func (r *FileReader) skip(n int) error {
	if _, err := r.in.Discard(n); err == io.EOF {
		return ErrTruncated
	} else if err != nil {
		return err
	}
	return nil
}
