package lvs_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kactl/kactl/pkg/lvs"
)

var (
	equal = cmp.Options{
		cmp.Comparer(func(a, b netip.Addr) bool { return a == b }),
		cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b }),
		cmpopts.EquateEmpty(),
	}
	webID = lvs.ServiceID{Protocol: lvs.TCP, Addr: netip.MustParseAddrPort("198.51.100.1:80")}
)

func ap(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }

func realServer(addr string, weight int) lvs.RealServer {
	return lvs.RealServer{Addr: ap(addr), Forward: lvs.NAT, Weight: weight}
}

func inhibited(r lvs.RealServer) lvs.RealServer {
	r.Inhibit = true
	return r
}

// standing is what is up of one virtual server, whose quorum is a weight of 1.
type standing struct {
	virtual lvs.VirtualServer
	up      func(netip.AddrPort) bool
}

func (s standing) Real(k lvs.RealKey, r *lvs.RealServer) (int, bool) {
	return r.Weight, k.Service == s.virtual.Key() && s.up(k.Addr)
}

func (s standing) Quorum(k lvs.VirtualKey) bool {
	weight := 0
	for _, r := range s.virtual.Reals {
		if s.up(r.Addr) {
			weight += r.Weight
		}
	}
	return k == s.virtual.Key() && weight >= 1
}

