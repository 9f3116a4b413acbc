package ipvs

import (
	"context"
	"errors"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kactl/kactl/pkg/lvs"
)

// A phoneBook resolves what is in it at once, takes a second for what it does
// not have, and for ever for what is in silent.
type phoneBook struct {
	names  map[string]string
	silent map[string]bool

	mu            sync.Mutex // guards all following
	calls         []string
	running, peak int
}

func (b *phoneBook) LookupAddr(ctx context.Context, addr string) ([]string, error) {
	b.mu.Lock()
	b.calls = append(b.calls, addr)
	b.running++
	b.peak = max(b.peak, b.running)
	b.mu.Unlock()
	defer func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.running--
	}()
	if b.silent[addr] {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if name := b.names[addr]; name != "" {
		return []string{name, "alias"}, nil
	}
	select {
	case <-time.After(time.Second):
		return nil, errors.New("no such host")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func TestResolve(t *testing.T) {
	ports, err := ReadPorts(strings.NewReader(`
# comment
http	80/tcp	www	# WorldWideWeb
http-alias 80/tcp
domain 53/udp
toolarge 65536/tcp
other 80/dccp
broken
https 443/tcp`))
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		book := &phoneBook{
			names: map[string]string{
				"198.51.100.1": "www.example.com.", "10.0.0.1": "a-very-long-host-name-for-a-real-server.example.com",
				"2001:db8::1": "six-with-a-rather-long-name.example.com",
			},
			silent: map[string]bool{"10.0.0.3": true},
		}
		var addrs []netip.Addr
		for _, s := range []string{"198.51.100.1", "10.0.0.1", "10.0.0.1", "10.0.0.2", "10.0.0.3", "2001:db8::1"} {
			addrs = append(addrs, netip.MustParseAddr(s))
		}
		n := Names{Ports: ports}
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		n.Resolve(ctx, book, slices.Values(addrs))
		if took := time.Since(start); took != 2*time.Second {
			t.Errorf("took %v, want the whole budget of 2s", took)
		}
		n.Resolve(t.Context(), book, slices.Values(addrs))
		slices.Sort(book.calls)
		if d := cmp.Diff([]string{"10.0.0.1", "10.0.0.2", "10.0.0.3", "198.51.100.1", "2001:db8::1"}, book.calls); d != "" {
			t.Errorf("each address once: %s", d)
		}
		for _, tt := range []struct {
			protocol       lvs.Protocol
			addr           string
			listed, inFull string
		}{
			{lvs.TCP, "198.51.100.1:80", "www.example.com:http", "www.example.com:http"},
			{lvs.TCP, "198.51.100.1:443", "www.example.com:https", "www.example.com:https"},
			{lvs.TCP, "198.51.100.1:53", "www.example.com:53", "www.example.com:53"},
			{lvs.UDP, "198.51.100.1:53", "www.example.com:domain", "www.example.com:domain"},
			{lvs.SCTP, "198.51.100.1:80", "www.example.com:80", "www.example.com:80"},
			{0, "198.51.100.1:80", "www.example.com:80", "www.example.com:80"},
			{lvs.TCP, "10.0.0.1:80", "a-very-long-host-name-for-a-", "a-very-long-host-name-for-a-real-server.example.com:http"},
			{lvs.TCP, "10.0.0.2:80", "10.0.0.2:http", "10.0.0.2:http"},
			{lvs.TCP, "10.0.0.3:0", "10.0.0.3:0", "10.0.0.3:0"},
			{lvs.TCP, "10.9.9.9:1", "10.9.9.9:1", "10.9.9.9:1"},
			{lvs.TCP, "[2001:db8::1]:80", "[six-with-a-rather-long-name.example.com]:http", "[six-with-a-rather-long-name.example.com]:http"},
			{lvs.TCP, "[::10.0.0.1]:80", "[::10.0.0.1]:http", "[::10.0.0.1]:http"},
		} {
			addr := netip.MustParseAddrPort(tt.addr)
			if got := n.Listed(tt.protocol, addr); got != tt.listed {
				t.Errorf("listed %s %s as %q, want %q", tt.protocol, addr, got, tt.listed)
			}
			if got := n.Endpoint(tt.protocol, addr); got != tt.inFull {
				t.Errorf("%s %s is %q, want %q", tt.protocol, addr, got, tt.inFull)
			}
		}
	})
}

// TestResolveBounds looks up more addresses than there is time for.
func TestResolveBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		book := &phoneBook{}
		addrs := map[netip.Addr]bool{}
		for a := netip.MustParseAddr("10.0.0.0"); len(addrs) < 10*lookups; a = a.Next() {
			addrs[a] = true
		}
		ctx, cancel := context.WithTimeout(t.Context(), 2500*time.Millisecond)
		defer cancel()
		start := time.Now()
		var n Names
		n.Resolve(ctx, book, maps.Keys(addrs))
		if took := time.Since(start); took != 2500*time.Millisecond {
			t.Errorf("took %v, want 2.5s", took)
		}
		if book.peak != lookups {
			t.Errorf("%d lookups at the same time, want %d", book.peak, lookups)
		}
		if len(book.calls) != 3*lookups { // a second each
			t.Errorf("%d lookups in 2.5 s, want %d", len(book.calls), 3*lookups)
		}
	})
}

func TestAddresses(t *testing.T) {
	l := Listing{Services: []Service{
		{ServiceID: lvs.ServiceID{Addr: netip.MustParseAddrPort("198.51.100.1:80")}, Destinations: []Destination{{Addr: netip.MustParseAddrPort("10.0.0.1:80")}}},
		{ServiceID: lvs.ServiceID{Mark: 1}, Destinations: []Destination{{Addr: netip.MustParseAddrPort("10.0.0.2:0")}}},
	}}
	want := []string{"198.51.100.1", "10.0.0.1", "10.0.0.2"}
	for n := 1; n <= len(want); n++ { // whoever has enough stops
		var got []string
		for a := range l.Addresses() {
			if got = append(got, a.String()); len(got) == n {
				break
			}
		}
		if d := cmp.Diff(want[:n], got); d != "" {
			t.Error(d)
		}
	}
}
