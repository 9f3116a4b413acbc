package lvs_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kactl/kactl/pkg/health"
	"github.com/kactl/kactl/pkg/lvs"

	"github.com/kactl/kactl/test/need"
)

// What the tests of Compare start from: a service with two real servers, one of
// which is checked, and the same in the kernel.
func compared() (lvs.Settings, lvs.Table) {
	checked := realServer("10.0.0.2:80", 3)
	checked.Checks = []health.Check{{Kind: health.TCP}}
	s := lvs.Settings{Services: []lvs.VirtualServer{{
		ID: webID, Scheduler: "wlc", Reals: []lvs.RealServer{realServer("10.0.0.1:80", 2), checked},
	}}}
	s.Services[0].Quorum = 1
	return s, lvs.Table{webID: {Scheduler: "wlc", Destinations: map[netip.AddrPort]lvs.Destination{
		ap("10.0.0.1:80"): nat(2), ap("10.0.0.2:80"): nat(3),
	}}}
}

func nat(weight int) lvs.Destination {
	return lvs.Destination{Forward: lvs.NAT, Weight: weight}
}

// text is a comparison as lines.
func text(c lvs.Comparison) string {
	var b strings.Builder
	for _, d := range c.Differences {
		fmt.Fprintf(&b, "%s %s", d.Kind, d.Service.Listed())
		if d.Destination.IsValid() {
			fmt.Fprintf(&b, " -> %s", d.Destination)
		}
		if d.Field != "" {
			fmt.Fprintf(&b, " %s", d.Field)
		}
		if d.Want != "" || d.Have != "" {
			fmt.Fprintf(&b, ": %s / %s", d.Want, d.Have)
		}
		b.WriteByte('\n')
	}
	for _, u := range c.Uncompared {
		fmt.Fprintf(&b, "uncompared %s: %s\n", u.Name, u.Reason)
	}
	return b.String()
}

