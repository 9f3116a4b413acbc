package rssetup

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func wrong(found []Finding) []string {
	list := []string{}
	for _, f := range found {
		if !f.OK {
			list = append(list, f.What)
		}
	}
	return list
}

// What the machine itself is reached by is never to be removed.
func TestStatusOfOwnAddress(t *testing.T) {
	for _, device := range []string{"lo", "eth0"} {
		list := dr("198.51.100.51/32")
		list[0].Device = device
		found, err := newFake().setup(t).Status(list)
		if err != nil {
			t.Fatal(err)
		}
		said := false
		for _, f := range found {
			said = said || strings.Contains(f.What, "it is the real server's, not the virtual one")
			if strings.Contains(f.Fix, "del") {
				t.Errorf("%s: %+v", device, f)
			}
		}
		if !said {
			t.Errorf("%s: got %+v", device, found)
		}
	}
}

// Each of these is set up, and then something else happens to it.
func TestStatus(t *testing.T) {
	type found struct{ What, Fix string }
	tests := []struct {
		name    string
		targets []Target
		then    []func(*State)
		want    []found
	}{
		{"as it should be", dr("203.0.113.16/32", "2001:db8::16/128"), nil, nil},
		{"as a tunnel should be", tun("203.0.113.16/32", "2001:db8::16/128"), nil, nil},
		{"stronger", dr("203.0.113.16/32"), []func(*State){sysctl("all", "arp_ignore", "2"), sysctl("eth0", "arp_ignore", "8")}, nil},
		{"by the interface alone", dr("203.0.113.16/32"), []func(*State){sysctl("all", "arp_ignore", "0"), sysctl("eth0", "arp_ignore", "1")}, nil},
		{"answers", dr("203.0.113.16/32"), []func(*State){sysctl("all", "arp_ignore", "0")}, []found{
			{"eth0 answers ARP for 203.0.113.16: arp_ignore counts as 0 there, the larger of all's and its own", "sysctl -w net.ipv4.conf.all.arp_ignore=1"},
		}},
		{"answers by itself", dr("203.0.113.16/32"), []func(*State){sysctl("eth0", "arp_ignore", "3")}, []found{
			{"eth0 answers ARP for 203.0.113.16: arp_ignore counts as 3 there, the larger of all's and its own", "sysctl -w net.ipv4.conf.eth0.arp_ignore=1"},
		}},
		{"asks in its name", dr("203.0.113.16/32"), []func(*State){sysctl("all", "arp_announce", "1")}, []found{
			{"eth0 may ask by ARP in the name of 203.0.113.16: arp_announce counts as 1 there", "sysctl -w net.ipv4.conf.all.arp_announce=2"},
		}},
		{"on the wire", dr("203.0.113.16/32"), []func(*State){set(addr("203.0.113.16/24", "eth0"), "")}, []found{
			{"eth0 has 203.0.113.16 and answers ARP for it", "ip addr del 203.0.113.16/24 dev eth0"},
		}},
		{"on the wire by IPv6", dr("2001:db8::16/128"), []func(*State){set(addr("2001:db8::16/64", "eth0"), "")}, []found{
			{"eth0 has 2001:db8::16 and answers neighbour discovery for it", "ip addr del 2001:db8::16/64 dev eth0"},
		}},
		{"gone", dr("203.0.113.16/32", "2001:db8::16/128"), []func(*State){func(st *State) {
			delete(st.Values, addr("203.0.113.16/32", "lo"))
			delete(st.Values, addr("2001:db8::16/128", "lo"))
		}}, []found{
			{"203.0.113.16/32 is not on lo", "ip addr add 203.0.113.16/32 dev lo"},
			{"2001:db8::16/128 is not on lo", "ip addr add 2001:db8::16/128 dev lo nodad preferred_lft 0"},
		}},
		{"a whole network beside it", dr("203.0.113.16/32"), []func(*State){set(addr("203.0.113.16/24", "lo"), "lo:1")}, []found{
			{"203.0.113.16/24 on lo makes every address of 203.0.113.0/24 this machine's own, so that it reaches nobody there, its gateway included (the well-known lvs_dr_rs.sh does that): write 203.0.113.16/32", "ip addr del 203.0.113.16/24 dev lo"},
		}},
		{"on the tunnel as well", dr("203.0.113.16/32"), []func(*State){set(addr("203.0.113.16/32", "tunl0"), "")}, []found{
			{"203.0.113.16/32 is on tunl0 as well", "ip addr del 203.0.113.16/32 dev tunl0"},
		}},
		{"a tunnel that is down", tun("203.0.113.16/32"), []func(*State){set(Thing{Kind: Switch, Name: "tunl0"}, "down")}, []found{
			{"tunl0 is down", "ip link set tunl0 up"},
		}},
		{"a tunnel that is gone", tun("203.0.113.16/32"), []func(*State){without("tunl0")}, []found{
			{"there is no tunl0", "modprobe ipip"},
		}},
		{"a tunnel that is filtered", tun("203.0.113.16/32"), []func(*State){sysctl("all", "rp_filter", "1")}, []found{
			{"packets out of tunl0 may be thrown away for their source: rp_filter counts as 1 there", "sysctl -w net.ipv4.conf.all.rp_filter=0"},
		}},
		{"a tunnel that is filtered by itself", tun("203.0.113.16/32"), []func(*State){sysctl("tunl0", "rp_filter", "2")}, []found{
			{"packets out of tunl0 may be thrown away for their source: rp_filter counts as 2 there", "sysctl -w net.ipv4.conf.tunl0.rp_filter=0"},
		}},
		{"the files are gone", dr("203.0.113.16/32"), []func(*State){func(st *State) { delete(st.Values, files[3]) }}, []found{
			{wantsLink + " is gone: the next boot will not set this up", "kactl rs-setup --persist, with what it was given"},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFake()
			s := f.setup(t)
			apply(t, s, Options{Targets: tt.targets, Persist: true})
			for _, then := range tt.then {
				then(&f.st)
			}
			f.sets = 0
			for _, targets := range [][]Target{nil, tt.targets} {
				got, err := s.Status(targets)
				if err != nil {
					t.Fatal(err)
				}
				var bad []found
				for _, g := range got {
					if !g.OK {
						bad = append(bad, found{g.What, g.Fix})
					} else if g.What == "" || g.Fix != "" {
						t.Errorf("it found %+v", g)
					}
				}
				if d := cmp.Diff(tt.want, bad); d != "" {
					t.Error(d)
				}
			}
			if f.sets != 0 {
				t.Errorf("it made %d changes", f.sets)
			}
		})
	}
}
