package probe

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/kactl/kactl/pkg/health"
)

// overall is the time that one URL may take altogether. Every read may wait for
// a time-out, as with keepalived, to whom a page that comes slowly is as good as
// another; but one that never ends must not hold its probe for ever.
const overall = 5 * time.Minute

// probeHTTP is HTTP_GET and SSL_GET.
func probeHTTP(ctx context.Context, c health.Check) (*int, error) {
	for _, u := range c.URLs {
		if err := probeURL(ctx, c, u); err != nil {
			return nil, fmt.Errorf("url %s: %w", u.Path, err)
		}
	}
	return nil, nil
}

func probeURL(ctx context.Context, c health.Check, u health.URL) error {
	page, err := Getter{}.Get(ctx, c, u)
	if err != nil {
		return err
	}
	return judge(page.Response, u)
}

// ErrOverall says that a page comes, but does not end in time.
var ErrOverall = errors.New("the answer takes longer")

// A Getter asks for pages. The zero Getter is that of HTTP_GET and SSL_GET.
type Getter struct {
	// Overall is the time that one page may take, MaxBody the bytes that its
	// body may have; 0 are 5 minutes and 1 GiB.
	Overall time.Duration
	MaxBody int64
	// Body, if not nil, is given the body as well.
	Body io.Writer
}

// A Page is an answer, and the certificate of who gave it; nil without TLS.
type Page struct {
	Response
	Certificate *x509.Certificate
}

// Get asks for u as the check would, which is HTTP_GET or SSL_GET. An error is
// ErrConnect, ErrHandshake, ErrNoAnswer, ErrTooLong, [os.ErrDeadlineExceeded]
// where the server is too slow, ErrOverall besides where all of it is, a
// [health.Trouble] besides where this process was, the end of ctx, or that of the
// connection. Page is then what was there until then.
func (g Getter) Get(ctx context.Context, c health.Check, u health.URL) (Page, error) {
	conn, err := dial(ctx, c)
	if err != nil {
		return Page{}, err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()

	whole := cmp.Or(g.Overall, overall)
	t := &timed{Conn: conn, each: c.Timeout, whole: whole, end: time.Now().Add(whole)}
	page, err := g.ask(t, c, u)
	if ctx.Err() != nil {
		err = ctx.Err() // which has caused the other one
	}
	return page, err
}

// ask sends the request on a new connection and reads the answer.
func (g Getter) ask(t *timed, c health.Check, u health.URL) (page Page, err error) {
	var conn io.ReadWriter = t
	if c.Kind == health.SSL {
		secure, err := handshake(t, c, u)
		if err != nil {
			return page, err
		}
		page.Certificate = secure.ConnectionState().PeerCertificates[0]
		conn = secure
	}
	if _, err := io.WriteString(conn, Request(c, u)); err != nil {
		return page, fmt.Errorf("send request: %w", err)
	}
	page.Response, err = readResponse(conn, g.Body, cmp.Or(g.MaxBody, maxBody))
	return page, err
}

// Request returns the request for u as keepalived sends it.
func Request(c health.Check, u health.URL) string {
	var b strings.Builder
	version, end := "1.0", false
	if c.HTTP != nil {
		end = strings.EqualFold(c.HTTP.Version, "1.0c") || c.HTTP.Version == "1.1"
		if c.HTTP.Version == "1.1" {
			version = "1.1"
		}
	}
	b.WriteString("GET " + u.Path + " HTTP/" + version + "\r\nUser-Agent: KeepAliveClient\r\n")
	if end {
		b.WriteString("Connection: close\r\n")
	}
	b.WriteString("Host: " + cmp.Or(virtualHost(c, u), hostOf(c.Target)) + "\r\n\r\n")
	return b.String()
}

// hostOf is the Host header of an address. The interface of a link-local one is
// this machine's business (RFC 6874), and servers refuse it as a malformed name.
func hostOf(target netip.AddrPort) string {
	return netip.AddrPortFrom(target.Addr().WithZone(""), target.Port()).String()
}

// virtualHost is the name that u is asked for by, or empty.
func virtualHost(c health.Check, u health.URL) string { return cmp.Or(u.VirtualHost, c.VirtualHost) }

// judge compares an answer with what u asks for.
func judge(resp Response, u health.URL) error {
	if !accepted(resp.Status, u) {
		return fmt.Errorf("status %d is not accepted", resp.Status)
	}
	if u.Digest != "" && !strings.EqualFold(resp.Digest, u.Digest) {
		return fmt.Errorf("digest is %s, not %s", resp.Digest, u.Digest)
	}
	return nil
}

func accepted(status int, u health.URL) bool {
	if len(u.Statuses) == 0 {
		return 200 <= status && status <= 299
	}
	for _, r := range u.Statuses {
		if r.First <= status && status <= r.Last {
			return true
		}
	}
	return false
}

// timed bounds each read and write of a connection, and all of them together.
type timed struct {
	net.Conn
	each, whole time.Duration
	end         time.Time
}

func (t *timed) deadline() time.Time {
	d := time.Now().Add(t.each)
	if d.After(t.end) {
		return t.end
	}
	return d
}

func (t *timed) Read(p []byte) (int, error) {
	deadline := t.deadline()
	if err := t.SetReadDeadline(deadline); err != nil {
		return 0, err
	}
	n, err := t.Conn.Read(p)
	err = blameLate(err, deadline, t.each)
	if errors.Is(err, os.ErrDeadlineExceeded) && !time.Now().Before(t.end) {
		err = fmt.Errorf("%w than %v: %w", ErrOverall, t.whole, err)
	}
	return n, err
}

func (t *timed) Write(p []byte) (int, error) {
	deadline := t.deadline()
	if err := t.SetWriteDeadline(deadline); err != nil {
		return 0, err
	}
	n, err := t.Conn.Write(p)
	return n, blameLate(err, deadline, t.each)
}
