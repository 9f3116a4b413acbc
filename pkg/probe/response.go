package probe

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
)

const (
	// maxHeader bounds the header of an answer. (keepalived has 4 KiB, which
	// pages with many cookies exceed.)
	maxHeader = 64 << 10
	// maxBody bounds the body of one.
	maxBody = 1 << 30
)

// Errors of an answer that is none.
var (
	// ErrNoAnswer says that the connection ended before the header did.
	ErrNoAnswer = errors.New("there is no answer")
	// ErrTooLong says that a body does not end within the bytes that it may have.
	ErrTooLong = errors.New("the body is too long")
)

// A Response is what checks and genhash want to know of an HTTP answer.
type Response struct {
	// Header is the header as it came, without the empty line that ends it.
	Header string
	// Status is the status code, or 0 if the first line has none.
	Status int
	// ContentLength is that header's value, or -1.
	ContentLength int64
	// Chunked says that the body comes in chunks, whose framing may differ from
	// one answer to the next.
	Chunked bool
	// Length is how many bytes were hashed, and Digest their MD5 sum in
	// lower-case hexadecimal: the bytes after the header as they came, chunk
	// framing included, up to ContentLength (genhash(1)).
	Length int64
	Digest string
}

// ReadResponse reads an HTTP answer up to its Content-Length or the end of r.
// An answer that ends before its Content-Length is no error, as in keepalived;
// one that ends within its header is.
func ReadResponse(r io.Reader) (Response, error) { return readResponse(r, nil, maxBody) }

// readResponse is ReadResponse with a second reader of the body, which may be
// nil, and the most bytes that a body may have.
func readResponse(r io.Reader, also io.Writer, most int64) (Response, error) {
	header, rest, err := readHeader(r)
	if err != nil {
		return Response{ContentLength: -1}, err
	}
	resp := parseHeader(header)
	end := announced(header)
	if end > most {
		return resp, fmt.Errorf("%w: it is to have %d bytes, and %d are read", ErrTooLong, end, most)
	}
	limit := most + 1
	if end >= 0 {
		limit = end
	}
	sum := md5.New()
	var to io.Writer = sum
	if also != nil {
		to = io.MultiWriter(sum, also)
	}
	body := io.LimitReader(io.MultiReader(bytes.NewReader(rest), r), limit)
	resp.Length, err = io.CopyBuffer(to, body, make([]byte, buffer(resp.ContentLength)))
	switch {
	case err == nil:
	case errors.Is(err, os.ErrDeadlineExceeded) && resp.ContentLength >= 0 && resp.Length >= resp.ContentLength:
		// A server that waits for the next request has sent the page.
	default:
		return resp, fmt.Errorf("read body after %d bytes: %w", resp.Length, err)
	}
	if resp.Length > most {
		return resp, fmt.Errorf("%w: it has no end within %d bytes", ErrTooLong, most)
	}
	resp.Digest = hex.EncodeToString(sum.Sum(nil))
	return resp, nil
}

// buffer is how much of a body is read at once: much of a large one.
func buffer(length int64) int64 { return min(max(length, 4<<10), 64<<10) }

// readHeader returns the header, without the empty line that ends it, and what
// was read beyond.
func readHeader(r io.Reader) (header, rest []byte, err error) {
	end := []byte("\r\n\r\n")
	buf := make([]byte, 0, 4<<10)
	for {
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
		n, err := r.Read(buf[len(buf):min(cap(buf), maxHeader)])
		seen := max(0, len(buf)-len(end)+1)
		buf = buf[:len(buf)+n]
		if i := bytes.Index(buf[seen:], end); i >= 0 {
			i += seen
			return buf[:i], buf[i+len(end):], nil
		}
		switch {
		case len(buf) >= maxHeader:
			return nil, nil, fmt.Errorf("the header has no end within %d bytes", maxHeader)
		case errors.Is(err, io.EOF) && len(buf) == 0:
			return nil, nil, fmt.Errorf("%w: the connection was closed", ErrNoAnswer)
		case errors.Is(err, io.EOF):
			return nil, nil, fmt.Errorf("%w: it ended within its header", ErrNoAnswer)
		case err != nil:
			return nil, nil, fmt.Errorf("read header: %w", err)
		}
	}
}

func parseHeader(header []byte) Response {
	resp := Response{Header: string(header), ContentLength: announced(header)}
	first, rest, _ := bytes.Cut(header, []byte("\r\n"))
	if version, status, ok := bytes.Cut(first, []byte(" ")); ok && bytes.HasPrefix(version, []byte("HTTP/")) {
		code, _, _ := bytes.Cut(bytes.TrimLeft(status, " "), []byte(" "))
		if n, err := strconv.ParseUint(string(code), 10, 16); err == nil {
			resp.Status = int(n)
		}
	}
	for len(rest) > 0 {
		var line []byte
		line, rest, _ = bytes.Cut(rest, []byte("\r\n"))
		name, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimSpace(value)
		switch {
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			resp.Chunked = resp.Chunked || bytes.Contains(bytes.ToLower(value), []byte("chunked"))
		case bytes.EqualFold(name, []byte("Content-Length")) && resp.ContentLength < 0:
			if n, err := strconv.ParseInt(string(value), 10, 64); err == nil && n >= 0 {
				resp.ContentLength = n
			}
		}
	}
	return resp
}