func TestCompare(t *testing.T) {
	const web = "TCP 198.51.100.1:80"
	a, b, sorry := ap("10.0.0.1:80"), ap("10.0.0.2:80"), ap("10.0.0.9:80")
	type table = map[netip.AddrPort]lvs.Destination
	withSorry := func(v *lvs.VirtualServer) {
		v.Reals[0].Checks = []health.Check{{Kind: health.TCP}}
		r := realServer("10.0.0.9:80", 1)
		v.Sorry = &r
	}
	tests := []struct {
		name string
		// change makes the file and the kernel differ.
		change func(v *lvs.VirtualServer, h *lvs.Service)
		want   string
		drift  bool
	}{
		{"equal", func(*lvs.VirtualServer, *lvs.Service) {}, "", false},
		{"scheduler", func(_ *lvs.VirtualServer, h *lvs.Service) { h.Scheduler = "rr" },
			"different " + web + " scheduler: wlc / rr\n", true},
		{"flags", func(v *lvs.VirtualServer, h *lvs.Service) {
			v.Scheduler, h.Scheduler = "sh", "sh"
			v.Flags, h.Flags, h.OnePacket = 3, 1, true
		}, "different " + web + " flags: sh-fallback,sh-port / ops,sh-fallback\n", true},
		{"flag of another scheduler", func(_ *lvs.VirtualServer, h *lvs.Service) { h.Flags = 4 },
			"different " + web + " flags: none / flag-3\n", true},
		{"persistence", func(v *lvs.VirtualServer, _ *lvs.Service) { v.Persistence = 1500 * time.Millisecond },
			"different " + web + " persistence: 2 s / off\n", true},
		{"netmask and engine", func(v *lvs.VirtualServer, h *lvs.Service) {
			v.Persistence, h.Persistence = time.Minute, time.Minute
			v.Netmask, h.Engine = netip.MustParseAddr("255.255.255.0"), "sip"
		}, "different " + web + " netmask: 255.255.255.0 / one by one\n" +
			"different " + web + " engine: none / sip\n", true},
		{"netmask without persistence", func(v *lvs.VirtualServer, _ *lvs.Service) { v.Netmask = netip.MustParseAddr("255.255.255.0") },
			"", false},
		{"netmask of a whole address", func(v *lvs.VirtualServer, h *lvs.Service) {
			v.Persistence, h.Persistence = time.Minute, time.Minute
			v.Netmask = netip.MustParseAddr("255.255.255.255")
		}, "", false},
		{"a missing server", func(_ *lvs.VirtualServer, h *lvs.Service) { delete(h.Destinations, a) },
			"missing " + web + " -> 10.0.0.1:80: NAT weight 2 / \n", true},
		{"a foreign server", func(_ *lvs.VirtualServer, h *lvs.Service) {
			h.Destinations[sorry] = lvs.Destination{Forward: lvs.DR, Weight: 1}
		}, "foreign " + web + " -> 10.0.0.9:80:  / DR weight 1\n", true},
		{"fields of a server", func(v *lvs.VirtualServer, h *lvs.Service) {
			v.Reals[0].UpperThreshold = 10
			d := nat(9)
			d.Forward, d.LowerThreshold = 0, 5
			h.Destinations[a] = d
		}, "different " + web + " -> 10.0.0.1:80 forwarding: NAT / another\n" +
			"different " + web + " -> 10.0.0.1:80 weight: 2 / 9\n" +
			"different " + web + " -> 10.0.0.1:80 upper-threshold: 10 / 0\n" +
			"different " + web + " -> 10.0.0.1:80 lower-threshold: 0 / 5\n", true},
		{"tunnels", func(v *lvs.VirtualServer, h *lvs.Service) {
			v.Reals[0].Forward, v.Reals[0].Tunnel = lvs.TUN, lvs.Tunnel{Type: lvs.GUE, Port: 6080}
			d := nat(2)
			d.Forward, d.Tunnel = lvs.TUN, lvs.Tunnel{Type: lvs.GRE, Checksum: lvs.WithChecksum}
			h.Destinations[a] = d
		}, "different " + web + " -> 10.0.0.1:80 tunnel: gue port 6080 nocsum / gre csum\n", true},
		{"a tunnel wanted, and none", func(v *lvs.VirtualServer, _ *lvs.Service) {
			v.Reals[0].Forward, v.Reals[0].Tunnel = lvs.TUN, lvs.Tunnel{Type: lvs.GRE}
		}, "different " + web + " -> 10.0.0.1:80 forwarding: TUN / NAT\n", true},
		{"sorted", func(v *lvs.VirtualServer, h *lvs.Service) {
			slices.Reverse(v.Reals)
			h.Destinations = table{sorry: nat(1), a: nat(9), ap("10.0.0.0:80"): nat(1), b: nat(9)}
		}, "foreign " + web + " -> 10.0.0.0:80:  / NAT weight 1\n" +
			"different " + web + " -> 10.0.0.1:80 weight: 2 / 9\n" +
			"different " + web + " -> 10.0.0.2:80 weight: 3 / 9\n" +
			"foreign " + web + " -> 10.0.0.9:80:  / NAT weight 1\n", true},
		{"tunnel of another method", func(v *lvs.VirtualServer, _ *lvs.Service) {
			v.Reals[0].Tunnel = lvs.Tunnel{Type: lvs.GRE}
		}, "", false},
		{"the same server twice", func(v *lvs.VirtualServer, _ *lvs.Service) {
			v.Reals = append(v.Reals, realServer("10.0.0.1:80", 7))
		}, "", false},

		{"down", func(_ *lvs.VirtualServer, h *lvs.Service) { delete(h.Destinations, b) },
			"down " + web + " -> 10.0.0.2:80: NAT weight 3 / \n", false},
		{"down by a check of another kind", func(v *lvs.VirtualServer, h *lvs.Service) {
			v.Reals[1].Checks[0].Kind = health.Ping
			delete(h.Destinations, b)
		}, "down " + web + " -> 10.0.0.2:80: NAT weight 3 / \n", false},
		{"inhibited", func(v *lvs.VirtualServer, h *lvs.Service) {
			v.Reals[1].Inhibit = true
			h.Destinations[b] = nat(0)
		}, "down " + web + " -> 10.0.0.2:80: NAT weight 3 / NAT weight 0\n", false},
		{"inhibited and changed", func(v *lvs.VirtualServer, h *lvs.Service) {
			v.Reals[1].Inhibit = true
			d := nat(0)
			d.Forward = lvs.DR
			h.Destinations[b] = d
		}, "down " + web + " -> 10.0.0.2:80: NAT weight 3 / DR weight 0\n" +
			"different " + web + " -> 10.0.0.2:80 forwarding: NAT / DR\n", true},
		{"inhibited but gone", func(v *lvs.VirtualServer, h *lvs.Service) {
			v.Reals[1].Inhibit = true
			delete(h.Destinations, b)
		}, "missing " + web + " -> 10.0.0.2:80: NAT weight 3 / \n", true},
		{"drained by hand", func(_ *lvs.VirtualServer, h *lvs.Service) { h.Destinations[b] = nat(0) },
			"different " + web + " -> 10.0.0.2:80 weight: 3 / 0\n", true},
		{"inhibited, but never checked", func(v *lvs.VirtualServer, h *lvs.Service) {
			v.Reals[0].Inhibit = true
			h.Destinations[a] = nat(0)
		}, "different " + web + " -> 10.0.0.1:80 weight: 2 / 0\n", true},
		{"alpha", func(v *lvs.VirtualServer, h *lvs.Service) {
			v.Reals[1].Inhibit, v.Reals[1].Alpha = true, true
			delete(h.Destinations, b)
		}, "down " + web + " -> 10.0.0.2:80: NAT weight 3 / \n", false},
		{"a weight by a check", func(v *lvs.VirtualServer, h *lvs.Service) {
			v.Reals[1].Checks = []health.Check{{Misc: &health.MiscProgram{Dynamic: true}}}
			h.Destinations[b] = nat(200)
		}, "", false},
		{"weight 0 by a check", func(v *lvs.VirtualServer, h *lvs.Service) {
			v.Reals[1].Checks = []health.Check{{File: &health.TrackedFile{}}}
			h.Destinations[b] = nat(0)
		}, "down " + web + " -> 10.0.0.2:80: NAT weight 3 / NAT weight 0\n", false},

		{"sorry server in reserve", func(v *lvs.VirtualServer, _ *lvs.Service) { withSorry(v) }, "", false},
		{"sorry server in use", func(v *lvs.VirtualServer, h *lvs.Service) {
			withSorry(v)
			h.Destinations = table{sorry: nat(1)}
		}, "down " + web + " -> 10.0.0.1:80: NAT weight 2 / \ndown " + web + " -> 10.0.0.2:80: NAT weight 3 / \n" +
			"sorry " + web + " -> 10.0.0.9:80: NAT weight 1 / NAT weight 1\n", false},
		{"sorry server in use, and others", func(v *lvs.VirtualServer, h *lvs.Service) {
			withSorry(v)
			v.Reals[1].Inhibit = true
			v.Quorum = 5
			v.Reals[0].Checks = nil
			d := nat(2)
			d.Forward = lvs.DR
			h.Destinations = table{sorry: d, b: nat(0)}
		}, "down " + web + " -> 10.0.0.1:80: NAT weight 2 / \ndown " + web + " -> 10.0.0.2:80: NAT weight 3 / NAT weight 0\n" +
			"sorry " + web + " -> 10.0.0.9:80: NAT weight 1 / DR weight 2\n" +
			"different " + web + " -> 10.0.0.9:80 forwarding: NAT / DR\n" +
			"different " + web + " -> 10.0.0.9:80 weight: 1 / 2\n", true},
		{"sorry server beside a real one", func(v *lvs.VirtualServer, h *lvs.Service) {
			withSorry(v)
			h.Destinations[sorry] = nat(1)
		}, "foreign " + web + " -> 10.0.0.9:80:  / NAT weight 1\n", true},
		{"sorry server that nothing can call", func(v *lvs.VirtualServer, h *lvs.Service) {
			withSorry(v)
			v.Reals[0].Checks = nil
			h.Destinations = table{sorry: nat(1)}
		}, "missing " + web + " -> 10.0.0.1:80: NAT weight 2 / \ndown " + web + " -> 10.0.0.2:80: NAT weight 3 / \n" +
			"foreign " + web + " -> 10.0.0.9:80:  / NAT weight 1\n", true},
		{"no sorry server", func(v *lvs.VirtualServer, h *lvs.Service) {
			withSorry(v)
			h.Destinations = nil
		}, "down " + web + " -> 10.0.0.1:80: NAT weight 2 / \ndown " + web + " -> 10.0.0.2:80: NAT weight 3 / \n" +
			"missing " + web + " -> 10.0.0.9:80: NAT weight 1 / \n", true},
		{"inhibited sorry server", func(v *lvs.VirtualServer, h *lvs.Service) {
			withSorry(v)
			v.SorryInhibit = true
			h.Destinations[sorry] = nat(0)
		}, "", false},
		{"no inhibited sorry server", func(v *lvs.VirtualServer, _ *lvs.Service) {
			withSorry(v)
			v.SorryInhibit = true
		}, "missing " + web + " -> 10.0.0.9:80: NAT weight 1 / \n", true},
		{"sorry server by hysteresis", func(v *lvs.VirtualServer, h *lvs.Service) {
			withSorry(v)
			v.Reals[0].Checks = nil
			v.Hysteresis = 2
			h.Destinations = table{sorry: nat(1)}
		}, "down " + web + " -> 10.0.0.1:80: NAT weight 2 / \ndown " + web + " -> 10.0.0.2:80: NAT weight 3 / \n" +
			"sorry " + web + " -> 10.0.0.9:80: NAT weight 1 / NAT weight 1\n", false},
		{"sorry server that no check can call", func(v *lvs.VirtualServer, h *lvs.Service) {
			withSorry(v)
			v.Reals[0].Checks, v.Reals[1].Checks = nil, nil
			v.Hysteresis = 9
			h.Destinations = table{sorry: nat(1)}
		}, "missing " + web + " -> 10.0.0.1:80: NAT weight 2 / \nmissing " + web + " -> 10.0.0.2:80: NAT weight 3 / \n" +
			"foreign " + web + " -> 10.0.0.9:80:  / NAT weight 1\n", true},
		{"weightless servers", func(v *lvs.VirtualServer, h *lvs.Service) {
			withSorry(v)
			for i := range v.Reals {
				v.Reals[i].Weight, v.Reals[i].Checks = 0, nil
			}
			h.Destinations = table{sorry: nat(1)}
		}, "down " + web + " -> 10.0.0.1:80: NAT weight 0 / \ndown " + web + " -> 10.0.0.2:80: NAT weight 0 / \n" +
			"sorry " + web + " -> 10.0.0.9:80: NAT weight 1 / NAT weight 1\n", false},
		{"a real server is the sorry server", func(v *lvs.VirtualServer, h *lvs.Service) {
			withSorry(v)
			v.Sorry.Addr = b
			h.Destinations = table{b: nat(1)}
		}, "down " + web + " -> 10.0.0.1:80: NAT weight 2 / \n" +
			"sorry " + web + " -> 10.0.0.2:80: NAT weight 1 / NAT weight 1\n", false},
		{"a real server that is the sorry server is gone", func(v *lvs.VirtualServer, h *lvs.Service) {
			withSorry(v)
			v.Sorry.Addr = b
			h.Destinations = nil
		}, "down " + web + " -> 10.0.0.1:80: NAT weight 2 / \ndown " + web + " -> 10.0.0.2:80: NAT weight 3 / \n" +
			"missing " + web + " -> 10.0.0.2:80: NAT weight 1 / \n", true},
		{"a real server that is the sorry server is up", func(v *lvs.VirtualServer, h *lvs.Service) {
			withSorry(v)
			v.Sorry.Addr = b
			h.Destinations = table{b: nat(3)}
		}, "down " + web + " -> 10.0.0.1:80: NAT weight 2 / \n", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, have := compared()
			h := have[webID]
			tt.change(&s.Services[0], &h)
			have[webID] = h
			c := lvs.Compare(s, have)
			if d := cmp.Diff(tt.want, text(c)); d != "" {
				t.Error(d)
			}
			if c.Drift() != tt.drift {
				t.Errorf("drift %t, want %t", c.Drift(), tt.drift)
			}
		})
	}
}

