package rssetup

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/kactl/kactl/pkg/lvs"
)

// FromConfig returns the targets of the virtual servers that have one of the local
// addresses as a real server, sorry servers included, and what it has to say of
// those that it cannot set up. NAT needs no address.
func FromConfig(s lvs.Settings, local []netip.Addr) (targets []Target, notes []string) {
	groups := map[string]lvs.Group{}
	for _, g := range s.Groups {
		groups[g.Name] = g
	}
	note := func(format string, args ...any) {
		if n := fmt.Sprintf(format, args...); !slices.Contains(notes, n) {
			notes = append(notes, n)
		}
	}
	for _, v := range s.Services {
		for _, r := range reals(v) {
			if !slices.Contains(local, r.Addr.Addr().Unmap()) || r.Forward == lvs.NAT {
				continue
			}
			if r.Forward == lvs.TUN && r.Tunnel.Type != lvs.IPIP {
				note("%s comes to this machine by another tunnel than IP in IP: that is not set up here", name(v))
				continue
			}
			vips, marks := addresses(v, groups)
			if marks {
				note("%s balances by firewall mark, which names no address: give it with --vip", name(v))
			}
			for _, vip := range vips {
				if err := checkVIP(netip.PrefixFrom(vip, vip.BitLen())); err != nil {
					note("%s is not set up: %v", name(v), err)
					continue
				}
				targets = add(targets, vip, r.Forward)
			}
		}
	}
	return targets, notes
}

// add adds a target unless it is there. An address that is reached in both ways is
// on the tunnel, from where it serves direct routing as well.
func add(targets []Target, vip netip.Addr, f lvs.Forward) []Target {
	mode := DR
	if f == lvs.TUN {
		mode = TUN
	}
	t := Target{VIP: netip.PrefixFrom(vip, vip.BitLen()), Mode: mode, Device: defaultDevice(vip, mode)}
	i := slices.IndexFunc(targets, func(o Target) bool { return o.VIP == t.VIP })
	switch {
	case i < 0:
		return append(targets, t)
	case mode == TUN:
		targets[i] = t
	}
	return targets
}

func reals(v lvs.VirtualServer) []lvs.RealServer {
	if v.Sorry == nil {
		return v.Reals
	}
	return append(slices.Clone(v.Reals), *v.Sorry)
}

func name(v lvs.VirtualServer) string {
	switch {
	case v.Group != "":
		return "virtual_server group " + v.Group
	case v.ID.Mark != 0:
		return fmt.Sprintf("virtual_server fwmark %d", v.ID.Mark)
	}
	return fmt.Sprintf("virtual_server %s %d", v.ID.Addr.Addr(), v.ID.Addr.Port())
}

// addresses are those that a service balances, and whether it has marks as well.
func addresses(v lvs.VirtualServer, groups map[string]lvs.Group) (vips []netip.Addr, marks bool) {
	if v.Group == "" {
		if v.ID.Mark != 0 {
			return nil, true
		}
		return []netip.Addr{v.ID.Addr.Addr().Unmap()}, false
	}
	for _, e := range groups[v.Group].Entries {
		if !e.First.IsValid() {
			marks = true
			continue
		}
		// After the last address of all there is none.
		for a := e.First.Unmap(); a.IsValid() && a.Compare(e.Last.Unmap()) <= 0; a = a.Next() {
			vips = append(vips, a)
		}
	}
	return vips, marks
}

// Local are the addresses of this machine that a configuration can call it by.
func (s *Setup) Local() ([]netip.Addr, error) {
	st, err := s.sys.State()
	if err != nil {
		return nil, err
	}
	var list []netip.Addr
	for t := range st.Values {
		if p, err := netip.ParsePrefix(t.Name); err == nil && t.Kind == Address && !p.Addr().IsLoopback() && !p.Addr().IsLinkLocalUnicast() {
			list = append(list, p.Addr())
		}
	}
	slices.SortFunc(list, netip.Addr.Compare)
	return slices.Compact(list), nil
}
