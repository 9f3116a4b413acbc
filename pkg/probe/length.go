package probe

import (
	"bytes"
	"math"
	"strconv"
)

// announced is the Content-Length that keepalived obeys, or -1 where it reads to
// the end. The digest depends on that, so it is read here as keepalived reads it
// (measured on 2.2.7), which is no parser of HTTP: it takes the first
// "Content-Length:" that is written so, behind whatever word, and in its value
// what C's strtoul makes of it if the line ends there.
func announced(header []byte) int64 {
	header, _, _ = bytes.Cut(header, []byte{0})
	_, value, found := bytes.Cut(header, []byte("Content-Length:"))
	if !found {
		return -1
	}
	number := bytes.TrimLeft(value, " \t\n\v\f\r")
	negative := bytes.HasPrefix(number, []byte("-"))
	if negative || bytes.HasPrefix(number, []byte("+")) {
		number = number[1:]
	}
	rest := bytes.TrimLeft(number, "0123456789")
	number = number[:len(number)-len(rest)]
	if len(number) == 0 {
		number, rest = []byte("0"), value
	}
	if len(rest) > 0 && rest[0] != '\r' && rest[0] != '\n' {
		return -1
	}
	n, err := strconv.ParseUint(string(number), 10, 64)
	if negative {
		n = -n
	}
	if err != nil || n > math.MaxInt64 {
		return -1
	}
	return int64(n)
}
