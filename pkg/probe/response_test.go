package probe

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"testing/iotest"
)

// TestContentLength has what keepalived's genhash hashes of "hello".
func TestContentLength(t *testing.T) {
	for header, want := range map[string]string{
		"Content-Length: 3":                        "hel",
		"Content-Length:3":                         "hel",
		"Content-Length:\t \r\n 0003":              "hel",
		"Content-Length: +3":                       "hel",
		"Content-Length: 3\nX: y":                  "hel",
		"Content-Length: 3\r\nX: y":                "hel",
		"Content-Length: 3\r\nContent-Length: 4":   "hel",
		"content-length: 2\r\nContent-Length: 3":   "hel",
		"X-Content-Length: 3\r\nContent-Length: 4": "hel",
		"X: Content-Length: 3":                     "hel",
		"Content-Length: -18446744073709551613":    "hel",
		"Content-Length:":                          "",
		"Content-Length: 0":                        "",
		"content-length: 3":                        "hello",
		"CONTENT-LENGTH: 3":                        "hello",
		"Content-Length : 3":                       "hello",
		"Content-Length: 3 ":                       "hello",
		"Content-Length: 3\t":                      "hello",
		"Content-Length: 3x":                       "hello",
		"Content-Length: x\r\nContent-Length: 3":   "hello",
		"Content-Length: -3":                       "hello",
		"Content-Length: 18446744073709551619":     "hello",
		"Content-Length: 99999999999999999999999":  "hello",
		"X: \x00\r\nContent-Length: 3":             "hello",
		"X: y":                                     "hello",
	} {
		r, err := ReadResponse(strings.NewReader("HTTP/1.0 200 OK\r\n" + header + "\r\n\r\nhello"))
		if sum := md5.Sum([]byte(want)); err != nil || r.Digest != hex.EncodeToString(sum[:]) {
			t.Errorf("%q: %d bytes are hashed, want %d; %v", header, r.Length, len(want), err)
		}
	}
}

// A body may have so many bytes and no more.
func TestBodyTooLong(t *testing.T) {
	for _, tt := range []struct {
		answer string
		most   int64
		want   error
	}{
		{"HTTP/1.0 200 OK\r\n\r\nhello", 5, nil},
		{"HTTP/1.0 200 OK\r\n\r\nhello", 4, ErrTooLong},
		{"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n", 5, nil},
		{"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n", 4, ErrTooLong},
	} {
		if r, err := readResponse(strings.NewReader(tt.answer), nil, tt.most); !errors.Is(err, tt.want) || (err == nil) != (r.Digest != "") {
			t.Errorf("%q, at most %d: %+v, %v", tt.answer, tt.most, r, err)
		}
	}
}

// FuzzReadResponse checks that the answer does not hang on how it is cut into
// reads, and that what is hashed is part of it.
func FuzzReadResponse(f *testing.F) {
	for _, s := range []string{
		"",
		"HTTP/1.1 200 OK\r\n\r\nhello",
		"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhello",
		"HTTP/1.1 200 OK\r\nContent-Length: -3\r\nContent-Length: x\r\n\r\nhello",
		"HTTP/1.0 99999999999\r\n:\r\n\r\n",
		"HTTP/1.0  404 \r\n\r\n\r\n\r\n",
		"\r\n\r\n",
		"HTTP/1.1 200 OK\n\nhello",
		"HTTP/1.1 200 OK\r\ncontent-length: 3\r\nX-Content-Length:\n +0004\r\n\r\nhello",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, Chunked\r\nContent-Length: -18446744073709551613\r\n\r\nhello",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		whole, err := ReadResponse(bytes.NewReader(b))
		bytewise, err2 := ReadResponse(iotest.OneByteReader(bytes.NewReader(b)))
		if whole != bytewise || (err == nil) != (err2 == nil) {
			t.Errorf("at once %+v %v, bytewise %+v %v", whole, err, bytewise, err2)
		}
		if err == nil && (whole.Length > int64(len(b)) || len(whole.Digest) != 32) {
			t.Errorf("%+v of %d bytes", whole, len(b))
		}
	})
}
