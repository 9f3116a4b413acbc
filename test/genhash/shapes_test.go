package genhash

import (
	"bytes"
	"fmt"
	"net"
	"strings"
	"time"
)

// A shape is an answer that servers give. It writes it to a connection from
// which a request was read; the connection is closed afterwards.
type shape struct {
	name   string
	answer func(c net.Conn, r request)
}

// A request is what the client sent, and the name in its TLS handshake.
type request struct{ text, serverName string }

// said always says the same.
func said(text string) func(net.Conn, request) {
	return func(c net.Conn, _ request) { write(c, text) }
}

// write writes as much as the client wants: it may have seen enough.
func write(c net.Conn, text string) { _, _ = c.Write([]byte(text)) }

// inPieces writes with pauses, so that each piece is a packet and a read.
func inPieces(pause time.Duration, pieces ...string) func(net.Conn, request) {
	return func(c net.Conn, _ request) {
		for i, p := range pieces {
			if i > 0 {
				<-time.After(pause)
			}
			write(c, p)
		}
	}
}

// keptOpen stays open for a while, which keepalived's waits for.
func keptOpen(text string) func(net.Conn, request) {
	return inPieces(200*time.Millisecond, text, "")
}

// page answers with a body that hangs on the request, and its length.
func page(body func(r request) string) func(net.Conn, request) {
	return func(c net.Conn, r request) {
		b := body(r)
		write(c, fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n%s", len(b), b))
	}
}

// header returns the value of a header of the request.
func (r request) header(name string) string {
	_, rest, _ := strings.Cut(r.text, "\r\n"+name+": ")
	value, _, _ := strings.Cut(rest, "\r\n")
	return value
}

const mib = 1 << 20

var (
	large   = string(bytes.Repeat([]byte("0123456789abcdef"), 10*mib/16))
	gzipped = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xcb\x48\xcd\xc9\xc9\x07\x00\x86\xa6\x10\x36\x05\x00\x00\x00"
)

// shapes are what both are asked to hash. Two are left out. A Content-Length in
// the body, and none in the header, counts for keepalived if the first packets
// had it: its digest hangs on the network, and kactl's does not. And a header of
// more than 4 KiB is too much for it.
var shapes = []shape{
	{"1.0", said("HTTP/1.0 200 OK\r\n\r\nhello")},
	{"1.0 with a length", said("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello")},
	{"1.1 with a length", said("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello")},
	{"1.1 kept open", keptOpen("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\nhello")},
	{"1.1 without a length", said("HTTP/1.1 200 OK\r\n\r\nhello")},
	{"chunked", said("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n")},
	{"chunked with a trailer", said("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nX: y\r\n\r\n")},
	{"chunked and a length", said("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n5\r\nhello\r\n0\r\n\r\n")},
	{"gzip", said(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s", len(gzipped), gzipped))},
	{"empty", said("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")},
	{"empty without a length", said("HTTP/1.0 200 OK\r\n\r\n")},
	{"one byte", said("HTTP/1.0 200 OK\r\n\r\nx")},
	{"zero bytes in the body", said("HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\nh\x00l\x00o\x00")},
	{"every byte", page(func(request) string {
		var b []byte
		for i := range 256 {
			b = append(b, byte(i))
		}
		return string(b)
	})},
	{"10 MB", page(func(request) string { return large })},
	{"10 MB without a length", func(c net.Conn, _ request) { write(c, "HTTP/1.0 200 OK\r\n\r\n"+large) }},
	{"10 MB in chunks", func(c net.Conn, _ request) {
		write(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
		for i := range 160 {
			write(c, "10000\r\n"+large[i<<16:(i+1)<<16]+"\r\n")
		}
		write(c, "0\r\n\r\n")
	}},
	{"301", said("HTTP/1.1 301 Moved Permanently\r\nLocation: http://192.0.2.1/elsewhere\r\nContent-Length: 5\r\n\r\nmoved")},
	{"302 without a body", said("HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\n\r\n")},
	{"304", said("HTTP/1.1 304 Not Modified\r\nContent-Length: 0\r\n\r\n")},
	{"204", said("HTTP/1.1 204 No Content\r\n\r\n")},
	{"401", said("HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 2\r\n\r\nno")},
	{"404", said("HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\nnot found")},
	{"500", said("HTTP/1.1 500 Internal Server Error\r\n\r\nsorry")},
	{"503", said("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 4\r\n\r\nbusy")},
	{"no status line", said("HELLO\r\n\r\nhello")},
	{"nothing but a body", said("\r\n\r\nhello")},
	{"100 and then 200", said("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\nhello")},
	{"lower-case header", said("HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 5\r\n\r\nhello")},
	{"lower-case length, too short", said("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nhello")},
	{"upper-case length, too short", said("HTTP/1.1 200 OK\r\nCONTENT-LENGTH: 3\r\n\r\nhello")},
	{"length too short", said("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhello")},
	{"length too long", said("HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\nhello")},
	{"length without a blank", said("HTTP/1.1 200 OK\r\nContent-Length:3\r\n\r\nhello")},
	{"length behind blanks", said("HTTP/1.1 200 OK\r\nContent-Length: \t 3\r\n\r\nhello")},
	{"length before a blank", said("HTTP/1.1 200 OK\r\nContent-Length: 3 \r\n\r\nhello")},
	{"length with a sign", said("HTTP/1.1 200 OK\r\nContent-Length: +3\r\n\r\nhello")},
	{"negative length", said("HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\nhello")},
	{"length is no number", said("HTTP/1.1 200 OK\r\nContent-Length: 3x\r\nContent-Length: 3\r\n\r\nhello")},
	{"length is enormous", said("HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551619\r\n\r\nhello")},
	{"empty length", said("HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\nhello")},
	{"two lengths", said("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nhello")},
	{"length of something else first", said("HTTP/1.1 200 OK\r\nX-Content-Length: 2\r\nContent-Length: 5\r\n\r\nhello")},
	{"length in the body too", said("HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\nContent-Length: 3\r\n\r\nhello")},
	{"body starts with empty lines", said("HTTP/1.0 200 OK\r\n\r\n\r\n\r\nhello")},
	{"header folded", said("HTTP/1.0 200 OK\r\nX: y,\r\n\tz\r\nContent-Length:\r\n 3\r\n\r\nhello")},
	{"header with line feeds", said("HTTP/1.0 200 OK\nContent-Length: 3\nX: y\r\n\r\nhello")},
	{"header of 3 KB", said("HTTP/1.0 200 OK\r\n" + strings.Repeat("Set-Cookie: a=0123456789abcdef0123456789; path=/\r\n", 60) + "Content-Length: 5\r\n\r\nhello")},
	{"header in pieces", inPieces(10*time.Millisecond, "HTTP/1.1 2", "00 OK\r\nContent-Le", "ngth: 3\r", "\n\r", "\nhe", "llo")},
	{"a byte at a time", inPieces(time.Millisecond, strings.Split("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "")...)},
	{"slow", inPieces(60*time.Millisecond, "HTTP/1.1 200 OK\r\n\r\n", "h", "e", "l", "lo")},
	{slow, inPieces(2600*time.Millisecond, "HTTP/1.1 200 OK\r\n\r\n", "hel", "lo")},
	{"the request", page(func(r request) string { return r.text })},
	{"a page of the virtual host", page(func(r request) string { return "this is " + r.header("Host") })},
	{"a page of the name in the handshake", page(func(r request) string { return "this is " + r.serverName })},
}

// slow is the shape that takes longer than the time-out, though no part of it does.
const slow = "slower than the time-out altogether"

// failures have nothing to hash.
var failures = []shape{
	{"no answer", said("")},
	{"half a header", said("HTTP/1.1 200 OK\r\nContent-Le")},
	{"header that ends in line feeds", said("HTTP/1.0 200 OK\nContent-Length: 3\n\nhello")},
	{"silence", inPieces(8*time.Second, "", "HTTP/1.1 200 OK\r\n\r\nhello")},
	{"silence in the body", inPieces(8*time.Second, "HTTP/1.1 200 OK\r\n\r\nhel", "lo")},
	{"reset", func(c net.Conn, _ request) {
		write(c, "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello")
		_ = c.(*net.TCPConn).SetLinger(0)
	}},
}
