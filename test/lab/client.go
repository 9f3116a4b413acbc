package lab

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"time"
)

// GetOptions says how [Host.Get] asks; the zero value asks for "/" from an
// address of the kernel's choice, with two seconds' patience.
type GetOptions struct {
	From    netip.Addr
	Path    string
	Timeout time.Duration
}

// Get asks a web server for a page over a connection of its own and returns
// the page without its last line feed. Any status but 200 is an error.
func (h *Host) Get(to netip.AddrPort, o GetOptions) (string, error) {
	if o.Timeout == 0 {
		o.Timeout = 2 * time.Second
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

// GetFrom asks once from each of the source addresses, in order, and returns
// who answered each. A failed request ends the test.
func (h *Host) GetFrom(to netip.AddrPort, from []netip.Addr) []string {
	h.lab.t.Helper()
	var out []string
	for _, src := range from {
		body, err := h.Get(to, GetOptions{From: src, Timeout: 5 * time.Second})
		if err != nil {
			h.lab.t.Fatalf("%s: get %v from %v: %v", h.Name, to, src, err)
		}
		out = append(out, body)
	}
	return out
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
