package peers

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/kactl/kactl/test/lab"
)

// Both families with one VRID, as multicast and, over IPv6, as unicast.
const config6 = `
global_defs {
   router_id {{.Host}}
   vrrp_mcast_group6 ff02::13
}
{{- if not .Data.Unicast}}
vrrp_instance four {
    interface eth0
    virtual_router_id 51
    priority {{.Data.Priority}}
    advert_int 0.1
    version 3
    virtual_ipaddress {
        203.0.113.16/24
    }
    virtual_ipaddress_excluded {
        2001:db8:2::16/64
    }
}
{{- end}}
vrrp_instance six {
    interface eth0
    virtual_router_id 51
    priority {{.Data.Priority}}
    advert_int 0.1
    version 3
    native_ipv6
    virtual_ipaddress {
        fe80::16/64
        2001:db8:1::16/64
        2001:db8:1::17
    }
    virtual_ipaddress_excluded {
        203.0.113.17/24
    }
{{- if .Data.Unicast}}
    unicast_src_ip {{.Data.Self}}
    unicast_peer {
       {{.Data.Peer}}
    }
{{- end}}
}
`

// vips6 are all of them, those of IPv6 first.
func vips6(unicast bool) (list []netip.Addr) {
	texts := []string{"fe80::16", "2001:db8:1::16", "2001:db8:1::17", "203.0.113.17"}
	if !unicast {
		texts = append(texts, "2001:db8:2::16", "203.0.113.16")
	}
	for _, text := range texts {
		list = append(list, netip.MustParseAddr(text))
	}
	return list
}

// TestIPv6BesideKeepalived lets IPv6 addresses go over to a backup and come back,
// by a stop and by a cut cable, and looks at the adverts, at the addresses and at
// what a neighbour knows of them right afterwards.
func TestIPv6BesideKeepalived(t *testing.T) {
	t.Parallel()
	for _, unicast := range []bool{false, true} {
		for _, pair := range with(lab.Keepalived, true) {
			name := fmt.Sprintf("%s to %s", pair[0], pair[1])
			if unicast {
				name += " unicast"
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				newStory6(t, pair, unicast).tell()
			})
		}
	}
}

type story6 struct {
	t        *testing.T
	unicast  bool
	lb1, lb2 *lab.Host
	client   *lab.Host
	d1, d2   *lab.Director
	capture  *lab.Capture
}

func newStory6(t *testing.T, kinds [2]lab.Kind, unicast bool) *story6 {
	l := lab.New(t)
	net := l.Segment("lan")
	s := &story6{t: t, unicast: unicast}
	s.lb1 = l.Host("lb1", net, "198.51.100.1/24", "2001:db8::1/64")
	s.lb2 = l.Host("lb2", net, "198.51.100.2/24", "2001:db8::2/64")
	s.client = l.Host("client", net, "203.0.113.9/24", "2001:db8:1::9/64", "2001:db8:2::9/64")
	s.capture = net.Capture()
	t.Cleanup(func() {
		for _, d := range []*lab.Director{s.d1, s.d2} {
			if t.Failed() && d != nil {
				t.Logf("%s (%s):\n%s", d.Host.Name, d.Kind, dump(d))
			}
		}
	})
	start := func(h *lab.Host, kind lab.Kind, priority int, self, peer string) *lab.Director {
		return h.Start(lab.Config{Kind: kind, Text: config6, Data: struct {
			Priority   int
			Unicast    bool
			Self, Peer string
		}{priority, unicast, self, peer}})
	}
	s.d1 = start(s.lb1, kinds[0], high, "2001:db8::1", "2001:db8::2")
	s.d1.WaitLog("(six) Entering MASTER STATE", startLimit)
	s.d2 = start(s.lb2, kinds[1], low, "2001:db8::2", "2001:db8::1")
	s.d2.WaitLog("(six) Entering BACKUP STATE", startLimit)
	return s
}

