// Package genhash is kactl genhash: it asks a web server for a page and tells
// the digest that HTTP_GET and SSL_GET compare. They ask with the same code.
package genhash

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/kactl/kactl/pkg/health"
	"github.com/kactl/kactl/pkg/probe"
)

// DefaultTimeout is what a connection, and each wait for data, may take.
const DefaultTimeout = 5 * time.Second

// A Request is what to ask of whom, and what the answer may cost.
type Request struct {
	Target
	// Protocol is "1.0", "1.1", or "1.0c": 1.0 with "Connection: close".
	Protocol string
	// Mark is the firewall mark of what is sent; 0 is none.
	Mark uint32
	// Timeout bounds each wait, Overall all of it; 0 is what the checks have.
	Timeout, Overall time.Duration
	// MaxBody is how many bytes a body may have; 0 is what the checks read.
	MaxBody int64
}

// A Result is what a server said, and how it was asked.
type Result struct {
	// Check and URL are the check that would ask the same; URL has the digest.
	Check health.Check
	URL   health.URL
	probe.Page
	// Start is the beginning of the body, 64 KiB at the most.
	Start []byte
	// Took is the time from the connection to the last byte.
	Took time.Duration
}

// Ask asks, and hashes the answer. A host name is looked up, and its addresses
// are tried in turn until one can be connected to. The error is one of
// [probe.Getter.Get]; the answer is then what was there until then.
func Ask(ctx context.Context, q Request) (*Result, error) {
	addresses, err := q.addresses(ctx)
	if err != nil {
		return &Result{}, err
	}
	a := &Result{}
	var errs []error
	for _, addr := range addresses {
		a = &Result{Check: q.check(addr), URL: q.url()}
		err := a.ask(ctx, q)
		if err == nil {
			return a, nil
		}
		errs = append(errs, err)
		if !errors.Is(err, probe.ErrConnect) {
			break
		}
	}
	return a, errors.Join(errs...)
}

func (a *Result) ask(ctx context.Context, q Request) error {
	start := &beginning{most: 64 << 10}
	g := probe.Getter{Overall: q.Overall, MaxBody: q.MaxBody, Body: start}
	begun := time.Now()
	var err error
	a.Page, err = g.Get(ctx, a.Check, a.URL)
	a.Took = time.Since(begun)
	a.Start = start.Bytes()
	a.URL.Digest = a.Digest
	return err
}

// addresses are where to connect to.
func (q *Request) addresses(ctx context.Context) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(q.Server); err == nil {
		return []netip.Addr{a}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(q.Timeout, DefaultTimeout))
	defer cancel()
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", q.Server)
	if err != nil {
		return nil, err // which names the host
	}
	return addrs, nil
}

func (q *Request) check(addr netip.Addr) health.Check {
	c := health.Check{
		Kind:    health.HTTP,
		Target:  netip.AddrPortFrom(addr.Unmap(), q.Port),
		Timeout: cmp.Or(q.Timeout, DefaultTimeout),
		Mark:    q.Mark,
		HTTP:    &health.HTTPOptions{Version: cmp.Or(q.Protocol, "1.0"), SNI: q.SNI},
	}
	if q.TLS {
		c.Kind = health.SSL
	}
	return c
}

func (q *Request) url() health.URL {
	return health.URL{Path: q.Path, VirtualHost: q.VirtualHost}
}

// Warnings are what makes the digest of little use to a check.
func (a *Result) Warnings() []string {
	var all []string
	warn := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	switch {
	case a.Status == 0:
		warn("the answer has no status code")
	case a.Status < 200 || a.Status > 299:
		warn("the status code is %d: this is the digest of what the server says instead of the page; a check needs status_code %d to accept it", a.Status, a.Status)
	}
	if a.Chunked {
		warn("the answer is chunked: the lengths of the chunks are part of the digest, and may differ the next time")
	}
	if a.Length < a.ContentLength {
		warn("the answer ended after %d of %d bytes", a.Length, a.ContentLength)
	}
	if c := a.Certificate; c != nil && time.Now().After(c.NotAfter) {
		warn("the certificate expired on %s; keepalived does not look at that", c.NotAfter.UTC().Format(time.DateOnly))
	}
	return all
}

// A beginning keeps the first bytes that are written to it.
type beginning struct {
	bytes.Buffer
	most int
}

func (b *beginning) Write(p []byte) (int, error) {
	if room := b.most - b.Len(); room > 0 {
		b.Buffer.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}
