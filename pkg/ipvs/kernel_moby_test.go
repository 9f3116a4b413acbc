package ipvs_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	moby "github.com/moby/ipvs"

	"github.com/kactl/kactl/pkg/lvs"
)

// compareWithMoby reads the table once more with another implementation, and
// holds that it is want, as far as that can tell: it drops netmasks, and reads
// weights as 16 bits.
func compareWithMoby(t *testing.T, want lvs.Table) {
	t.Helper()
	h, err := moby.New("") // in the namespace of this thread
	if err != nil {
		t.Error(err)
		return
	}
	defer h.Close()
	services, err := h.GetServices()
	if err != nil {
		t.Error(err)
		return
	}
	seen := lvs.Table{}
	for _, s := range services {
		key := lvs.ServiceID{Protocol: lvs.Protocol(s.Protocol), Addr: addrPort(t, s.Address, s.Port)}
		service := lvs.Service{
			Scheduler:    s.SchedName,
			Netmask:      want[key].Netmask,
			Destinations: map[netip.AddrPort]lvs.Destination{},
		}
		if s.Flags&1 != 0 {
			service.Persistence = time.Duration(s.Timeout) * time.Second
		}
		destinations, err := h.GetDestinations(s)
		if err != nil {
			t.Error(err)
			return
		}
		for _, d := range destinations {
			addr := addrPort(t, d.Address, d.Port)
			forward := map[uint32]lvs.Forward{moby.ConnectionFlagMasq: lvs.NAT, moby.ConnectionFlagTunnel: lvs.TUN, moby.ConnectionFlagDirectRoute: lvs.DR}[d.ConnectionFlags&moby.ConnectionFlagFwdMask]
			weight := d.Weight
			if w := want[key].Destinations[addr].Weight; w > 1<<16 && w&(1<<16-1) == weight {
				weight = w
			}
			service.Destinations[addr] = lvs.Destination{Forward: forward, Weight: weight}
		}
		seen[key] = service
	}
	if d := cmp.Diff(want, seen, equal); d != "" {
		t.Errorf("moby/ipvs reads (-want +got):\n%s", d)
	}
}

func addrPort(t *testing.T, ip []byte, port uint16) netip.AddrPort {
	t.Helper()
	addr, ok := netip.AddrFromSlice(ip)
	if !ok {
		t.Errorf("an address of %d bytes", len(ip))
	}
	return netip.AddrPortFrom(addr, port)
}
