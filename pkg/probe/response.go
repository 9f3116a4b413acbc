package probe

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// maxHeader bounds the header of an answer. (keepalived has 4 KiB, which pages
// with many cookies exceed.)
const maxHeader = 64 << 10

// A Response is what checks and genhash want to know of an HTTP answer.
type Response struct {
	// Status is the status code, or 0 if the first line has none.
	Status int
	// ContentLength is that header's value, or -1.
	ContentLength int64
	// Length is how many bytes were hashed, and Digest their MD5 sum in
	// lower-case hexadecimal: the bytes after the header as they came, chunk
	// framing included, up to ContentLength (genhash(1)).
	Length int64
	Digest string
}

// ReadResponse reads an HTTP answer up to its Content-Length or the end of r.
// An answer that ends before its Content-Length is no error, as in keepalived;
// one that ends within its header is.
func ReadResponse(r io.Reader) (Response, error) {
	resp := Response{ContentLength: -1}
	header, rest, err := readHeader(r)
	if err != nil {
		return resp, err
	}
	resp.parseHeader(header)

	body := io.MultiReader(bytes.NewReader(rest), r)
	if resp.ContentLength >= 0 {
		body = io.LimitReader(body, resp.ContentLength)
	}
	sum := md5.New()
	resp.Length, err = io.CopyBuffer(sum, body, make([]byte, 4<<10))
	if err != nil {
		return resp, fmt.Errorf("read body after %d bytes: %w", resp.Length, err)
	}
	resp.Digest = hex.EncodeToString(sum.Sum(nil))
	return resp, nil
}

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
			return nil, nil, errors.New("the connection was closed without an answer")
		case errors.Is(err, io.EOF):
			return nil, nil, errors.New("the answer ended within its header")
		case err != nil:
			return nil, nil, fmt.Errorf("read header: %w", err)
		}
	}
}

func (resp *Response) parseHeader(header []byte) {
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
		name, value, ok := bytes.Cut(line, []byte(":"))
		if !ok || !bytes.EqualFold(name, []byte("Content-Length")) {
			continue
		}
		if n, err := strconv.ParseInt(string(bytes.TrimSpace(value)), 10, 64); err == nil && n >= 0 {
			resp.ContentLength = n
		}
	}
}
