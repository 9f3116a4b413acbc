package ipvs

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kactl/kactl/pkg/lvs"
)

func TestSince(t *testing.T) {
	web := lvs.ServiceID{Protocol: lvs.TCP, Addr: netip.MustParseAddrPort("198.51.100.1:80")}
	real1, real2 := netip.MustParseAddrPort("10.0.0.1:80"), netip.MustParseAddrPort("10.0.0.2:80")
	estimate := Counters{Connections: 99}
	listing := func(service, dest uint64, addr netip.AddrPort) *Listing {
		return &Listing{Services: []Service{
			{ServiceID: web, Stats: Stats{Counters{service, service * 2, service * 3, service * 1000, service * 2000}, estimate},
				Destinations: []Destination{{Addr: addr, Stats: Stats{Total: Counters{Connections: dest}, Rate: estimate}}}},
			{ServiceID: lvs.ServiceID{Mark: uint32(service)}, Stats: Stats{Total: Counters{Connections: 7}, Rate: estimate}},
		}}
	}
	rates := func(l *Listing) []Counters {
		return []Counters{l.Services[0].Stats.Rate, l.Services[0].Destinations[0].Stats.Rate, l.Services[1].Stats.Rate}
	}
	tests := []struct {
		name    string
		now     *Listing
		elapsed time.Duration
		want    []Counters
	}{
		{"two seconds", listing(30, 25, real1), 2 * time.Second, []Counters{{10, 20, 30, 10000, 20000}, {Connections: 8}, estimate}},
		{"half a second", listing(11, 10, real1), 500 * time.Millisecond, []Counters{{2, 4, 6, 2000, 4000}, {}, estimate}},
		{"another destination", listing(10, 500, real2), time.Second, []Counters{{}, estimate, {Connections: 0}}},
		{"set to zero", listing(4, 10, real1), 2 * time.Second, []Counters{{2, 4, 6, 2000, 4000}, {}, estimate}},
		{"no time", listing(20, 20, real1), 0, []Counters{estimate, estimate, estimate}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.now.Since(listing(10, 10, real1), tt.elapsed)
			if d := cmp.Diff(tt.want, rates(tt.now)); d != "" {
				t.Error(d)
			}
		})
	}
}
