package ipvsadm

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/google/go-cmp/cmp"

	"github.com/kactl/kactl/pkg/ipvs"
	"github.com/kactl/kactl/pkg/lvs"

	"github.com/kactl/kactl/test/lab"
)

// ticking is the expiry column of the connections.
var ticking = regexp.MustCompile(`(?m)^(\S+ +)\d+:\d\d `)

// TestViews lists a table that has carried real traffic.
func TestViews(t *testing.T) {
	d := newDirector(t, rules()+lossy, "198.51.100.1/32", "198.51.100.9/32", "2001:db8::1/128", "2001:db8::9/128",
		"10.0.0.1/24", "10.0.0.2/32", "10.0.0.3/32", "fd00::1/128", "192.0.2.1/24", "2001:db8:1::1/64")
	d.traffic()
	d.freezeRates()
	d.sameConnections()
	for _, view := range views {
		out := d.same(view...)
		if len(view) > 0 && view[0] == "--rate" && !regexp.MustCompile(`(?m)^TCP  198\.51\.100\.1:80 .* [1-9]`).MatchString(out) {
			t.Errorf("%q: no rate is shown:\n%s", view, out)
		}
		if len(view) == 0 || view[0] != "--stats" {
			continue
		}
		for _, service := range []string{
			"TCP  198.51.100.1:80 ", "TCP  198.51.100.1:443 ", "UDP  198.51.100.1:53 ", "SCTP 198.51.100.1:5060 ",
			"TCP  [2001:db8::1]:80 ", "FWM  1 ", "FWM  1 IPv6 ",
		} {
			if !regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(service) + ` *[1-9]`).MatchString(out) {
				t.Errorf("%q: nothing was carried by %q:\n%s", view, service, out)
			}
		}
	}
	if out := d.output(kactl("--stats")...); !regexp.MustCompile(`(?m)^TCP  198\.51\.100\.1:80 .* \d{6}K`).MatchString(out) {
		t.Errorf("no counter is so large that it is cut:\n%s", out)
	}
}

// sameConnections compares the connections that traffic opened.
func (d director) sameConnections() {
	d.t.Helper()
	for _, args := range [][]string{{"-c"}, {"--connection", "--persistent-conn"}} {
		want := ticking.ReplaceAllString(d.output(append([]string{"ipvsadm", "-Ln"}, args...)...), "${1}##:## ")
		got := ticking.ReplaceAllString(d.output(kactl(args...)...), "${1}##:## ")
		if diff := cmp.Diff(want, got); diff != "" {
			d.t.Errorf("%q (-ipvsadm +kactl):\n%s", args, diff)
		}
		for _, part := range []string{
			"TCP ##:##  ESTABLISHED ", "TCP ##:##  SYN_RECV ", "TCP ##:##  ASSURED ", "UDP ##:##  UDP ",
			"SCTP ##:##  ESTABLISHED ", "IP  ##:##  ASSURED ", "[2001:db8::1]:80 ",
		} {
			if !strings.Contains(got, part) {
				d.t.Errorf("%q: no connection like %q in\n%s", args, part, got)
			}
		}
		if strings.Contains(got, "call-4711") != (len(args) > 1) {
			d.t.Errorf("%q: the data of the persistence engine in\n%s", args, got)
		}
	}
}

// traffic opens connections through each kind of service, and leaves them
// open: what is carried does not change any more.
func (d director) traffic() {
	d.t.Helper()
	for _, at := range []string{"10.0.0.1:80", "10.0.0.2:80", "10.0.0.2:8080", "[fd00::1]:80", "10.0.0.1:81", "[fd00::1]:81"} {
		d.serve(at)
	}
	d.echo("10.0.0.1:53")
	d.serveSCTP("10.0.0.1:5060")

	for range 2 {
		d.dial("198.51.100.1:443", 0)
		d.dial("[2001:db8::1]:80", 0)
		d.dial("198.51.100.9:81", 1)
		d.dial("[2001:db8::9]:81", 1)
	}
	const much = 108 << 20 // more than ipvsadm shows in full
	if _, err := io.CopyN(d.dialAll(), zeros{}, much); err != nil {
		d.t.Fatal(err)
	}
	d.dialAll()                                 // of what has not been answered the kernel forgets the first
	d.ask("198.51.100.1:53", "question", false) // answers of one-packet services go astray
	d.ask("198.51.100.1:54", "question", true)
	d.ask("198.51.100.1:5060", "REGISTER sip:a@example.net SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1:5060\r\n"+
		"From: <sip:a@example.net>\r\nTo: <sip:a@example.net>\r\nCall-ID: call-4711\r\nCSeq: 1 REGISTER\r\nContent-Length: 0\r\n\r\n", true)
	d.dialSCTP("198.51.100.1:5060")
}

func wrap(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf(format+": %w", append(args, err)...)
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { return len(b), nil }

// serve reads what comes over TCP.
func (d director) serve(at string) {
	d.t.Helper()
	var l net.Listener
	d.do(func() (err error) {
		l, err = (&net.ListenConfig{KeepAlive: -1}).Listen(context.Background(), "tcp", at)
		return wrap(err, "listen on %s", at)
	})
	d.t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(io.Discard, c) }()
		}
	}()
}

// dialAll opens a connection to each of the three servers of one service, of which
// one does not answer, and returns one of the others.
func (d director) dialAll() net.Conn {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), lab.Slack)
	defer cancel()
	conns, before := make(chan net.Conn, 3), d.unanswered()
	for range 3 {
		go func() { conns <- d.tryDial(ctx, "198.51.100.1:80", 0) }()
	}
	first, second := <-conns, <-conns
	if first == nil || second == nil {
		d.t.Fatal("two of three servers do not answer")
	}
	// The third has been asked too.
	lab.Eventually(d.t, time.Second, "a connection that is not answered", func() bool {
		for client := range d.unanswered() {
			if !before[client] {
				return true
			}
		}
		return false
	})
	cancel()
	if third := <-conns; third != nil {
		d.t.Fatal("all of three servers answer")
	}
	return first
}

