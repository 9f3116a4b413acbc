package probe_test

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kactl/kactl/pkg/health"
)

// A tlsServer notes the names of the handshakes.
type tlsServer struct {
	*server
	mu    sync.Mutex
	names []string // guarded by mu
}

// serveTLS is serve with TLS. Its certificate has expired, unless c has another.
func serveTLS(t *testing.T, c *tls.Config, answer func(conn *tls.Conn, request string)) *tlsServer {
	t.Helper()
	s := &tlsServer{}
	c.MinVersion = tls.VersionTLS10
	if c.Certificates == nil {
		c.Certificates = []tls.Certificate{expired(t)}
	}
	c.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.names = append(s.names, hello.ServerName)
		return nil, nil
	}
	s.server = serveRaw(t, func(raw *net.TCPConn) {
		conn := tls.Server(raw, c)
		r, err := http.ReadRequest(bufio.NewReader(conn))
		if err != nil {
			return
		}
		answer(conn, fmt.Sprintf("%s %s %s %s", r.Proto, r.Host, r.URL, r.Header.Get("Connection")))
		if c.NextProtos == nil { // "abrupt" ends without TLS's close notification
			conn.Close()
		}
	})
	return s
}

// expired is a certificate that ended an hour ago.
func expired(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: time.Now().Add(-time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// page answers with a body up to the end of the connection.
func page(body string) func(*tls.Conn, string) {
	return func(c *tls.Conn, _ string) { io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n"+body) }
}

func TestSSL(t *testing.T) {
	echo := func(c *tls.Conn, request string) { page(request)(c, request) }
	status := func(code int) func(*tls.Conn, string) {
		return func(c *tls.Conn, _ string) { fmt.Fprintf(c, "HTTP/1.1 %d x\r\nContent-Length: 0\r\n\r\n", code) }
	}
	for _, tt := range []struct {
		name    string
		config  *tls.Config
		answer  func(*tls.Conn, string)
		version string
		urls    []health.URL
		want    string // in the error, or empty for a success
	}{
		{"an expired certificate", nil, page("hello"), "", []health.URL{{Digest: digest("hello")}}, ""},
		{"another digest", nil, page("hello"), "", []health.URL{{Digest: digest("world")}}, "digest"},
		{"several pages", nil, page("hello"), "", []health.URL{{}, {Digest: digest("hello")}, {Path: "/x", Digest: digest("world")}}, "url /x: digest"},
		{"a status", nil, status(503), "", []health.URL{{}}, "status 503"},
		{"a status that is wanted", nil, status(503), "", []health.URL{{Statuses: []health.StatusRange{{First: 500, Last: 599}}}}, ""},
		{"HTTP 1.0", nil, echo, "1.0", []health.URL{{VirtualHost: "h", Digest: digest("HTTP/1.0 h / ")}}, ""},
		{"HTTP 1.0 with close", nil, echo, "1.0C", []health.URL{{VirtualHost: "h", Digest: digest("HTTP/1.0 h / close")}}, ""},
		{"HTTP 1.1", nil, echo, "1.1", []health.URL{{VirtualHost: "h", Digest: digest("HTTP/1.1 h / close")}}, ""},
		{"TLS 1.0", &tls.Config{MaxVersion: tls.VersionTLS10}, page("hello"), "", []health.URL{{}}, ""},
		{"TLS 1.2", &tls.Config{MaxVersion: tls.VersionTLS12}, page("hello"), "", []health.URL{{}}, ""},
		{"an old cipher suite", &tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA}},
			page("hello"), "", []health.URL{{}}, ""},
		{"no close notification", &tls.Config{NextProtos: []string{"abrupt"}}, page("hello"), "", []health.URL{{Digest: digest("hello")}}, ""},
		{"a certificate is demanded", &tls.Config{ClientAuth: tls.RequireAnyClientCert}, page("hello"), "", []health.URL{{}}, "certificate required"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.config == nil {
				tt.config = &tls.Config{}
			}
			for i := range tt.urls {
				if tt.urls[i].Path == "" {
					tt.urls[i].Path = "/"
				}
			}
			c := check(health.SSL, serveTLS(t, tt.config, tt.answer).addr, tt.urls...)
			c.HTTP = &health.HTTPOptions{Version: tt.version}
			expect(t, run(c), tt.want)
		})
	}
}

// A server that speaks no TLS, or gives it up, is down.
func TestSSLWithoutTLS(t *testing.T) {
	for name, s := range map[string]*server{
		"plain HTTP": serveRaw(t, func(c *net.TCPConn) { io.WriteString(c, "HTTP/1.0 400 Bad Request\r\n\r\n") }),
		"closed":     serveRaw(t, func(*net.TCPConn) {}),
		"reset":      serveRaw(t, func(c *net.TCPConn) { c.Read(make([]byte, 1)); c.SetLinger(0) }),
	} {
		err := run(check(health.SSL, s.addr, health.URL{Path: "/"}))
		if expect(t, err, "TLS handshake failed"); isTrouble(err) {
			t.Errorf("%s: %v is taken for a trouble of this machine", name, err)
		}
	}
}

// Each wait is bounded: for the handshake, the header and the body.
func TestSSLTimeout(t *testing.T) {
	for name, s := range map[string]*server{
		"handshake": serveRaw(t, untilClosed),
		"header":    serveTLS(t, &tls.Config{}, func(c *tls.Conn, _ string) { io.Copy(io.Discard, c) }).server,
		"body": serveTLS(t, &tls.Config{}, func(c *tls.Conn, _ string) {
			io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n")
			io.Copy(io.Discard, c)
		}).server,
	} {
		c := check(health.SSL, s.addr, health.URL{Path: "/"})
		c.Timeout = 200 * time.Millisecond // for a handshake on a busy machine, too
		if err := run(c); err == nil || !strings.Contains(err.Error(), "timeout") && !isTrouble(err) {
			t.Errorf("%s: %v, want a time-out", name, err)
		}
	}
}

// TestServerName has the names that keepalived 2.2.7 sends in the handshake
// (measured with nginx, which logs them).
func TestServerName(t *testing.T) {
	s := serveTLS(t, &tls.Config{}, page(""))
	for _, tt := range []struct {
		name string
		http health.HTTPOptions
		url  string // virtual host of the URL
		want string
	}{
		{"off", health.HTTPOptions{ServerName: "sni.example", ServerHost: "check.example"}, "url.example", ""},
		{"of the URL", health.HTTPOptions{SNI: true, ServerHost: "check.example"}, "url.example", "url.example"},
		{"of the check", health.HTTPOptions{SNI: true, ServerHost: "check.example"}, "", "check.example"},
		{"sni_name", health.HTTPOptions{SNI: true, ServerName: "sni.example", ServerHost: "check.example"}, "url.example", "sni.example"},
		{"none", health.HTTPOptions{SNI: true}, "", ""},
		{"with a port", health.HTTPOptions{SNI: true}, "url.example:8443", "url.example:8443"},
		{"an address", health.HTTPOptions{SNI: true}, "192.0.2.1", ""},
	} {
		c := check(health.SSL, s.addr, health.URL{Path: "/", VirtualHost: tt.url})
		c.HTTP, c.VirtualHost = &tt.http, "header.example"
		if expect(t, run(c), ""); t.Failed() {
			t.Fatal(tt.name)
		}
		s.mu.Lock()
		if got := s.names[len(s.names)-1]; got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
		s.mu.Unlock()
	}
}
