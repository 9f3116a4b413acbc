package probe_test

import (
	"bufio"
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/kactl/kactl/pkg/health"
	"github.com/kactl/kactl/pkg/probe"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A server answers each connection with answer, given the request.
type server struct {
	addr netip.AddrPort
	mu   sync.Mutex
	// requests and clients are guarded by mu.
	requests []string
	clients  []netip.AddrPort
}

// serve listens on a port of the loopback until the test ends. The connection
// is closed after answer returns.
func serve(t *testing.T, answer func(c *net.TCPConn, request string)) *server {
	t.Helper()
	s := new(server)
	s.listen(t, func(c *net.TCPConn) { s.handle(c, answer) })
	return s
}

// serveRaw is serve for those that read the request themselves, or do not.
func serveRaw(t *testing.T, handle func(*net.TCPConn)) *server {
	t.Helper()
	s := new(server)
	s.listen(t, handle)
	return s
}

func (s *server) listen(t *testing.T, handle func(*net.TCPConn)) {
	t.Helper()
	l, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.1:0")))
	if err != nil {
		t.Fatal(err)
	}
	s.addr = l.Addr().(*net.TCPAddr).AddrPort()
	var wg sync.WaitGroup
	t.Cleanup(func() {
		l.Close()
		wg.Wait()
	})
	wg.Go(func() {
		for {
			c, err := l.AcceptTCP()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer c.Close()
				handle(c)
			})
		}
	})
}

func (s *server) handle(c *net.TCPConn, answer func(*net.TCPConn, string)) {
	r := bufio.NewReader(c)
	var request strings.Builder
	for !strings.HasSuffix(request.String(), "\r\n\r\n") {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		request.WriteString(line)
	}
	s.mu.Lock()
	s.requests = append(s.requests, request.String())
	s.clients = append(s.clients, c.RemoteAddr().(*net.TCPAddr).AddrPort())
	s.mu.Unlock()
	answer(c, request.String())
}

func text(s string) func(*net.TCPConn, string) {
	return func(c *net.TCPConn, _ string) { io.WriteString(c, s) }
}

// untilClosed waits until the client has closed the connection.
func untilClosed(c *net.TCPConn) { io.Copy(io.Discard, c) }

func digest(s string) string {
	sum := md5.Sum([]byte(s))
	return hex.EncodeToString(sum[:])
}

// long is a time-out that no test waits for; short is one that tests do.
const (
	long  = time.Hour
	short = 30 * time.Millisecond
)

func check(kind health.Kind, target netip.AddrPort, urls ...health.URL) health.Check {
	return health.Check{Kind: kind, Target: target, Timeout: long, URLs: urls}
}

func run(c health.Check) error { return new(probe.Prober).Probe(context.Background(), c).Err }

// expect wants an error that contains what, or none if what is empty.
func expect(t *testing.T, err error, what string) {
	t.Helper()
	var own *health.Trouble
	if errors.As(err, &own) && own.Err != nil { // on a busy machine
		err = fmt.Errorf("%w: %w", err, own.Err)
	}
	switch {
	case what == "" && err != nil:
		t.Errorf("failed: %v", err)
	case what != "" && err == nil:
		t.Errorf("succeeded, want an error about %q", what)
	case what != "" && !strings.Contains(err.Error(), what):
		t.Errorf("%v, want an error about %q", err, what)
	}
}

func TestTCP(t *testing.T) {
	s := serve(t, text(""))
	expect(t, run(check(health.TCP, s.addr)), "")

	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := l.Addr().(*net.TCPAddr).AddrPort()
	l.Close()
	expect(t, run(check(health.TCP, closed)), "refused")
}

func TestEndedContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	s := serve(t, func(c *net.TCPConn, _ string) {
		cancel()
		untilClosed(c)
	})
	err := new(probe.Prober).Probe(ctx, check(health.HTTP, s.addr, health.URL{Path: "/"})).Err
	expect(t, err, context.Canceled.Error())
	expect(t, new(probe.Prober).Probe(ctx, check(health.TCP, s.addr)).Err, "canceled")
}