func TestCompareServices(t *testing.T) {
	s, have := compared()
	have[lvs.ServiceID{Mark: 7, Family: 6}] = lvs.Service{Scheduler: "rr", Persistence: time.Minute, Destinations: map[netip.AddrPort]lvs.Destination{
		ap("[fd00::1]:0"): nat(1),
	}}
	have[lvs.ServiceID{Mark: 7, Family: 4}] = lvs.Service{Scheduler: "rr"}
	have[lvs.ServiceID{Protocol: lvs.UDP, Addr: webID.Addr}] = lvs.Service{Scheduler: "rr"}
	delete(have, webID)
	c := lvs.Compare(s, have)
	want := `missing TCP 198.51.100.1:80: wlc, 2 real servers / 
foreign UDP 198.51.100.1:80:  / rr, 0 real servers
foreign FWM 7:  / rr, 0 real servers
foreign FWM 7 IPv6:  / rr, persistence 60 s, 1 real server
`
	if d := cmp.Diff(want, text(c)); d != "" {
		t.Error(d)
	}
	if c.Services != 1 {
		t.Errorf("%d services were compared, want 1", c.Services)
	}
}

// TestCompareExpanded compares services by mark and of a group with an empty
// table, which shows what of the file is looked for there.
func TestCompareExpanded(t *testing.T) {
	const tcp, udp = lvs.TCP, lvs.UDP
	addr := netip.MustParseAddr
	entry := func(first, last string, port uint16) lvs.Entry {
		return lvs.Entry{First: addr(first), Last: addr(last), Port: port}
	}
	four, six := realServer("10.0.0.1:8080", 1), realServer("[fd00::1]:80", 1)
	tunnelled := six
	tunnelled.Forward = lvs.TUN
	tests := []struct {
		name    string
		service lvs.VirtualServer
		entries []lvs.Entry
		want    string
	}{
		{"SCTP", lvs.VirtualServer{ID: lvs.ServiceID{Protocol: lvs.SCTP, Addr: ap("198.51.100.1:80")}}, nil, "missing SCTP 198.51.100.1:80\n"},
		{"mark", lvs.VirtualServer{ID: lvs.ServiceID{Mark: 5}, Reals: []lvs.RealServer{four}}, nil, "missing FWM 5\n"},
		{"mark of IPv6", lvs.VirtualServer{ID: lvs.ServiceID{Mark: 5}, Reals: []lvs.RealServer{six}}, nil, "missing FWM 5 IPv6\n"},
		{"mark, tunnelled", lvs.VirtualServer{ID: lvs.ServiceID{Mark: 5}, Reals: []lvs.RealServer{tunnelled}}, nil, "missing FWM 5\n"},
		{"mark, by its sorry server", lvs.VirtualServer{ID: lvs.ServiceID{Mark: 5}, Sorry: &six, Reals: []lvs.RealServer{tunnelled}}, nil, "missing FWM 5 IPv6\n"},
		{"mark with a family", lvs.VirtualServer{ID: lvs.ServiceID{Mark: 5, Family: 6}, Reals: []lvs.RealServer{tunnelled}}, nil, "missing FWM 5 IPv6\n"},
		{"range", lvs.VirtualServer{ID: lvs.ServiceID{Protocol: tcp}, Group: "G", Reals: []lvs.RealServer{four}},
			[]lvs.Entry{entry("198.51.100.254", "198.51.101.1", 80), {Mark: 9}},
			"missing TCP 198.51.100.254:80\nmissing TCP 198.51.100.255:80\nmissing TCP 198.51.101.0:80\nmissing TCP 198.51.101.1:80\nmissing FWM 9\n"},
		{"the last address of all", lvs.VirtualServer{ID: lvs.ServiceID{Protocol: tcp}, Group: "G", Reals: []lvs.RealServer{four}},
			[]lvs.Entry{entry("255.255.255.255", "255.255.255.255", 80)}, "missing TCP 255.255.255.255:80\n"},
		{"both families", lvs.VirtualServer{ID: lvs.ServiceID{Protocol: udp}, Group: "G", Reals: []lvs.RealServer{tunnelled}},
			[]lvs.Entry{entry("198.51.100.1", "198.51.100.1", 53), entry("2001:db8::1", "2001:db8::1", 53), {Mark: 8, Family: 6}},
			"missing UDP 198.51.100.1:53\nmissing UDP [2001:db8::1]:53\nmissing FWM 8 IPv6\n"},
		{"both families and a mark of neither", lvs.VirtualServer{ID: lvs.ServiceID{Protocol: udp}, Group: "G", Reals: []lvs.RealServer{tunnelled}},
			[]lvs.Entry{entry("198.51.100.1", "198.51.100.1", 53), entry("2001:db8::1", "2001:db8::1", 53), {Mark: 8}},
			"uncompared group G: the address family of mark 8 is ambiguous: keepalived leaves the group out\n"},
		{"a mark of the group's family", lvs.VirtualServer{ID: lvs.ServiceID{Protocol: tcp}, Group: "G", Reals: []lvs.RealServer{tunnelled}},
			[]lvs.Entry{{Mark: 6}, entry("2001:db8::6", "2001:db8::6", 80)}, "missing TCP [2001:db8::6]:80\nmissing FWM 6 IPv6\n"},
		{"marks only", lvs.VirtualServer{Group: "G", Reals: []lvs.RealServer{six}}, []lvs.Entry{{Mark: 6}, {Mark: 7}}, "missing FWM 6 IPv6\nmissing FWM 7 IPv6\n"},
		{"other families", lvs.VirtualServer{Group: "G", Reals: []lvs.RealServer{six}}, []lvs.Entry{entry("198.51.100.1", "198.51.100.1", 80)},
			"uncompared group G: its real servers are of another address family: keepalived leaves it out\n"},
		{"some of other families", lvs.VirtualServer{Group: "G", Reals: []lvs.RealServer{four}}, []lvs.Entry{{Mark: 1, Family: 4}, {Mark: 2, Family: 6}},
			"uncompared group G: its real servers are of another address family: keepalived leaves it out\n"},
		{"no such group", lvs.VirtualServer{Group: "H", Reals: []lvs.RealServer{four}}, nil,
			"uncompared group H: there is no such group: nothing is balanced for it\n"},
		{"a network", lvs.VirtualServer{Group: "G", Reals: []lvs.RealServer{four}}, []lvs.Entry{entry("10.0.0.0", "10.255.255.255", 80)},
			"uncompared group G: it stands for more than 131072 services\n"},
		{"twice", lvs.VirtualServer{Group: "G", Reals: []lvs.RealServer{four}}, []lvs.Entry{{Mark: 1}, {Mark: 1}},
			"missing FWM 1\nuncompared FWM 1: it is configured twice: only the first one was compared\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := lvs.Settings{Services: []lvs.VirtualServer{tt.service}, Groups: []lvs.Group{{Name: "G", Entries: tt.entries}}}
			c := lvs.Compare(s, nil)
			for i := range c.Differences {
				c.Differences[i].Want = ""
			}
			if d := cmp.Diff(tt.want, text(c)); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestCompareLargeGroups has two groups that are too large together.
func TestCompareLargeGroups(t *testing.T) {
	need.Time(t)
	s := lvs.Settings{
		Services: []lvs.VirtualServer{{Group: "large"}, {Group: "small"}},
		Groups: []lvs.Group{
			{Name: "large", Entries: []lvs.Entry{{First: netip.MustParseAddr("10.0.0.0"), Last: netip.MustParseAddr("10.1.255.255")}}},
			{Name: "small", Entries: []lvs.Entry{{First: webID.Addr.Addr(), Last: webID.Addr.Addr()}}},
		},
	}
	c := lvs.Compare(s, nil)
	if c.Services != 1<<17 {
		t.Errorf("%d services were compared, want %d", c.Services, 1<<17)
	}
	want := []lvs.Uncompared{{Name: "group small", Reason: "it stands for more than 131072 services"}}
	if d := cmp.Diff(want, c.Uncompared); d != "" {
		t.Error(d)
	}
}

// TestCompareNetmask has a netmask for the addresses of one family only.
func TestCompareNetmask(t *testing.T) {
	mask, six := netip.MustParseAddr("255.255.255.0"), netip.MustParseAddr("2001:db8::1")
	s := lvs.Settings{
		Services: []lvs.VirtualServer{{ID: lvs.ServiceID{Protocol: lvs.TCP}, Group: "G", Persistence: time.Minute, Netmask: mask}},
		Groups: []lvs.Group{{Name: "G", Entries: []lvs.Entry{
			{First: webID.Addr.Addr(), Last: webID.Addr.Addr(), Port: 80}, {First: six, Last: six, Port: 80},
		}}},
	}
	c := lvs.Compare(s, lvs.Table{
		webID: {Persistence: time.Minute, Netmask: mask},
		{Protocol: lvs.TCP, Addr: netip.AddrPortFrom(six, 80)}: {Persistence: time.Minute},
	})
	if got := text(c); got != "" || c.Services != 2 {
		t.Errorf("%d services, differences\n%s", c.Services, got)
	}
}

// TestComparePorts compares the ports of real servers: only NAT has its own.
func TestComparePorts(t *testing.T) {
	direct := realServer("10.0.0.1:8080", 1)
	direct.Forward = lvs.DR
	own := realServer("10.0.0.2:8080", 1)
	s := lvs.Settings{
		Services: []lvs.VirtualServer{{ID: lvs.ServiceID{Protocol: lvs.TCP}, Group: "G", Reals: []lvs.RealServer{direct, own}}},
		Groups:   []lvs.Group{{Name: "G", Entries: []lvs.Entry{{Mark: 5}, {First: webID.Addr.Addr(), Last: webID.Addr.Addr(), Port: 80}}}},
	}
	dr := lvs.Destination{Forward: lvs.DR, Weight: 1}
	c := lvs.Compare(s, lvs.Table{
		webID:                {Destinations: map[netip.AddrPort]lvs.Destination{ap("10.0.0.1:80"): dr, ap("10.0.0.2:8080"): nat(1)}},
		{Mark: 5, Family: 4}: {Destinations: map[netip.AddrPort]lvs.Destination{ap("10.0.0.1:0"): dr, ap("10.0.0.2:8080"): nat(1)}},
	})
	if got := text(c); got != "" {
		t.Errorf("differences\n%s", got)
	}
	if c.Services != 2 {
		t.Errorf("%d services were compared, want 2", c.Services)
	}
}

// TestCompareWanted compares what the daemon wants, whichever servers its checks
// find down, with what it wants it of: that is never drift.
func TestCompareWanted(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	sorry, down := 0, 0
	for range 5000 {
		v := lvs.VirtualServer{ID: webID, Scheduler: "rr", Quorum: 1}
		if r.IntN(2) == 0 {
			s := realServer("10.0.0.9:80", 1)
			v.Sorry = &s
		}
		up := map[netip.AddrPort]bool{}
		for i := range 1 + r.IntN(4) {
			x := realServer(fmt.Sprintf("10.0.0.%d:80", i+1), r.IntN(3))
			x.Inhibit = r.IntN(2) == 0
			up[x.Addr] = true
			if r.IntN(3) > 0 {
				x.Checks = []health.Check{{Kind: health.TCP}}
				up[x.Addr] = r.IntN(2) == 0
			}
			v.Reals = append(v.Reals, x)
		}
		s := lvs.Settings{Services: []lvs.VirtualServer{v}}
		have := s.Desired(standing{virtual: v, up: func(a netip.AddrPort) bool { return up[a] }})
		c := lvs.Compare(s, have)
		if c.Drift() {
			t.Fatalf("drift of %+v with %v up:\n%s", v, up, text(c))
		}
		for _, d := range c.Differences {
			switch d.Kind {
			case lvs.Sorry:
				sorry++
			case lvs.Down:
				down++
			}
		}
	}
	if sorry < 100 || down < 1000 {
		t.Errorf("%d sorry servers and %d servers down: the cases are too tame", sorry, down)
	}
}
