package peers

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/test/lab"
)

// Both families with one VRID, each with a hardware address of its own.
const vmacConfig = `
vrrp_instance four {
    interface eth0
    virtual_router_id 51
    priority {{.Data.Priority}}
    advert_int 0.2
    version 3
    use_vmac
{{- if .Data.Base}}
    vmac_xmit_base
{{- end}}
    virtual_ipaddress {
        198.51.100.16/24
    }
}
vrrp_instance six {
    interface eth0
    virtual_router_id 51
    priority {{.Data.Priority}}
    advert_int 0.2
    version 3
    use_vmac
{{- if .Data.Base}}
    vmac_xmit_base
{{- end}}
    virtual_ipaddress {
        fe80::16/64
        2001:db8::16/64
    }
}
`

// The interfaces that are made, their hardware addresses, and an address on each.
var vmacs = []struct {
	name, mac string
	vip       netip.Addr
}{
	{"vrrp.51", "00:00:5e:00:01:33", netip.MustParseAddr("198.51.100.16")},
	{"vrrp6.51", "00:00:5e:00:02:33", netip.MustParseAddr("2001:db8::16")},
}

// TestVMAC lets addresses with a hardware address of their own go over to a backup and
// come back, by a stop and by a kill, and removes an interface by hand: who sends from
// which address, what a neighbour knows, and whether hosts reach each other.
func TestVMAC(t *testing.T) {
	t.Parallel()
	for _, base := range []bool{false, true} {
		for _, pair := range with(lab.Keepalived, true) {
			name := fmt.Sprintf("%s to %s", pair[0], pair[1])
			if base {
				name += " by the base"
			}
			t.Run(name, lab.Story(func(t testing.TB) { newVMACStory(t, pair, base).tell() }))
		}
	}
}

type vmacStory struct {
	t        testing.TB
	base     bool
	lb1, lb2 *lab.Host
	client   *lab.Host
	d1, d2   *lab.Director
	capture  *lab.Capture
}

func newVMACStory(t testing.TB, kinds [2]lab.Kind, base bool) *vmacStory {
	l := lab.New(t)
	net := l.Segment("lan")
	s := &vmacStory{t: t, base: base}
	s.lb1 = l.Host("lb1", net, "198.51.100.1/24", "2001:db8::1/64")
	s.lb2 = l.Host("lb2", net, "198.51.100.2/24", "2001:db8::2/64")
	s.client = l.Host("client", net, "198.51.100.9/24", "2001:db8::9/64")
	for _, h := range []*lab.Host{s.lb1, s.lb2} {
		// Or a host asks for its neighbours in the name of the virtual address.
		h.Sysctl("net/ipv4/conf/all/arp_announce", "2")
		h.Sysctl("net/ipv4/conf/all/rp_filter", "1")
	}
	s.capture = net.Capture()
	t.Cleanup(func() {
		for _, d := range []*lab.Director{s.d1, s.d2} {
			if t.Failed() && d != nil {
				t.Logf("%s (%s):\n%s", d.Host.Name, d.Kind, dump(d))
			}
		}
	})
	start := func(h *lab.Host, kind lab.Kind, priority int) *lab.Director {
		return h.Start(lab.Config{Kind: kind, Text: vmacConfig, Data: struct {
			Priority int
			Base     bool
		}{priority, base}})
	}
	s.d1 = start(s.lb1, kinds[0], high)
	s.d1.WaitLog("(six) Entering MASTER STATE", startLimit)
	s.d2 = start(s.lb2, kinds[1], low)
	s.d2.WaitLog("(six) Entering BACKUP STATE", startLimit)
	return s
}

