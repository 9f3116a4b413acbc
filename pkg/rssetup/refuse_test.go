package rssetup

import (
	"errors"
	"strings"
	"testing"
)

func TestRefuse(t *testing.T) {
	on := func(device string, list []Target) []Target {
		list[0].Device = device
		return list
	}
	tests := []struct {
		name    string
		targets []Target
		state   []func(*State)
		want    []string // a part of each reason
		final   bool
	}{
		{"nothing speaks against it", dr("203.0.113.16/32", "2001:db8::16/128"), nil, nil, false},
		{"it is there already", dr("203.0.113.16/32"), []func(*State){set(addr("203.0.113.16/32", "lo"), "")}, nil, false},
		{"no such interface", on("eth7", dr("203.0.113.16/32")), nil, []string{"there is no interface eth7"}, true},
		{"no tunnel", tun("203.0.113.16/32"), []func(*State){without("tunl0")}, []string{"there is no tunl0: load its module with `modprobe ipip`"}, true},
		{"no tunnel for IPv6", tun("2001:db8::16/128"), []func(*State){without("ip6tnl0")}, []string{"modprobe ip6_tunnel"}, true},
		{"said once", tun("203.0.113.16/32", "203.0.113.17/32"), []func(*State){without("tunl0")}, []string{"there is no tunl0"}, true},
		{"lo is down", dr("203.0.113.16/32"), []func(*State){set(Thing{Kind: Switch, Name: "lo"}, "down")}, []string{"lo is down: `ip link set lo up` first"}, true},
		{"no IPv6", dr("2001:db8::16/128"), []func(*State){set(disableIPv6("lo"), "1")}, []string{"`sysctl -w net.ipv6.conf.lo.disable_ipv6=0` first"}, true},
		{"no IPv6, but IPv4", dr("203.0.113.16/32"), []func(*State){set(disableIPv6("lo"), "1")}, nil, false},
		{"a whole network on lo", dr("203.0.113.16/24"), nil, []string{"makes every address of 203.0.113.0/24 this machine's own"}, false},
		{"a whole IPv6 network on lo", dr("2001:db8::16/64"), nil, []string{"every address of 2001:db8::/64 this machine's own"}, false},
		{"a whole network on a tunnel", tun("203.0.113.16/24"), nil, []string{"sends what is for anybody in 203.0.113.0/24 into tunl0"}, false},
		{"the well-known script was here", dr("203.0.113.16/32"), []func(*State){set(addr("203.0.113.16/24", "lo"), "lo:1")}, []string{"lo has it as 203.0.113.16/24 already"}, false},
		{"the only address", dr("198.51.100.51/32"), nil, []string{"this machine's only address (on eth0)"}, false},
		{"the default route's", dr("198.51.100.51/32"), []func(*State){set(addr("198.51.100.52/24", "eth0"), "")}, []string{"leaves by its default route with"}, false},
		{"the only one of its interface", dr("192.0.2.1/32"), []func(*State){set(addr("192.0.2.1/24", "eth1"), "")}, []string{"the only address of eth1"}, false},
		{"a director's", dr("198.51.100.100/32"), []func(*State){set(addr("198.51.100.100/24", "eth0"), "")}, []string{"this machine seems to be the director"}, false},
		{"the gateway's", dr("198.51.100.1/32"), nil, []string{"is the gateway of a route"}, false},
		{"another route's gateway", dr("198.51.100.9/32"), []func(*State){gateway("198.51.100.9")}, []string{"is the gateway of a route"}, false},
		{"where it would be answered for", on("eth0", dr("198.51.100.100/32")), nil, []string{"eth0 answers for all its addresses"}, false},
		{"the only address, where it is", on("eth0", dr("198.51.100.51/32")), nil, []string{"eth0 answers for all its addresses", "this machine's only address (on eth0)"}, false},
		{"on lo, now for the tunnel", tun("203.0.113.16/32"), []func(*State){set(addr("203.0.113.16/32", "lo"), "")},
			[]string{"203.0.113.16 is on lo already: `kactl rs-setup --undo` or `ip addr del 203.0.113.16/32 dev lo` first"}, false},
		{"no tunnel at all", on("lo", tun("203.0.113.16/32")), nil, []string{"lo is no tunnel: what comes as IP in IP comes out of tunl0"}, false},
		{"two of them", dr("198.51.100.1/24"), nil, []string{"every address of 198.51.100.0/24", "is the gateway"}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			st := newFake(tt.state...).st
			var got Refusal
			if err := refuse(tt.targets, st); err != nil {
				r := &got
				if !errors.As(err, &r) {
					t.Fatal(err)
				}
				got = *r
			}
			if len(got.Reasons) != len(tt.want) {
				t.Fatalf("got %d reasons, want %d: %v", len(got.Reasons), len(tt.want), &got)
			}
			for i, want := range tt.want {
				if !strings.Contains(got.Reasons[i].Text, want) {
					t.Errorf("got %q, want %q in it", got.Reasons[i].Text, want)
				}
			}
			if got.Forcible() == tt.final {
				t.Errorf("can be forced: %v", got.Forcible())
			}
			for i := range tt.targets {
				tt.targets[i].Force = true
			}
			if err := refuse(tt.targets, st); (err != nil) != tt.final {
				t.Errorf("with force: %v", err)
			}
		})
	}
}

func TestRefusalChangesNothing(t *testing.T) {
	for _, o := range []Options{
		{Targets: dr("198.51.100.1/32")},
		{Targets: dr("203.0.113.16/32", "203.0.113.16/24")},
		{Targets: dr("203.0.113.16/32"), DryRun: true},
	} {
		f := newFake()
		s := f.setup(t)
		steps, err := s.Apply(o)
		if (err == nil) != o.DryRun || (len(steps) > 0) != o.DryRun {
			t.Errorf("%v: %v, %v", o.Targets, commandsOf(steps), err)
		}
		if f.sets != 0 || s.store.exists() {
			t.Errorf("%v: %d changes, journal %v", o.Targets, f.sets, s.store.exists())
		}
	}
	for name, change := range map[string]func(*State){
		"another network namespace": func(st *State) { st.Foreign = true },
		"needs systemd":             func(st *State) { st.Systemd = false },
	} {
		f := newFake(change)
		_, err := f.setup(t).Apply(Options{Targets: dr("203.0.113.16/32"), Persist: true})
		if err == nil || !strings.Contains(err.Error(), name) || f.sets != 0 {
			t.Errorf("%s: %v, %d changes", name, err, f.sets)
		}
	}
}
