package probe

import (
	"bytes"
	"testing"
	"testing/iotest"
)

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
