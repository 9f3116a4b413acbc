package cmd

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// serve starts a web server on PORT and one with TLS on TLSPORT, until the
// script ends.
func serve(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: serve")
	}
	plain, secure := httptest.NewServer(http.HandlerFunc(page)), httptest.NewTLSServer(http.HandlerFunc(page))
	for name, s := range map[string]*httptest.Server{"PORT": plain, "TLSPORT": secure} {
		_, port, err := net.SplitHostPort(s.Listener.Addr().String())
		ts.Check(err)
		ts.Setenv(name, port)
		ts.Defer(s.Close)
	}
}

// page answers by the path of the request.
func page(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/index.html":
		_, _ = w.Write([]byte("hello"))
	case "/chunked":
		_, _ = w.Write([]byte("hello"))
		w.(http.Flusher).Flush()
	case "/endless":
		for {
			if _, err := w.Write([]byte(strings.Repeat("endless\n", 4096))); err != nil {
				return
			}
		}
	case "/short", "/silent", "/nothing":
		raw(w, r)
	default:
		http.NotFound(w, r)
	}
}

// raw answers as a server should not.
func raw(w http.ResponseWriter, r *http.Request) {
	c, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		panic(err)
	}
	defer c.Close()
	switch r.URL.Path {
	case "/short":
		_, _ = c.Write([]byte("HTTP/1.0 200 OK\r\nContent-Length: 50\r\n\r\nhello"))
	case "/silent":
		_, _ = c.Read(make([]byte, 1)) // until the client has had enough
	}
}