// unanswered are the clients' addresses and ports of the connections that nobody
// has answered.
func (d director) unanswered() map[string]bool {
	d.t.Helper()
	clients := map[string]bool{}
	d.do(func() error {
		table, err := os.ReadFile("/proc/thread-self/net/ip_vs_conn")
		for line := range strings.Lines(string(table)) {
			if f := strings.Fields(line); len(f) > 7 && f[7] == "SYN_RECV" {
				clients[f[1]+" "+f[2]] = true
			}
		}
		return err
	})
	return clients
}

// dial opens a TCP connection that is marked.
func (d director) dial(to string, mark int) {
	d.t.Helper()
	if d.tryDial(d.t.Context(), to, mark) == nil {
		d.t.Fatal("nobody answers")
	}
}

// tryDial opens a TCP connection that is marked, nil if nobody answers.
func (d director) tryDial(ctx context.Context, to string, mark int) (c net.Conn) {
	var err error
	dialer := net.Dialer{KeepAlive: -1, Control: func(_, _ string, raw syscall.RawConn) (err error) {
		if mark == 0 {
			return nil
		}
		if e := raw.Control(func(fd uintptr) { err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_MARK, mark) }); e != nil {
			return e
		}
		return err
	}}
	if e := d.Do(func() error {
		c, err = dialer.DialContext(ctx, "tcp", to)
		return nil
	}); e != nil {
		err = e
	}
	if err != nil {
		d.t.Logf("dial %s: %v", to, err)
		return nil
	}
	d.t.Cleanup(func() { c.Close() })
	return c
}

// echo answers what comes over UDP.
func (d director) echo(at string) {
	d.t.Helper()
	var c net.PacketConn
	d.do(func() (err error) {
		c, err = net.ListenPacket("udp", at)
		return wrap(err, "listen on %s", at)
	})
	d.t.Cleanup(func() { c.Close() })
	go func() {
		b := make([]byte, 2048)
		for {
			n, from, err := c.ReadFrom(b)
			if err != nil {
				return
			}
			_, _ = c.WriteTo(b[:n], from)
		}
	}()
}

// ask sends a datagram, and waits for the answer if there will be one.
func (d director) ask(to, text string, answer bool) {
	d.t.Helper()
	d.do(func() error {
		c, err := net.Dial("udp", to)
		if err != nil {
			return err
		}
		defer c.Close()
		_ = c.SetDeadline(time.Now().Add(lab.Slack))
		if _, err := io.WriteString(c, text); err != nil || !answer {
			return err
		}
		if _, err := c.Read(make([]byte, 2048)); err != nil {
			return fmt.Errorf("ask %s: %w", to, err)
		}
		return nil
	})
}

func (d director) sctp() int {
	d.t.Helper()
	fd := -1
	d.do(func() (err error) {
		fd, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, unix.IPPROTO_SCTP)
		return wrap(err, "open an SCTP socket")
	})
	d.t.Cleanup(func() { unix.Close(fd) })
	// No heartbeats, which would be counted.
	const peerAddrParams, heartbeatDisable = 9, 2
	params := make([]byte, 152)
	params[4+128+4+2+4+4] = heartbeatDisable
	_ = unix.SetsockoptString(fd, unix.IPPROTO_SCTP, peerAddrParams, string(params))
	return fd
}

func sockaddr(at string) *unix.SockaddrInet4 {
	a := netip.MustParseAddrPort(at)
	return &unix.SockaddrInet4{Addr: a.Addr().As4(), Port: int(a.Port())}
}

func (d director) serveSCTP(at string) {
	d.t.Helper()
	// The kernel may have no cryptography to sign cookies with.
	if err := d.Sysctl("net/sctp/cookie_hmac_alg", "none"); err != nil {
		d.t.Fatal(err)
	}
	fd := d.sctp()
	if err := unix.Bind(fd, sockaddr(at)); err != nil {
		d.t.Fatal(err)
	}
	if err := unix.Listen(fd, 5); err != nil {
		d.t.Fatal(err)
	}
}

func (d director) dialSCTP(to string) {
	d.t.Helper()
	if err := unix.Connect(d.sctp(), sockaddr(to)); err != nil {
		d.t.Fatalf("connect over SCTP to %s: %v", to, err)
	}
}

// freezeRates waits until the kernel has added up what was carried and how fast,
// which it does every 2 s, and keeps it from doing so again.
func (d director) freezeRates() {
	d.t.Helper()
	var h *ipvs.Handle
	d.do(func() (err error) {
		h, err = ipvs.Open()
		return err
	})
	defer h.Close()
	first := lvs.ServiceID{Protocol: lvs.TCP, Addr: netip.MustParseAddrPort("198.51.100.1:80")}
	last := lvs.ServiceID{Protocol: lvs.SCTP, Addr: netip.MustParseAddrPort("198.51.100.1:5060")}
	read := func(id lvs.ServiceID) ipvs.Stats {
		l, err := h.List(context.Background(), ipvs.Query{Service: &id})
		if err != nil {
			d.t.Fatal(err)
		}
		return l.Services[0].Stats
	}
	lab.Eventually(d.t, 20*time.Second, "what was carried is counted", func() bool {
		return read(first).Rate.InBytes > 0 && read(last).Total.InPackets > 0
	})
	if err := d.Sysctl("net/ipv4/vs/run_estimation", "0"); err != nil {
		d.t.Fatal(err)
	}
}
