package ipvs

import (
	"context"
	"iter"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"

	"github.com/kactl/kactl/pkg/escape"
	"github.com/kactl/kactl/pkg/lvs"
)

// A Resolver finds the names of an address, the first one being its own. It
// gives up when ctx ends. [net.Resolver] is one.
type Resolver interface {
	LookupAddr(ctx context.Context, addr string) (names []string, err error)
}

var _ Resolver = (*net.Resolver)(nil)

// lookups is how many addresses are looked up at the same time.
const lookups = 32

// Names are those of addresses and ports. The zero Names has none.
type Names struct {
	Ports Ports
	// hosts has an empty name for an address that was looked up in vain.
	hosts map[netip.Addr]string
}

// Resolve looks up the addresses that it has not looked up before, until ctx
// ends. What has no name by then stays a number.
func (n *Names) Resolve(ctx context.Context, r Resolver, addrs iter.Seq[netip.Addr]) {
	if n.hosts == nil {
		n.hosts = map[netip.Addr]string{}
	}
	var unknown []netip.Addr
	for a := range addrs {
		if _, known := n.hosts[a]; !known {
			n.hosts[a] = ""
			unknown = append(unknown, a)
		}
	}
	work := make(chan netip.Addr)
	var wg sync.WaitGroup
	var mu sync.Mutex // guards n.hosts
	for range min(lookups, len(unknown)) {
		wg.Go(func() {
			for a := range work {
				names, err := r.LookupAddr(ctx, a.String())
				if err != nil || len(names) == 0 {
					continue
				}
				mu.Lock()
				n.hosts[a] = strings.TrimSuffix(names[0], ".")
				mu.Unlock()
			}
		})
	}
	for _, a := range unknown {
		select {
		case work <- a:
			continue
		case <-ctx.Done():
		}
		break
	}
	close(work)
	wg.Wait()
}

// Addresses are those of the services and of their destinations, some of them
// several times. Those of the services come first: there are fewer.
func (l *Listing) Addresses() iter.Seq[netip.Addr] {
	return func(yield func(netip.Addr) bool) {
		for _, s := range l.Services {
			if s.Mark == 0 && !yield(s.Addr.Addr()) {
				return
			}
		}
		for _, s := range l.Services {
			for _, d := range s.Destinations {
				if !yield(d.Addr.Addr()) {
					return
				}
			}
		}
	}
}

// Endpoint returns an address and port by their names, as far as they have some:
// "www.example.com:http", "[fd00::1]:http". Protocol 0, that of a mark, has no
// names for ports.
func (n *Names) Endpoint(p lvs.Protocol, a netip.AddrPort) string {
	host := n.hosts[a.Addr()]
	if host == "" {
		host = numericAddr(a.Addr())
	}
	port, ok := n.Ports[portKey{p, a.Port()}]
	if !ok {
		port = strconv.Itoa(int(a.Port()))
	}
	host, port = escape.Line(host), escape.Line(port)
	if a.Addr().Is6() {
		host = "[" + host + "]"
	}
	return host + ":" + port
}

// listedWidth is the room that ipvsadm has for a name. It cuts those of IPv4, and
// lets the others spoil the columns.
const listedWidth = 28

// Listed is Endpoint as ipvsadm prints it in a listing without -n.
func (n *Names) Listed(p lvs.Protocol, a netip.AddrPort) string {
	s := n.Endpoint(p, a)
	if a.Addr().Is4() && len(s) > listedWidth {
		s = s[:listedWidth]
	}
	return s
}
