package lvs_test

import (
	"net/netip"
	"testing"

	"github.com/kactl/kactl/pkg/health"
	"github.com/kactl/kactl/pkg/lvs"
)

// A server whose checks are all of kinds that nothing runs has no part in the
// table, whatever is said of its health, nor in the quorum.
func TestKeptOut(t *testing.T) {
	addr := netip.MustParseAddrPort
	all := func(lvs.RealKey) bool { return true }
	ssl := []health.Check{{Kind: health.SSL}}
	v := lvs.VirtualServer{
		Key: lvs.ServiceKey{Protocol: lvs.TCP, Addr: addr("198.51.100.1:80")}, Scheduler: "rr",
		Sorry: &lvs.RealServer{Addr: addr("10.0.0.9:80"), Forward: lvs.DR, Weight: 1},
		Reals: []lvs.RealServer{
			{Addr: addr("10.0.0.1:80"), Forward: lvs.DR, Weight: 1, Inhibit: true, Unprobed: ssl},
			{Addr: addr("10.0.0.2:80"), Forward: lvs.DR, Weight: 2, Unprobed: ssl, Checks: []health.Check{{Kind: health.TCP}}},
			{Addr: addr("10.0.0.3:80"), Forward: lvs.DR, Weight: 4},
		},
	}
	s := v.Want(all)
	if _, ok := s.Destinations[v.Reals[0].Addr]; ok || len(s.Destinations) != 2 || v.Weight(all) != 6 {
		t.Errorf("%v, weight %d", s.Destinations, v.Weight(all))
	}
	v.Reals = v.Reals[:1]
	s = v.Want(all)
	if _, ok := s.Destinations[v.Sorry.Addr]; !ok || len(s.Destinations) != 1 || v.Quorum(all) {
		t.Errorf("with no other server: %v, quorum %t", s.Destinations, v.Quorum(all))
	}
}
