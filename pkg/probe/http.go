package probe

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"

	"github.com/kactl/kactl/pkg/health"
)

// overall is the time that one URL may take altogether. Every read may wait for
// a time-out, as with keepalived, to whom a page that comes slowly is as good as
// another; but one that never ends must not hold its probe for ever.
const overall = 5 * time.Minute

// probeHTTP is HTTP_GET.
func probeHTTP(ctx context.Context, c health.Check) error {
	for _, u := range c.URLs {
		if err := probeURL(ctx, c, u); err != nil {
			return fmt.Errorf("url %s: %w", u.Path, err)
		}
	}
	return nil
}

func probeURL(ctx context.Context, c health.Check, u health.URL) error {
	conn, err := dial(ctx, c)
	if err != nil {
		return err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()

	t := &timed{conn: conn, each: c.Timeout, end: time.Now().Add(overall)}
	if _, err := io.WriteString(t, Request(c, u)); err != nil {
		return ended(ctx, fmt.Errorf("send request: %w", err))
	}
	resp, err := ReadResponse(t)
	if err != nil {
		return ended(ctx, err)
	}
	return judge(resp, u)
}

// ended prefers the end of the context to the error that it caused.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// Request returns the request for u as keepalived sends it.
func Request(c health.Check, u health.URL) string {
	host := cmp.Or(u.VirtualHost, c.VirtualHost, c.Target.String())
	return "GET " + u.Path + " HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\nHost: " + host + "\r\n\r\n"
}

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
	conn net.Conn
	each time.Duration
	end  time.Time
}

func (t *timed) deadline() time.Time {
	d := time.Now().Add(t.each)
	if d.After(t.end) {
		return t.end
	}
	return d
}

func (t *timed) Read(p []byte) (int, error) {
	if err := t.conn.SetReadDeadline(t.deadline()); err != nil {
		return 0, err
	}
	n, err := t.conn.Read(p)
	if errors.Is(err, os.ErrDeadlineExceeded) && !time.Now().Before(t.end) {
		err = fmt.Errorf("the answer takes longer than %v: %w", overall, err)
	}
	return n, err
}

func (t *timed) Write(p []byte) (int, error) {
	if err := t.conn.SetWriteDeadline(t.deadline()); err != nil {
		return 0, err
	}
	return t.conn.Write(p)
}
