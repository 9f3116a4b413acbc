package rssetup

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPlan(t *testing.T) {
	quietAll := []string{
		"sysctl -w net.ipv4.conf.all.arp_ignore=1",
		"sysctl -w net.ipv4.conf.all.arp_announce=2",
		"sysctl -w net.ipv4.conf.lo.arp_ignore=1",
		"sysctl -w net.ipv4.conf.lo.arp_announce=2",
	}
	quietTunnel := append(append([]string{}, quietAll...),
		"sysctl -w net.ipv4.conf.tunl0.arp_ignore=1",
		"sysctl -w net.ipv4.conf.tunl0.arp_announce=2",
	)
	join := func(lists ...[]string) []string {
		var out []string
		for _, l := range lists {
			out = append(out, l...)
		}
		return out
	}
	labelled := dr("203.0.113.16/32")
	labelled[0].Label = "lo:1"
	dummy := dr("203.0.113.16/32")
	dummy[0].Device = "dummy0"
	tests := []struct {
		name    string
		targets []Target
		state   []func(*State)
		want    []string
	}{
		{"direct routing", dr("203.0.113.16/32"), nil,
			join(quietAll, []string{"ip addr add 203.0.113.16/32 dev lo"})},
		{"a label", labelled, nil,
			join(quietAll, []string{"ip addr add 203.0.113.16/32 dev lo label lo:1"})},
		{"IPv6 needs no sysctls", dr("2001:db8::16/128"), nil,
			[]string{"ip addr add 2001:db8::16/128 dev lo nodad preferred_lft 0"}},
		{"nothing to do", dr("203.0.113.16/32"), []func(*State){
			sysctl("all", "arp_ignore", "1"), sysctl("all", "arp_announce", "2"),
			sysctl("lo", "arp_ignore", "1"), sysctl("lo", "arp_announce", "2"),
			set(addr("203.0.113.16/32", "lo"), "lo:0"),
		}, []string{}},
		{"what keeps still already stays", dr("203.0.113.16/32"), []func(*State){
			sysctl("all", "arp_ignore", "2"), sysctl("lo", "arp_ignore", "8"),
		}, []string{
			"sysctl -w net.ipv4.conf.all.arp_announce=2",
			"sysctl -w net.ipv4.conf.lo.arp_announce=2",
			"ip addr add 203.0.113.16/32 dev lo",
		}},
		{"an interface that answers by itself", dr("203.0.113.16/32"), []func(*State){
			sysctl("eth0", "arp_ignore", "3"), sysctl("all", "arp_ignore", "4"),
		}, join(quietAll, []string{
			"sysctl -w net.ipv4.conf.eth0.arp_ignore=1",
			"ip addr add 203.0.113.16/32 dev lo",
		})},
		{"a dummy is switched on", dummy, []func(*State){func(st *State) {
			st.Links = append(st.Links, Link{Name: "dummy0", Silent: true})
			st.Values[Thing{Kind: Switch, Name: "dummy0"}] = "down"
		}}, join(quietAll, []string{
			"sysctl -w net.ipv4.conf.dummy0.arp_ignore=1",
			"sysctl -w net.ipv4.conf.dummy0.arp_announce=2",
			"ip link set dummy0 up",
			"ip addr add 203.0.113.16/32 dev dummy0",
		})},
		{"tunnel", tun("203.0.113.16/32", "2001:db8::16/128"), []func(*State){sysctl("tunl0", "rp_filter", "2")},
			join(quietTunnel[:4], []string{
				"sysctl -w net.ipv4.conf.tunl0.arp_ignore=1",
				"sysctl -w net.ipv4.conf.tunl0.arp_announce=2",
				"sysctl -w net.ipv4.conf.ip6tnl0.arp_ignore=1",
				"sysctl -w net.ipv4.conf.ip6tnl0.arp_announce=2",
				"sysctl -w net.ipv4.conf.tunl0.rp_filter=0",
				"ip link set tunl0 up",
				"ip link set ip6tnl0 up",
				"ip addr add 203.0.113.16/32 dev tunl0",
				"ip addr add 2001:db8::16/128 dev ip6tnl0 nodad preferred_lft 0",
			})},
		{"the others keep the filter that all gave them", tun("203.0.113.16/32"), []func(*State){
			sysctl("all", "rp_filter", "1"), sysctl("lo", "rp_filter", "1"),
		}, join(quietTunnel, []string{
			"sysctl -w net.ipv4.conf.eth0.rp_filter=1",
			"sysctl -w net.ipv4.conf.ip6tnl0.rp_filter=1",
			"sysctl -w net.ipv4.conf.all.rp_filter=0",
			"ip link set tunl0 up",
			"ip addr add 203.0.113.16/32 dev tunl0",
		})},
		{"an interface with a dot", dr("203.0.113.16/32"), []func(*State){func(st *State) {
			st.Links = append(st.Links, Link{Name: "eth0.100"})
			st.Values[conf("eth0.100", "arp_ignore")] = "3"
		}}, join(quietAll, []string{
			"sysctl -w net.ipv4.conf.eth0/100.arp_ignore=1",
			"ip addr add 203.0.113.16/32 dev lo",
		})},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			st := newFake(tt.state...).st
			if d := cmp.Diff(tt.want, commandsOf(diff(plan(tt.targets, st), st))); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestCommand(t *testing.T) {
	text := "a = 1\n"
	to := "/etc/x"
	tests := []struct {
		step       Step
		want, undo string
	}{
		{Step{Thing: addr("203.0.113.16/32", "lo"), To: new(string)}, "ip addr add 203.0.113.16/32 dev lo", "ip addr del 203.0.113.16/32 dev lo"},
		{Step{Thing: addr("2001:db8::1/128", "lo"), To: new(string)}, "ip addr add 2001:db8::1/128 dev lo nodad preferred_lft 0", "ip addr del 2001:db8::1/128 dev lo"},
		{Step{Thing: Thing{Kind: File, Name: "/etc/f"}, To: &text}, "cat >/etc/f <<'EOF'\na = 1\nEOF", "rm /etc/f"},
		{Step{Thing: Thing{Kind: Symlink, Name: "/etc/l"}, To: &to}, "mkdir -p /etc && ln -sfn /etc/x /etc/l", "rm /etc/l"},
	}
	for _, tt := range tests {
		if got := tt.step.Command(); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
		if got := tt.step.Inverse().Command(); got != tt.undo {
			t.Errorf("the inverse of %q is %q, want %q", tt.want, got, tt.undo)
		}
	}
}