func TestDesired(t *testing.T) {
	const a, b, sorry = "10.0.0.1:80", "10.0.0.2:80", "10.0.0.9:80"
	type dests = map[string]int // address to weight
	sorryServer := realServer(sorry, 1)
	tests := []struct {
		name  string
		reals []lvs.RealServer
		sorry *lvs.RealServer
		down  []string
		want  dests
	}{
		{"all up", []lvs.RealServer{realServer(a, 1), realServer(b, 3)}, &sorryServer, nil, dests{a: 1, b: 3}},
		{"one down leaves", []lvs.RealServer{realServer(a, 1), realServer(b, 3)}, &sorryServer, []string{a}, dests{b: 3}},
		{"one inhibited stays", []lvs.RealServer{inhibited(realServer(a, 1)), realServer(b, 3)}, &sorryServer, []string{a}, dests{a: 0, b: 3}},
		{"none up", []lvs.RealServer{realServer(a, 1), realServer(b, 3)}, nil, []string{a, b}, dests{}},
		{"none up, sorry", []lvs.RealServer{realServer(a, 1), realServer(b, 3)}, &sorryServer, []string{a, b}, dests{sorry: 1}},
		{"none up, sorry, inhibited", []lvs.RealServer{inhibited(realServer(a, 1))}, &sorryServer, []string{a}, dests{a: 0, sorry: 1}},
		{"weight 0 is no quorum", []lvs.RealServer{realServer(a, 0), realServer(b, 3)}, &sorryServer, []string{b}, dests{sorry: 1}},
		{"weight 0 without sorry", []lvs.RealServer{realServer(a, 0), realServer(b, 3)}, nil, []string{b}, dests{a: 0}},
		{"equal servers", []lvs.RealServer{realServer(a, 2), realServer(a, 5)}, nil, nil, dests{a: 2}},
		{"sorry server is a real server", []lvs.RealServer{inhibited(realServer(sorry, 5))}, &sorryServer, []string{sorry}, dests{sorry: 1}},
		{"no real servers", nil, &sorryServer, nil, dests{sorry: 1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := lvs.Settings{Services: []lvs.VirtualServer{{
				ID: webID, Scheduler: "rr", Persistence: 1500 * time.Millisecond,
				Netmask: netip.MustParseAddr("255.255.255.255"), Sorry: tt.sorry, Reals: tt.reals,
			}}}
			up := func(a netip.AddrPort) bool { return !slices.Contains(tt.down, a.String()) }
			got := s.Desired(standing{virtual: s.Services[0], up: up})
			want := lvs.Service{Scheduler: "rr", Persistence: 2 * time.Second, Destinations: map[netip.AddrPort]lvs.Destination{}}
			for addr, w := range tt.want {
				want.Destinations[ap(addr)] = lvs.Destination{Forward: lvs.NAT, Weight: w}
			}
			if d := cmp.Diff(lvs.Table{webID: want}, got, equal); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestDiffOrder(t *testing.T) {
	service := func(scheduler string, weights map[string]int) lvs.Service {
		s := lvs.Service{Scheduler: scheduler, Destinations: map[netip.AddrPort]lvs.Destination{}}
		for a, w := range weights {
			s.Destinations[ap(a)] = lvs.Destination{Forward: lvs.DR, Weight: w}
		}
		return s
	}
	k := func(i int) lvs.ServiceID {
		return lvs.ServiceID{Protocol: lvs.TCP, Addr: ap(fmt.Sprintf("198.51.100.%d:80", i))}
	}
	have := lvs.Table{
		k(1): service("rr", map[string]int{"10.0.0.1:80": 1, "10.0.0.2:80": 1, "10.0.0.3:80": 1}),
		k(2): service("rr", nil),
		k(3): service("rr", nil),
	}
	want := lvs.Table{
		k(1): service("wlc", map[string]int{"10.0.0.2:80": 7, "10.0.0.3:80": 1, "10.0.0.4:80": 1}),
		k(4): service("rr", map[string]int{"10.0.0.1:80": 1}),
	}
	var got []string
	for _, op := range lvs.Diff(have, want, func(key lvs.ServiceID) bool { return key == k(2) }) {
		got = append(got, op.String())
	}
	if d := cmp.Diff([]string{
		"edit virtual server [198.51.100.1]:tcp:80",
		"add real server [10.0.0.4]:tcp:80 of virtual server [198.51.100.1]:tcp:80",
		"edit real server [10.0.0.2]:tcp:80 of virtual server [198.51.100.1]:tcp:80",
		"delete real server [10.0.0.1]:tcp:80 of virtual server [198.51.100.1]:tcp:80",
		"add virtual server [198.51.100.4]:tcp:80",
		"add real server [10.0.0.1]:tcp:80 of virtual server [198.51.100.4]:tcp:80",
		"delete virtual server [198.51.100.2]:tcp:80",
	}, got); d != "" {
		t.Error(d)
	}
}

// randomTable draws from few addresses, so that two tables have much in common.
func randomTable(r *rand.Rand, foreign bool) lvs.Table {
	t := lvs.Table{}
	for range r.IntN(12) {
		net := byte(100)
		if foreign {
			net = 113
		}
		k := lvs.ServiceID{
			Protocol: []lvs.Protocol{lvs.TCP, lvs.UDP}[r.IntN(2)],
			Addr:     netip.AddrPortFrom(netip.AddrFrom4([4]byte{198, 51, net, byte(r.IntN(4))}), uint16(80+r.IntN(2))),
		}
		s := lvs.Service{
			Scheduler:    []string{"rr", "wlc"}[r.IntN(2)],
			Persistence:  time.Duration(r.IntN(2)) * time.Minute,
			Destinations: map[netip.AddrPort]lvs.Destination{},
		}
		for range r.IntN(6) {
			a := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(r.IntN(6))}), 80)
			s.Destinations[a] = lvs.Destination{Forward: lvs.Forward(1 + r.IntN(3)), Weight: r.IntN(3)}
		}
		t[k] = s
	}
	return t
}

func TestDiffOfRandomTables(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1))
		have, want, foreign := randomTable(r, false), randomTable(r, false), randomTable(r, true)
		for k, s := range foreign {
			have[k] = s
		}
		ours := func(k lvs.ServiceID) bool { return k.Addr.Addr().As4()[2] == 100 }
		ops := lvs.Diff(have, want, ours)
		got := have.Clone()
		seen := map[string]bool{}
		for _, op := range ops {
			if !ours(op.ID) {
				t.Fatalf("seed %d: %s touches another program's service", seed, op)
			}
			if s := op.String()[len(op.Kind.String()):]; seen[s] {
				t.Fatalf("seed %d: %s is the second change of one thing", seed, op)
			} else {
				seen[s] = true
			}
			got.Apply(op)
		}
		expect := want.Clone()
		for k, s := range foreign {
			expect[k] = s
		}
		if d := cmp.Diff(expect, got, equal); d != "" {
			t.Fatalf("seed %d: %s", seed, d)
		}
		if d := cmp.Diff(ops, lvs.Diff(have, want, ours), equal); d != "" {
			t.Fatalf("seed %d: the second time differs: %s", seed, d)
		}
		if again := lvs.Diff(got, want, ours); len(again) > 0 {
			t.Fatalf("seed %d: still %v", seed, again)
		}
	}
}