func TestHTTP(t *testing.T) {
	const chunked = "5\r\nhello\r\n0\r\n\r\n"
	reset := func(c *net.TCPConn, _ string) { c.SetLinger(0) }
	tests := []struct {
		name   string
		answer func(*net.TCPConn, string)
		url    health.URL
		want   string // in the error, or empty for a success
	}{
		{"200", text("HTTP/1.1 200 OK\r\n\r\nhello"), health.URL{}, ""},
		{"204", text("HTTP/1.0 204 No Content\r\n\r\n"), health.URL{}, ""},
		{"302", text("HTTP/1.0 302 Found\r\n\r\n"), health.URL{}, "status 302"},
		{"302 wanted", text("HTTP/1.0 302 Found\r\n\r\n"), health.URL{Statuses: []health.StatusRange{{First: 200, Last: 200}, {First: 300, Last: 304}}}, ""},
		{"200 not wanted", text("HTTP/1.0 200 OK\r\n\r\n"), health.URL{Statuses: []health.StatusRange{{First: 300, Last: 304}}}, "status 200"},
		{"no status", text("HELLO WORLD\r\n\r\nhello"), health.URL{}, "status 0"},
		{"digest to the end", text("HTTP/1.1 200 OK\r\n\r\nhello"), health.URL{Digest: digest("hello")}, ""},
		{"digest in capitals", text("HTTP/1.1 200 OK\r\n\r\nhello"), health.URL{Digest: strings.ToUpper(digest("hello"))}, ""},
		{"digest to Content-Length", text("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloworld"), health.URL{Digest: digest("hello")}, ""},
		{"body shorter than Content-Length", text("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello"), health.URL{Digest: digest("hello")}, ""},
		{"chunk framing is hashed", text("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked), health.URL{Digest: digest(chunked)}, ""},
		{"wrong digest", text("HTTP/1.1 200 OK\r\n\r\nhello"), health.URL{Digest: digest("world")}, "digest"},
		{"right digest, wrong status", text("HTTP/1.1 503 No\r\n\r\nhello"), health.URL{Digest: digest("hello")}, "status 503"},
		{"no answer", text(""), health.URL{}, "there is no answer: the connection was closed"},
		{"header without end", text("HTTP/1.1 200 OK\nServer: x\n\nhello"), health.URL{}, "ended within its header"},
		{"reset", reset, health.URL{}, "reset"},
		{"endless header", func(c *net.TCPConn, _ string) {
			line := []byte("X: " + strings.Repeat("y", 1000) + "\r\n")
			for {
				if _, err := c.Write(line); err != nil {
					return
				}
			}
		}, health.URL{}, "no end within"},
		{"answered and kept open", func(c *net.TCPConn, _ string) {
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
			untilClosed(c)
		}, health.URL{Digest: digest("hello")}, ""},
		{"in small pieces", func(c *net.TCPConn, _ string) {
			for _, b := range []byte("HTTP/1.1 200 OK\r\n\r\nhello") {
				c.Write([]byte{b})
			}
		}, health.URL{Digest: digest("hello")}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.url.Path = "/"
			expect(t, run(check(health.HTTP, serve(t, tt.answer).addr, tt.url)), tt.want)
		})
	}
}

func TestHTTPTimeout(t *testing.T) {
	for name, answer := range map[string]func(*net.TCPConn, string){
		"hangs":         func(c *net.TCPConn, _ string) { untilClosed(c) },
		"hangs in body": func(c *net.TCPConn, _ string) { io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n"); untilClosed(c) },
	} {
		t.Run(name, func(t *testing.T) {
			c := check(health.HTTP, serve(t, answer).addr, health.URL{Path: "/"})
			c.Timeout = short
			expect(t, run(c), "timeout")
		})
	}
}

func TestHTTPRequests(t *testing.T) {
	s := serve(t, func(c *net.TCPConn, request string) {
		status := 200
		if strings.Contains(request, "/bad") {
			status = 500
		}
		fmt.Fprintf(c, "HTTP/1.0 %d x\r\n\r\n", status)
	})
	c := check(health.HTTP, s.addr,
		health.URL{Path: "/a"}, health.URL{Path: "/b?x=1", VirtualHost: "url.example"}, health.URL{Path: "/bad"}, health.URL{Path: "/never"})
	expect(t, run(c), "url /bad: status 500")
	c.VirtualHost = "check.example"
	expect(t, run(c), "url /bad: status 500")

	var want []string
	for _, hosts := range [][3]string{
		{s.addr.String(), "url.example", s.addr.String()},
		{"check.example", "url.example", "check.example"},
	} {
		for i, path := range []string{"/a", "/b?x=1", "/bad"} {
			want = append(want, "GET "+path+" HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\nHost: "+hosts[i]+"\r\n\r\n")
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if got := strings.Join(s.requests, "---\n"); got != strings.Join(want, "---\n") {
		t.Errorf("sent\n%s", got)
	}
}

func TestHTTPProtocol(t *testing.T) {
	c := check(health.HTTP, netip.MustParseAddrPort("192.0.2.1:80"))
	for version, want := range map[string]string{
		"":     "GET / HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\n",
		"1.0":  "GET / HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\n",
		"1.0C": "GET / HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\nConnection: close\r\n",
		"1.1":  "GET / HTTP/1.1\r\nUser-Agent: KeepAliveClient\r\nConnection: close\r\n",
	} {
		c.HTTP = &health.HTTPOptions{Version: version}
		if got := probe.Request(c, health.URL{Path: "/"}); got != want+"Host: 192.0.2.1:80\r\n\r\n" {
			t.Errorf("%q sends %q", version, got)
		}
	}
}

// A server that keeps the connection open and writes the name of
// Content-Length in its own way has sent the page when it falls silent.
func TestKeptOpenInLowerCase(t *testing.T) {
	for length, want := range map[int]string{5: "", 6: "timeout"} {
		c := check(health.HTTP, serve(t, func(c *net.TCPConn, _ string) {
			fmt.Fprintf(c, "HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\nhello", length)
			untilClosed(c)
		}).addr, health.URL{Path: "/", Digest: digest("hello")})
		c.Timeout = short
		expect(t, run(c), want)
	}
}

func TestBind(t *testing.T) {
	s := serve(t, text("HTTP/1.0 200 OK\r\n\r\n"))
	c := check(health.HTTP, s.addr, health.URL{Path: "/"})
	c.Bind = netip.MustParseAddrPort("127.0.0.5:0")
	expect(t, run(c), "")
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.clients) != 1 || s.clients[0].Addr() != c.Bind.Addr() {
		t.Errorf("came from %v, want %v", s.clients, c.Bind.Addr())
	}
}

// A fixed source port is what the server sees. TCP_CHECK connects the same way.
func TestBindPort(t *testing.T) {
	s := serve(t, text("HTTP/1.0 200 OK\r\n\r\n"))
	l, err := net.Listen("tcp", "127.0.0.6:0")
	if err != nil {
		t.Fatal(err)
	}
	from := l.Addr().(*net.TCPAddr).AddrPort() // free a moment later
	l.Close()
	c := check(health.HTTP, s.addr, health.URL{Path: "/"})
	c.Bind = from
	expect(t, run(c), "")
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.clients) != 1 || s.clients[0] != from {
		t.Errorf("came from %v, want %v", s.clients, from)
	}
}

func TestIPv6HostIsBracketed(t *testing.T) {
	for target, want := range map[string]string{
		"[2001:db8::1]:80":  "[2001:db8::1]:80",
		"[fe80::1%eth0]:80": "[fe80::1]:80",
	} {
		c := check(health.HTTP, netip.MustParseAddrPort(target))
		if r := probe.Request(c, health.URL{Path: "/"}); !strings.Contains(r, "\r\nHost: "+want+"\r\n") {
			t.Errorf("request %q, want %q", r, want)
		}
	}
}

func TestUnknownKind(t *testing.T) { expect(t, run(health.Check{}), "unknown check") }

// The result of a probe says how long it ran, and no weight where the check sets
// none.
func TestResult(t *testing.T) {
	const pause = 20 * time.Millisecond
	s := serve(t, func(c *net.TCPConn, _ string) {
		time.Sleep(pause)
		io.WriteString(c, "HTTP/1.1 404 Not Found\r\n\r\n")
	})
	r := new(probe.Prober).Probe(t.Context(), check(health.HTTP, s.addr, health.URL{Path: "/"}))
	if r.Err == nil || r.Weight != nil || r.Took < pause {
		t.Errorf("%+v, want an error, no weight, and at least %v", r, pause)
	}
	if r := new(probe.Prober).Probe(t.Context(), check(health.BFD, s.addr)); r.Err == nil || probe.Runs(health.BFD) {
		t.Errorf("a check of a kind that nothing runs: %+v", r)
	}
}
