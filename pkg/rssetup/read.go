package rssetup

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// State implements System.
func (l linux) State() (State, error) {
	st := State{Values: map[Thing]string{}}
	own, err := os.Readlink(namespace)
	first, err1 := os.Readlink("/proc/1/ns/net")
	st.Foreign = err == nil && err1 == nil && own != first
	_, err = os.Stat(l.path("/etc/systemd"))
	st.Systemd = err == nil
	if err := st.readNetwork(); err != nil {
		return st, err
	}
	for _, d := range append([]string{"all", "default"}, linkNames(st.Links)...) {
		for _, name := range []string{"arp_ignore", "arp_announce", "rp_filter"} {
			st.readSysctl(conf(d, name))
		}
		st.readSysctl(disableIPv6(d))
	}
	return st, l.readFiles(&st)
}

func linkNames(links []Link) []string {
	var names []string
	for _, l := range links {
		names = append(names, l.Name)
	}
	return names
}

// readSysctl leaves out what the kernel does not have.
func (s *State) readSysctl(t Thing) {
	if text, err := os.ReadFile(filepath.Join("/proc/sys", t.Name)); err == nil {
		s.Values[t] = strings.TrimSpace(string(text))
	}
}

func (l linux) readFiles(st *State) error {
	for _, f := range files {
		var text []byte
		var err error
		if f.Kind == Symlink {
			var target string
			target, err = os.Readlink(l.path(f.Name))
			text = []byte(target)
		} else {
			text, err = os.ReadFile(l.path(f.Name))
		}
		switch {
		case err == nil:
			st.Values[f] = string(text)
		case !errors.Is(err, fs.ErrNotExist):
			return err
		}
	}
	return nil
}

// dump lists something of the kernel's again if a change came in between.
func dump[T any](what string, list func() ([]T, error)) ([]T, error) {
	var out []T
	var err error
	for range 10 {
		out, err = list()
		if !errors.Is(err, netlink.ErrDumpInterrupted) {
			break
		}
	}
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", what, err)
	}
	return out, nil
}

// readNetwork reads interfaces, addresses and routes.
func (s *State) readNetwork() error {
	links, err := dump("interfaces", netlink.LinkList)
	if err != nil {
		return err
	}
	addrs, err := dump("addresses", func() ([]netlink.Addr, error) { return netlink.AddrList(nil, netlink.FAMILY_ALL) })
	if err != nil {
		return err
	}
	routes, err := dump("routes", func() ([]netlink.Route, error) { return netlink.RouteList(nil, netlink.FAMILY_ALL) })
	if err != nil {
		return err
	}
	s.addAddresses(addrs, s.addLinks(links))
	s.addRoutes(routes, addrs)
	return nil
}

// addLinks returns the names of the interfaces by index.
func (s *State) addLinks(links []netlink.Link) map[int]string {
	names := map[int]string{}
	for _, link := range links {
		a := link.Attrs()
		names[a.Index] = a.Name
		loopback := a.RawFlags&unix.IFF_LOOPBACK != 0
		s.Links = append(s.Links, Link{
			Name: a.Name, Index: a.Index, Loopback: loopback, Silent: loopback || a.RawFlags&unix.IFF_NOARP != 0,
			Tunnel: slices.Contains([]string{"ipip", "ip6tnl", "sit"}, link.Type()),
		})
		state := "down"
		if a.RawFlags&unix.IFF_UP != 0 {
			state = "up"
		}
		s.Values[Thing{Kind: Switch, Name: a.Name}] = state
	}
	return names
}

func (s *State) addAddresses(addrs []netlink.Addr, names map[int]string) {
	for _, a := range addrs {
		ip, ok := netip.AddrFromSlice(a.IP)
		if !ok {
			continue
		}
		bits, _ := a.Mask.Size()
		device, label := names[a.LinkIndex], a.Label
		if label == device {
			label = ""
		}
		s.Values[Thing{Kind: Address, Name: netip.PrefixFrom(ip, bits).String(), Device: device}] = label
	}
}

// addRoutes adds the gateways, and what packets by the default routes leave with:
// what the route says, else the interface's first address in its gateway's network.
func (s *State) addRoutes(routes []netlink.Route, addrs []netlink.Addr) {
	gateway := func(ip net.IP) {
		if a, ok := netip.AddrFromSlice(ip); ok && !a.IsUnspecified() {
			s.Gateways = append(s.Gateways, a.Unmap().String())
		}
	}
	for _, r := range routes {
		gateway(r.Gw)
		for _, hop := range r.MultiPath {
			gateway(hop.Gw)
		}
		if r.Dst != nil && !r.Dst.IP.IsUnspecified() {
			continue
		}
		source := r.Src
		for _, a := range addrs {
			if source == nil && a.LinkIndex == r.LinkIndex && a.Contains(r.Gw) {
				source = a.IP
			}
		}
		if a, ok := netip.AddrFromSlice(source); ok {
			s.Sources = append(s.Sources, a.Unmap().String())
		}
	}
}