func BenchmarkDiffOneOf10000Services(b *testing.B) {
	want := lvs.Table{}
	for i := range 10_000 {
		s := lvs.Service{Scheduler: "wlc", Destinations: map[netip.AddrPort]lvs.Destination{}}
		for j := range 4 {
			s.Destinations[netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(j), byte(i >> 8), byte(i)}), 80)] = lvs.Destination{Forward: lvs.DR, Weight: 1}
		}
		want[lvs.ServiceID{Protocol: lvs.TCP, Addr: netip.AddrPortFrom(netip.AddrFrom4([4]byte{198, 51, byte(i >> 8), byte(i)}), 80)}] = s
	}
	have := want.Clone()
	for k := range have {
		have.Apply(lvs.Op{Kind: lvs.DeleteDestination, ID: k, Addr: ap("10.0.0.0:80")})
	}
	ours := func(lvs.ServiceID) bool { return true }
	for b.Loop() {
		lvs.Diff(have, want, ours)
	}
}

// TestDesiredExpanded has a group, whose servers are in each of its services with
// all that is configured of them.
func TestDesiredExpanded(t *testing.T) {
	direct, own, sorry := realServer("10.0.0.1:0", 3), realServer("10.0.0.2:8080", 4), realServer("10.0.0.9:0", 1)
	direct.Forward, direct.UpperThreshold, direct.LowerThreshold, direct.Inhibit = lvs.TUN, 10, 5, true
	sorry.Forward, sorry.Tunnel = lvs.TUN, lvs.Tunnel{Type: lvs.GUE, Port: 6080}
	own.Forward, own.Tunnel = lvs.TUN, sorry.Tunnel // a group of both families takes tunnels
	v := lvs.VirtualServer{
		ID: lvs.ServiceID{Protocol: lvs.UDP}, Group: "G", Scheduler: "sh", Flags: 3, OnePacket: true,
		Persistence: time.Minute, Netmask: netip.MustParseAddr("255.255.255.0"), Engine: "sip",
		Sorry: &sorry, Reals: []lvs.RealServer{direct, own},
	}
	s := lvs.Settings{Services: []lvs.VirtualServer{v}, Groups: []lvs.Group{{Name: "G", Entries: []lvs.Entry{
		{First: webID.Addr.Addr(), Last: webID.Addr.Addr(), Port: 80}, {Mark: 5, Family: 6},
	}}}}
	for down, want := range map[string]map[netip.AddrPort]lvs.Destination{
		"":           {ap("10.0.0.1:80"): {Forward: lvs.TUN, Weight: 3, UpperThreshold: 10, LowerThreshold: 5}, ap("10.0.0.2:80"): {Forward: lvs.TUN, Weight: 4, Tunnel: own.Tunnel}},
		"10.0.0.1:0": {ap("10.0.0.1:80"): {Forward: lvs.TUN, UpperThreshold: 10, LowerThreshold: 5}, ap("10.0.0.2:80"): {Forward: lvs.TUN, Weight: 4, Tunnel: own.Tunnel}},
		"all":        {ap("10.0.0.1:80"): {Forward: lvs.TUN, UpperThreshold: 10, LowerThreshold: 5}, ap("10.0.0.9:80"): {Forward: lvs.TUN, Weight: 1, Tunnel: sorry.Tunnel}},
	} {
		got := s.Desired(standing{virtual: v, up: func(a netip.AddrPort) bool { return down != "all" && a.String() != down }})
		entry := lvs.Service{
			Scheduler: "sh", Flags: 3, OnePacket: true, Persistence: time.Minute, Netmask: v.Netmask, Engine: "sip", Destinations: want,
		}
		marked := entry
		marked.Netmask, marked.Destinations = netip.Addr{}, map[netip.AddrPort]lvs.Destination{}
		for a, d := range want {
			marked.Destinations[netip.AddrPortFrom(a.Addr(), 0)] = d
		}
		table := lvs.Table{{Protocol: lvs.UDP, Addr: webID.Addr}: entry, {Mark: 5, Family: 6}: marked}
		if d := cmp.Diff(table, got, equal); d != "" {
			t.Errorf("down %q: %s", down, d)
		}
	}
}
