package rssetup

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// A Refusal is why nothing was changed.
type Refusal struct{ Reasons []Reason }

// A Reason speaks against a target.
type Reason struct {
	Text string
	// Final is that it cannot be done, by force neither.
	Final bool
}

// Error gives each reason a line.
func (r *Refusal) Error() string {
	texts := make([]string, len(r.Reasons))
	for i, reason := range r.Reasons {
		texts[i] = reason.Text
	}
	return strings.Join(texts, "\n")
}

// Forcible says that nothing but caution speaks against it.
func (r *Refusal) Forcible() bool {
	return !slices.ContainsFunc(r.Reasons, func(r Reason) bool { return r.Final })
}

// refuse is an error if something speaks against the targets; those with Force
// are stopped by what is final alone.
func refuse(targets []Target, st State) error {
	var all []Reason
	for _, t := range targets {
		reasons := impossible(t, st)
		if len(reasons) == 0 && !t.Force {
			reasons = unwise(t, st)
		}
		for _, r := range reasons {
			if !slices.Contains(all, r) {
				all = append(all, r)
			}
		}
	}
	if len(all) == 0 {
		return nil
	}
	return &Refusal{all}
}

// modules make the tunnels that the kernel has of its own.
var modules = map[string]string{"tunl0": "ipip", "ip6tnl0": "ip6_tunnel"}

// impossible is what keeps the device from having such an address.
func impossible(t Target, st State) []Reason {
	final := func(format string, args ...any) []Reason {
		return []Reason{{fmt.Sprintf(format, args...), true}}
	}
	l, ok := st.link(t.Device)
	switch module := modules[t.Device]; {
	case !ok && module != "":
		return final("there is no %s: load its module with `modprobe %s`; --persist sees to the next boot", t.Device, module)
	case !ok:
		return final("there is no interface %s", t.Device)
	case l.Loopback && st.Values[Thing{Kind: Switch, Name: t.Device}] != "up":
		return final("%s is down: `ip link set %s up` first", t.Device, t.Device)
	case t.VIP.Addr().Is6() && st.Values[disableIPv6(t.Device)] == "1":
		return final("IPv6 is switched off on %s: `sysctl -w %s=0` first", t.Device, sysctlName(disableIPv6(t.Device).Name))
	}
	return nil
}

func disableIPv6(device string) Thing {
	return Thing{Kind: Sysctl, Name: "net/ipv6/conf/" + device + "/disable_ipv6"}
}

// unwise is what would cut the machine off, or mislead it or its neighbours.
func unwise(t Target, st State) []Reason {
	var list []Reason
	add := func(format string, args ...any) {
		list = append(list, Reason{Text: fmt.Sprintf(format, args...)})
	}
	vip := t.VIP.Addr()
	l, ok := st.link(t.Device)
	if ok && !l.Silent {
		add("%s answers for all its addresses on the wire, so that %s would take the clients from the director; put it on lo", t.Device, vip)
	}
	if !t.VIP.IsSingleIP() {
		add("%s", tooWide(t.VIP, l))
	}
	if ok && t.Mode == TUN && !l.Tunnel {
		add("%s is no tunnel: what comes as IP in IP comes out of %s; leave --dev out", t.Device, defaultDevice(vip, TUN))
	}
	for _, a := range st.at(vip) {
		p := netip.MustParsePrefix(a.Name)
		switch {
		case a == t.address():
		case a.Device != t.Device || !l.Silent:
			add("%s", elsewhere(vip, a, st))
		case !p.IsSingleIP():
			add("%s has it as %s already: %s; `ip addr del %s dev %s` first", a.Device, p, tooWide(p, l), p, a.Device)
		}
	}
	if slices.Contains(st.Gateways, vip.String()) {
		add("%s is the gateway of a route: this machine would send to itself what it has to send there", vip)
	}
	return list
}

// tooWide says what an address with a whole network does on an interface.
func tooWide(p netip.Prefix, l Link) string {
	if l.Loopback {
		return fmt.Sprintf("%s on %s makes every address of %s this machine's own, so that it reaches nobody there, its gateway included (the well-known lvs_dr_rs.sh does that): write %s",
			p, l.Name, p.Masked(), netip.PrefixFrom(p.Addr(), p.Addr().BitLen()))
	}
	return fmt.Sprintf("%s on %s sends what is for anybody in %s into %s: write %s",
		p, l.Name, p.Masked(), l.Name, netip.PrefixFrom(p.Addr(), p.Addr().BitLen()))
}

// elsewhere says what it means that the address is there already, where it was not
// to be put.
func elsewhere(vip netip.Addr, a Thing, st State) string {
	if why := ownAddress(vip, a, st); why != "" {
		return why
	}
	if l, _ := st.link(a.Device); l.Silent {
		return fmt.Sprintf("%s is on %s already: `kactl rs-setup --undo` or `%s` first", vip, a.Device, Step{Thing: a}.Command())
	}
	return fmt.Sprintf("%s is on %s, where it is answered for: this machine seems to be the director that holds it", vip, a.Device)
}

// ownAddress says by what the address shows to be one that this machine needs for
// itself, and nothing if it does not.
func ownAddress(vip netip.Addr, a Thing, st State) string {
	of := func(device string) (n int) {
		for t := range st.Values {
			p, err := netip.ParsePrefix(t.Name)
			if t.Kind == Address && err == nil && p.Addr().Is4() == vip.Is4() && !p.Addr().IsLoopback() &&
				!p.Addr().IsLinkLocalUnicast() && (device == "" || t.Device == device) {
				n++
			}
		}
		return n
	}
	l, _ := st.link(a.Device)
	switch {
	case of("") == 1:
		return fmt.Sprintf("%s is this machine's only address (on %s), and would no longer be answered for: it is the real server's, not the virtual one", vip, a.Device)
	case slices.Contains(st.Sources, vip.String()):
		return fmt.Sprintf("%s (on %s) is the address that this machine leaves by its default route with: it is the real server's, not the virtual one", vip, a.Device)
	case of(a.Device) == 1 && !l.Silent && len(st.at(vip)) == 1:
		return fmt.Sprintf("%s is the only address of %s: it is the real server's, not the virtual one", vip, a.Device)
	}
	return ""
}