// tell has the story's stages.
func (s *story6) tell() {
	s.holds(s.lb1, s.lb2)
	s.meet()
	s.known(s.lb1)

	s.d1.Stop()
	s.holds(s.lb2, s.lb1)
	s.known(s.lb2)
	s.d1.Restart()
	s.holds(s.lb1, s.lb2)
	s.known(s.lb1)

	s.lb1.Cut()
	lab.Eventually(s.t, settle, "lb2 takes over from the one that is cut off", func() bool { return s.has(s.lb2, true) })
	s.known(s.lb2)
	s.lb1.Heal()
	s.holds(s.lb1, s.lb2)
	s.known(s.lb1)

	s.judge()
	s.d2.Stop()
	s.d1.Stop()
	lab.Eventually(s.t, settle, "nobody has an address after the stop", func() bool { return s.has(s.lb1, false) && s.has(s.lb2, false) })
}

// has tells whether a host has all the addresses, or none.
func (s *story6) has(h *lab.Host, want bool) bool {
	there := h.Addrs()
	for _, a := range vips6(s.unicast) {
		if slices.Contains(there, a) != want {
			return false
		}
	}
	return true
}

func (s *story6) holds(on, off *lab.Host) {
	s.t.Helper()
	lab.Eventually(s.t, startLimit, on.Name+" alone has the addresses", func() bool { return s.has(on, true) && s.has(off, false) })
}

// meet lets the client know where every address is.
func (s *story6) meet() {
	s.t.Helper()
	for _, a := range vips6(s.unicast) {
		if a.IsLinkLocalUnicast() {
			a = a.WithZone("eth0")
		}
		lab.Eventually(s.t, settle, fmt.Sprintf("the client finds %v", a), func() bool {
			ctx, cancel := context.WithTimeout(s.t.Context(), 100*time.Millisecond)
			defer cancel()
			if c, err := s.client.Dial(ctx, "tcp", netip.Addr{}, netip.AddrPortFrom(a, 9)); err == nil {
				c.Close() // nobody listens, but it has been asked for
			}
			return s.client.Neighbour(a) != ""
		})
	}
}

// known ends the test unless the client, which asks for nothing, learns that a host
// has the addresses.
func (s *story6) known(h *lab.Host) {
	s.t.Helper()
	mac := h.Port().MAC.String()
	for _, a := range vips6(s.unicast) {
		lab.Eventually(s.t, settle, fmt.Sprintf("the client knows that %v is on %s", a, h.Name), func() bool {
			return s.client.Neighbour(a) == mac
		})
	}
}

// judge looks at the adverts over IPv6, and for complaints about them.
func (s *story6) judge() {
	s.t.Helper()
	want := vips6(s.unicast)[:3]
	from, to := [2]string{"", ""}, "ff02::13"
	if s.unicast {
		from = [2]string{"2001:db8::1", "2001:db8::2"}
	}
	seen := map[string]int{}
	for _, f := range s.capture.Adverts(vrid) {
		a := f.Advert
		if a.Src.Is4() {
			continue
		}
		n := 0
		if f.Src == s.lb2.Port().MAC.String() {
			n = 1
		}
		seen[f.Src]++
		switch {
		case a.TTL != 255 && !(s.unicast && a.TTL == 64): // keepalived leaves that to the kernel
			s.t.Errorf("hop limit %d in %+v", a.TTL, *a)
		case a.Version != 3 || a.Interval != 100*time.Millisecond || !slices.Equal(a.VIPs, want):
			s.t.Errorf("advert %+v, want the addresses %v", *a, want)
		case s.unicast && (a.Src.String() != from[n] || a.Dst.String() != from[1-n]):
			s.t.Errorf("unicast advert from %v to %v", a.Src, a.Dst)
		case !s.unicast && (!a.Src.IsLinkLocalUnicast() || slices.Contains(want, a.Src) || a.Dst.String() != to):
			s.t.Errorf("multicast advert from %v to %v", a.Src, a.Dst)
		}
	}
	if len(seen) != 2 {
		s.t.Errorf("adverts over IPv6 from %v, want both hosts'", seen)
	}
	for _, d := range []*lab.Director{s.d1, s.d2} {
		for _, text := range []string{"hecksum", "invalid", "expect", "mismatch", "not present", "error"} {
			n := d.CountLog(time.Time{}, text)
			if text == "error" { // keepalived's own: its send queue is full for a moment
				n -= d.CountLog(time.Time{}, "send advert error 105")
			}
			if n > 0 {
				s.t.Errorf("%s logs %q %d times:\n%s", d.Host.Name, text, n, d.Dump())
			}
		}
	}
}
