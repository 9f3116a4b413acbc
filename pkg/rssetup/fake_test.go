package rssetup

import (
	"errors"
	"maps"
	"net/netip"
	"path/filepath"
	"testing"
)

// A fake is a machine in memory.
type fake struct {
	st   State
	boot string
	// stop ends the process, as it were, at the change with that number: before
	// it is made, or after. 0 is never.
	stop  int
	after bool
	sets  int
	// trust is what speaks against every program.
	trust error
}

var errStopped = errors.New("stopped")

func (f *fake) Trust(string) error { return f.trust }

func (f *fake) Boot() (string, error) { return f.boot, nil }

func (f *fake) Set(t Thing, value *string) error {
	f.sets++
	if f.sets == f.stop && !f.after {
		return errStopped
	}
	if value == nil {
		delete(f.st.Values, t)
	} else {
		f.st.Values[t] = *value
	}
	if f.sets == f.stop {
		return errStopped
	}
	return nil
}

func (f *fake) State() (State, error) {
	st := f.st
	st.Values = maps.Clone(st.Values)
	return st, nil
}

// newFake is a machine with lo, eth0 in 198.51.100.0/24 with a gateway, and the
// kernel's tunnels, switched off.
func newFake(changes ...func(*State)) *fake {
	st := State{
		Values: map[Thing]string{
			{Kind: Switch, Name: "lo"}:       "up",
			{Kind: Switch, Name: "eth0"}:     "up",
			{Kind: Switch, Name: "tunl0"}:    "down",
			{Kind: Switch, Name: "ip6tnl0"}:  "down",
			addr("127.0.0.1/8", "lo"):        "",
			addr("198.51.100.51/24", "eth0"): "",
			addr("fe80::1/64", "eth0"):       "",
		},
		Links: []Link{
			{Name: "lo", Index: 1, Loopback: true, Silent: true}, {Name: "eth0", Index: 2},
			{Name: "tunl0", Index: 3, Silent: true, Tunnel: true}, {Name: "ip6tnl0", Index: 4, Silent: true, Tunnel: true},
		},
		Gateways: []string{"198.51.100.1"},
		Sources:  []string{"198.51.100.51"},
		Systemd:  true,
	}
	for _, d := range []string{"all", "default", "lo", "eth0", "tunl0", "ip6tnl0"} {
		for _, name := range []string{"arp_ignore", "arp_announce", "rp_filter"} {
			st.Values[conf(d, name)] = "0"
		}
		st.Values[disableIPv6(d)] = "0"
	}
	for _, change := range changes {
		change(&st)
	}
	return &fake{st: st, boot: "boot-1 net:[1]"}
}

func (f *fake) setup(t *testing.T) *Setup {
	t.Helper()
	root := t.TempDir()
	return &Setup{f, store{root, filepath.Join(root, "kactl", "rs-setup.json")}}
}

func addr(prefix, device string) Thing { return Thing{Kind: Address, Name: prefix, Device: device} }

// set changes a value of the state.
func set(t Thing, value string) func(*State) { return func(st *State) { st.Values[t] = value } }

func sysctl(device, name, value string) func(*State) { return set(conf(device, name), value) }

func gateway(a string) func(*State) {
	return func(st *State) { st.Gateways = append(st.Gateways, a) }
}

func without(device string) func(*State) {
	return func(st *State) {
		for i, l := range st.Links {
			if l.Name == device {
				st.Links = append(append([]Link(nil), st.Links[:i]...), st.Links[i+1:]...)
			}
		}
	}
}

func dr(vips ...string) []Target  { return targets(DR, vips...) }
func tun(vips ...string) []Target { return targets(TUN, vips...) }

func targets(mode Mode, vips ...string) []Target {
	var list []Target
	for _, v := range vips {
		p := netip.MustParsePrefix(v)
		list = append(list, Target{VIP: p, Mode: mode, Device: defaultDevice(p.Addr(), mode)})
	}
	return list
}

func commandsOf(steps []Step) []string {
	list := []string{}
	for _, s := range steps {
		list = append(list, s.Command())
	}
	return list
}
