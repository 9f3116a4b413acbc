package rssetup

import (
	"net/netip"
	"slices"
	"strconv"
)

// plan is what has to be for the targets: first the sysctls, so that an address
// is never answered for, then the tunnels, then the addresses.
func plan(targets []Target, st State) []setting {
	var list []setting
	if slices.ContainsFunc(targets, func(t Target) bool { return t.VIP.Addr().Is4() }) {
		list = append(quiet(targets, st), unfiltered(targets, st)...)
	}
	for _, d := range devices(targets) {
		if l, _ := st.link(d); !l.Loopback {
			list = append(list, setting{Thing{Kind: Switch, Name: d}, "up"})
		}
	}
	for _, t := range targets {
		list = append(list, setting{t.address(), t.Label})
	}
	return list
}

func (t Target) address() Thing {
	return Thing{Kind: Address, Name: t.VIP.String(), Device: t.Device}
}

// devices are those of the targets, each once.
func devices(targets []Target) []string {
	var names []string
	for _, t := range targets {
		if !slices.Contains(names, t.Device) {
			names = append(names, t.Device)
		}
	}
	return names
}

// quiet are the settings by which no interface answers ARP for an address of
// another one, nor asks in its name. The kernel takes the larger of all's value
// and the interface's own, and a large one answers again.
func quiet(targets []Target, st State) []setting {
	own := []string{"all", "lo"}
	for _, d := range devices(targets) {
		if !slices.Contains(own, d) {
			own = append(own, d)
		}
	}
	var list []setting
	for _, d := range own {
		list = append(list,
			keep(st, conf(d, "arp_ignore"), "1", silent),
			keep(st, conf(d, "arp_announce"), "2", nil))
	}
	for _, d := range st.talkers() {
		v := number(st, conf(d, "arp_ignore"))
		if v != 0 && !silent(v) && !slices.Contains(own, d) {
			list = append(list, setting{conf(d, "arp_ignore"), "1"})
		}
	}
	return list
}

// silent says whether an interface with this arp_ignore keeps still about
// addresses of other ones: 3 does so only for those of host scope, and what is
// reserved for the future answers.
func silent(arpIgnore int) bool { return arpIgnore == 1 || arpIgnore == 2 || arpIgnore == 8 }

// keep is a setting, or the value that a thing has if that will do too.
func keep(st State, t Thing, want string, willDo func(int) bool) setting {
	if willDo != nil && willDo(number(st, t)) {
		return setting{t, st.Values[t]}
	}
	return setting{t, want}
}

// number is the value of a sysctl, 0 if there is none.
func number(st State, t Thing) int {
	n, _ := strconv.Atoi(st.Values[t])
	return n
}

// effective is the value of a sysctl that counts for an interface.
func effective(st State, device, name string) int {
	return max(number(st, conf("all", name)), number(st, conf(device, name)))
}

// tunnels are the devices out of which IPv4 packets for the targets come.
func tunnels(targets []Target) []string {
	return devices(slices.DeleteFunc(slices.Clone(targets), func(t Target) bool {
		return t.Mode != TUN || !t.VIP.Addr().Is4()
	}))
}

// unfiltered are the settings by which packets from a tunnel are not thrown away
// because their sender is to be reached by another interface. That counts for the
// larger of all's value and the tunnel's: where all has one, the other interfaces
// get it as their own.
func unfiltered(targets []Target, st State) []setting {
	tunnels := tunnels(targets)
	if len(tunnels) == 0 {
		return nil
	}
	var list []setting
	all := conf("all", "rp_filter")
	if former := number(st, all); former > 0 {
		// Not default's: the kernel gives that to every interface whose own was
		// never set, the tunnel among them.
		for _, l := range st.Links {
			if t := conf(l.Name, "rp_filter"); number(st, t) < former && !slices.Contains(tunnels, l.Name) {
				list = append(list, setting{t, strconv.Itoa(former)})
			}
		}
	}
	list = append(list, setting{all, "0"})
	for _, d := range tunnels {
		list = append(list, setting{conf(d, "rp_filter"), "0"})
	}
	return list
}

// at are the places that have an address: each with its prefix length.
func (s State) at(vip netip.Addr) []Thing {
	var list []Thing
	for t := range s.Values {
		if t.Kind != Address {
			continue
		}
		if p, err := netip.ParsePrefix(t.Name); err == nil && p.Addr() == vip {
			list = append(list, t)
		}
	}
	slices.SortFunc(list, compareThings)
	return list
}
