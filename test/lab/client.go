package lab

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// GetOptions says how [Host.Get] asks; the zero value asks for "/" from an
// address of the kernel's choice, with a client's patience.
type GetOptions struct {
	From    netip.Addr
	Path    string
	Timeout time.Duration
}

// Get asks a web server for a page over a connection of its own and returns
// the page without its last line feed. Any status but 200 is an error.
func (h *Host) Get(to netip.AddrPort, o GetOptions) (string, error) {
	if o.Timeout == 0 {
		o.Timeout = patience
	}
	if o.Path == "" {
		o.Path = "/"
	}
	ctx, cancel := context.WithTimeout(context.Background(), o.Timeout)
	defer cancel()
	conn, err := h.Dial(ctx, "tcp", o.From, to)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	deadline, _ := ctx.Deadline()
	if err := conn.SetDeadline(deadline); err != nil {
		return "", err
	}
	if _, err := fmt.Fprintf(conn, "GET %s HTTP/1.0\r\nHost: %v\r\n\r\n", o.Path, to.Addr()); err != nil {
		return "", err
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return "", err
	}
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("get %v%s: %s", to, o.Path, resp.Status)
	}
	return strings.TrimSuffix(string(body), "\n"), nil
}

// What a client bears with: how long it waits for an answer, and how often it asks
// again without one. The kernel sends what was lost again for as long.
const (
	patience = 20 * time.Second
	tries    = 4
)

// GetFrom asks once from each of the source addresses, in order, and returns
// who answered each. As a browser does, it asks again where no answer came: from
// all of them, so that each answer is one of a round without a gap. It ends the
// test if there is no such round.
func (h *Host) GetFrom(to netip.AddrPort, from []netip.Addr) []string {
	h.lab.t.Helper()
	var err error
	for range tries {
		var out []string
		if out, err = h.round(to, from); err == nil {
			return out
		}
		if !lost(err) {
			break
		}
		h.lab.t.Logf("%s: %v; once more", h.Name, err)
	}
	h.lab.t.Fatalf("%s: %v", h.Name, err)
	return nil
}

func (h *Host) round(to netip.AddrPort, from []netip.Addr) ([]string, error) {
	var out []string
	for _, src := range from {
		body, err := h.Get(to, GetOptions{From: src, Timeout: patience})
		if err != nil {
			return nil, fmt.Errorf("get %v from %v: %w", to, src, err)
		}
		out = append(out, body)
	}
	return out, nil
}

// lost tells whether a request got no answer, as where the director changes that
// knows the connection: a refusal is an answer.
func lost(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout() ||
		errors.Is(err, unix.ECONNRESET) || errors.Is(err, unix.EHOSTUNREACH) || errors.Is(err, io.ErrUnexpectedEOF)
}

// Count is how often each name occurs.
func Count(names []string) map[string]int {
	out := map[string]int{}
	for _, n := range names {
		out[n]++
	}
	return out
}

// Addresses are n addresses that follow on one another, for a client with
// many.
func Addresses(first string, n int) []netip.Addr {
	out := make([]netip.Addr, 0, n)
	for a := netip.MustParseAddr(first); len(out) < n; a = a.Next() {
		out = append(out, a)
	}
	return out
}

// WithBits writes addresses the way [Lab.Host] takes them.
func WithBits(addrs []netip.Addr, bits int) []string {
	out := make([]string, len(addrs))
	for i, a := range addrs {
		out[i] = netip.PrefixFrom(a, bits).String()
	}
	return out
}
