package cmd

import (
	"context"
	"fmt"
	"iter"
	"net"
	"net/netip"
	"os"
	"time"

	"github.com/spf13/pflag"

	"github.com/kactl/kactl/pkg/ipvs"
)

func namesFlags(f *pflag.FlagSet) {
	f.Bool("names", false, "show names of addresses and ports, as ipvsadm does without -n")
	f.Duration("names-timeout", 2*time.Second, "with --names, the `TIME` that looking them all up may take; what\nis not found by then stays a number")
}

// portNames is where ports have their names.
const portNames = "/etc/services"

// A nameFinder finds the names that a run shows.
type nameFinder struct {
	resolver ipvs.Resolver
	timeout  time.Duration
	ipvs.Names
}

// newNameFinder reads the names of ports. A machine without a file of them has
// none.
func newNameFinder(r ipvs.Resolver, timeout time.Duration) (*nameFinder, error) {
	n := &nameFinder{resolver: r, timeout: timeout}
	file, err := os.Open(portNames)
	if os.IsNotExist(err) {
		return n, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the names of ports: %w", err)
	}
	defer file.Close()
	if n.Ports, err = ipvs.ReadPorts(file); err != nil {
		return nil, fmt.Errorf("read the names of ports in %s: %w", portNames, err)
	}
	return n, nil
}

// find looks up what is not known yet.
func (n *nameFinder) find(ctx context.Context, addrs iter.Seq[netip.Addr]) {
	ctx, cancel := context.WithTimeout(ctx, n.timeout)
	defer cancel()
	n.Resolve(ctx, n.resolver, addrs)
}

// addNames prepares the names, if they are asked for.
func (t *tableViewer) addNames() (err error) {
	if t.settings.GetBool("names") {
		t.names, err = newNameFinder(net.DefaultResolver, t.settings.GetDuration("names-timeout"))
	}
	return err
}

// validNames refuses what names do not go together with.
func (t tableViewer) validNames() error {
	if t.settings.GetDuration("names-timeout") <= 0 {
		return fmt.Errorf("--names-timeout must be longer than nothing: write 2s or the like")
	}
	if !t.settings.GetBool("names") {
		return nil
	}
	others := append(t.given([]string{"numeric", "timeout", "daemon", "save", "diff"}), t.jsonFlag()...)
	if len(others) > 0 {
		return fmt.Errorf("--names and --%s cannot be given together", others[0])
	}
	return nil
}

// jsonFlag is the flag that asks for JSON, if it does.
func (t tableViewer) jsonFlag() []string {
	if t.settings.GetString("output") == "json" {
		return []string{"output json"}
	}
	return nil
}

// namedConnections prints the connections by name. They are read before the
// first one is printed, to look their addresses up together.
func (t tableViewer) namedConnections(ctx context.Context, h *ipvs.Handle) error {
	var list []ipvs.Connection
	err := h.Connections(func(c ipvs.Connection) error {
		list = append(list, c)
		return nil
	})
	if err != nil {
		return err
	}
	t.names.find(ctx, func(yield func(netip.Addr) bool) {
		for _, c := range list {
			if !yield(c.Virtual.Addr()) || !yield(c.Address.Addr()) || !yield(c.Client.Addr()) {
				return
			}
		}
	})
	p := ipvs.PrintConnections(t.out, t.settings.GetBool("persistent-conn"), t.names.Endpoint)
	for _, c := range list {
		if err := p.Add(c); err != nil {
			return err
		}
	}
	return p.Flush()
}