func (s *vmacStory) tell() {
	s.holds(s.lb1, s.lb2)
	s.speaks(s.lb1)
	s.reached(s.lb1)

	now := time.Now()
	s.d1.Stop()
	s.holds(s.lb2, s.lb1)
	s.announced(now)
	s.speaks(s.lb2)
	s.reached(s.lb2)
	for _, v := range vmacs {
		if _, there := s.lb1.Link(v.name); there {
			s.t.Errorf("%s is on %s after the stop", v.name, s.lb1.Name)
		}
	}
	s.d1.Restart()
	s.holds(s.lb1, s.lb2)
	s.reached(s.lb1)

	// What a killed one has left is taken over.
	s.d1.Kill()
	lab.Eventually(s.t, settle, "lb2 takes over from one that was killed", func() bool { return s.has(s.lb2, true) })
	s.d1.Restart()
	s.holds(s.lb1, s.lb2)
	s.reached(s.lb1)

	// One that somebody removes comes back, with the address.
	s.lb1.RemoveLink(vmacs[0].name)
	lab.Eventually(s.t, startLimit, "the interface is back with its address", func() bool { return s.has(s.lb1, true) })
	s.holds(s.lb1, s.lb2)
	s.reached(s.lb1)
	s.d2.Stop()
	s.d1.Stop()
	lab.Eventually(s.t, settle, "nothing is left", func() bool {
		_, one := s.lb1.Link(vmacs[0].name)
		_, two := s.lb2.Link(vmacs[1].name)
		return !one && !two && s.has(s.lb1, false) && s.has(s.lb2, false)
	})
}

// has tells whether a host has the addresses, or none of them.
func (s *vmacStory) has(h *lab.Host, want bool) bool {
	for _, v := range vmacs {
		if h.HasAddr(v.vip) != want {
			return false
		}
	}
	return true
}

func (s *vmacStory) holds(on, off *lab.Host) {
	s.t.Helper()
	lab.Eventually(s.t, startLimit, on.Name+" alone has the addresses", func() bool { return s.has(on, true) && s.has(off, false) })
	for _, v := range vmacs {
		if mac, there := on.Link(v.name); !there || mac != v.mac {
			s.t.Errorf("%s on %s: %s %v", v.name, on.Name, mac, there)
		}
	}
}

// speaks ends the test unless the host's adverts of both families come from the
// hardware address that they should.
func (s *vmacStory) speaks(h *lab.Host) {
	s.t.Helper()
	now := time.Now()
	for n, v := range vmacs {
		want := v.mac
		if s.base {
			want = h.Port().MAC.String()
		}
		f := s.capture.WaitFor(now, settle, "an advert of "+h.Name, func(f lab.Frame) bool {
			return f.Advert != nil && f.Advert.Src.Is6() == (n == 1)
		})
		if f.Src != want {
			s.t.Errorf("adverts of %s from %s, want %s", h.Name, f.Src, want)
		}
	}
}

// announced ends the test unless the addresses were announced from their own hardware
// address since a time.
func (s *vmacStory) announced(since time.Time) {
	s.t.Helper()
	f := s.capture.WaitFor(since, settle, "a gratuitous ARP", func(f lab.Frame) bool {
		return f.ARP != nil && f.ARP.Gratuitous() && f.ARP.SenderIP == vmacs[0].vip
	})
	if f.Src != vmacs[0].mac || f.ARP.SenderMAC != vmacs[0].mac {
		s.t.Errorf("announced from %s as %s", f.Src, f.ARP.SenderMAC)
	}
}

// reached ends the test unless the client reaches the addresses, by their own hardware
// address, and the host the client.
func (s *vmacStory) reached(h *lab.Host) {
	s.t.Helper()
	for _, v := range vmacs {
		lab.Eventually(s.t, settle, fmt.Sprintf("the client reaches %v on %s", v.vip, h.Name), func() bool { return reaches(s.client, v.vip) })
		lab.Eventually(s.t, settle, fmt.Sprintf("the client knows the hardware address of %v", v.vip), func() bool {
			return s.client.Neighbour(v.vip) == v.mac
		})
	}
	for _, a := range []string{"198.51.100.9", "2001:db8::9"} {
		lab.Eventually(s.t, settle, h.Name+" reaches "+a, func() bool { return reaches(h, netip.MustParseAddr(a)) })
	}
}

// reaches tells whether an address answers: that nobody listens there.
func reaches(h *lab.Host, a netip.Addr) bool {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	c, err := h.Dial(ctx, "tcp", netip.Addr{}, netip.AddrPortFrom(a, 9))
	if err == nil {
		c.Close()
	}
	return errors.Is(err, unix.ECONNREFUSED)
}
