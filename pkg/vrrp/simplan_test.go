package vrrp

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"
)

const segments = 2

// A plan is what the routers of a simulated network are configured to be. They get
// the newest one with their next reload.
type plan struct {
	vrs        []vr
	priorities [][]int // by virtual router, by host
	grouped    bool    // the first two are one sync group
	tracked    bool    // everything tracks the script
	filed      bool    // everything tracks the file, the group as such
	hosts      int
}

// A vr is a virtual router.
type vr struct {
	name     string
	vrid     uint8
	segment  int
	version  uint8
	ipv6     bool
	interval time.Duration
	vips     []netip.Addr
	group    netip.Addr
	unicast  bool
	absent   bool
	weight   int // of the script
	// proven says that adverts are authenticated: in headers, or by signatures. turn
	// is how often the active key was changed.
	proven bool
	turn   int
}

func newPlan(random *rand.Rand, hosts int) plan {
	p := plan{hosts: hosts, grouped: random.IntN(2) == 0, tracked: random.IntN(2) == 0, filed: random.IntN(2) == 0}
	for k := range 1 + random.IntN(4) {
		v := vr{
			name: fmt.Sprintf("VI_%d", k), vrid: uint8(51 + k), segment: k % segments, version: 2, interval: time.Second,
			vips: []netip.Addr{vip(k, 1), vip(k, 2)}, group: netip.MustParseAddr("224.0.0.18"), weight: -20 * random.IntN(3),
		}
		if random.IntN(2) == 0 { // where each may have an interval of its own, learned
			v.version, v.interval = 3, time.Duration(10+random.IntN(90))*10*time.Millisecond
			if v.interval/centisecond%2 == 0 {
				v.ipv6, v.group = true, netip.MustParseAddr("ff02::12")
				v.vips = []netip.Addr{v.vip(k, 1), v.vip(k, 2)}
			}
		}
		if k == 2 && v.ipv6 != p.vrs[0].ipv6 {
			v.vrid = p.vrs[0].vrid // the family tells them apart
		}
		if random.IntN(4) == 0 {
			v.unicast = true
			if k == 2 && !p.vrs[0].unicast {
				v.vrid = p.vrs[0].vrid // the way that adverts are sent tells them apart
			}
		}
		v.proven = random.IntN(2) == 0
		p.vrs = append(p.vrs, v)
		p.priorities = append(p.priorities, priorities(random, hosts))
	}
	return p
}

// priorities are different for every host, none of them the owner's.
func priorities(random *rand.Rand, hosts int) (list []int) {
	for len(list) < hosts {
		if x := 40 + random.IntN(200); !slices.Contains(list, x) {
			list = append(list, x)
		}
	}
	return list
}

func vip(k, n int) netip.Addr { return netip.AddrFrom4([4]byte{198, 51, byte(100 + k), byte(n)}) }

// vip is one of the router's family. The first over IPv6 is a link-local one.
func (v *vr) vip(k, n int) netip.Addr {
	switch {
	case !v.ipv6:
		return vip(k, n)
	case n == 1:
		return netip.AddrFrom16([16]byte{0: 0xfe, 1: 0x80, 14: byte(100 + k), 15: 1})
	}
	return netip.AddrFrom16([16]byte{0: 0x20, 1: 1, 2: 0xd, 3: 0xb8, 14: byte(100 + k), 15: byte(n)})
}

// base is the address of a host on a segment, which adverts come from.
func base(host, segment int, ipv6 bool) netip.Addr {
	if ipv6 {
		return netip.AddrFrom16([16]byte{0: 0xfe, 1: 0x80, 15: byte(host + 1)}) // on every segment
	}
	return netip.AddrFrom4([4]byte{192, 0, byte(segment), byte(host + 1)})
}

// priority is that of a host for a virtual router, where nothing is wrong. Members
// of a group have one.
func (p *plan) priority(host, vr int) int {
	if p.grouped && vr < 2 {
		vr = 0
	}
	return p.priorities[vr][host]
}

// mutate changes the plan in one respect.
func (p *plan) mutate(random *rand.Rand) {
	k := random.IntN(len(p.vrs))
	v := &p.vrs[k]
	switch random.IntN(12) {
	case 10:
		v.turn++
	case 11:
		p.filed = !p.filed
	case 0: // one that nobody has: it may have moved to another
		a := v.vip(k, 3+random.IntN(5))
		if !slices.ContainsFunc(p.vrs, func(o vr) bool { return slices.Contains(o.vips, a) }) {
			v.vips = append(slices.Clip(v.vips), a)
			slices.SortFunc(v.vips, netip.Addr.Compare)
		}
	case 1:
		v.vips = v.vips[:1]
	case 2:
		if v.version == 3 {
			v.interval = time.Duration(10+random.IntN(90)) * 10 * time.Millisecond
		}
	case 3:
		v.absent = !v.absent
	case 4:
		v.name += "x"
	case 5:
		p.grouped = !p.grouped
	case 6:
		n := byte(18 + random.IntN(3))
		if v.group = netip.AddrFrom4([4]byte{224, 0, 0, n}); v.ipv6 {
			v.group = netip.AddrFrom16([16]byte{0: 0xff, 1: 2, 15: n})
		}
	case 7:
		p.tracked = !p.tracked
	case 8:
		p.priorities[k] = priorities(random, p.hosts)
	case 9: // an address moves from one to another
		if o := &p.vrs[random.IntN(len(p.vrs))]; o != v && o.segment == v.segment && o.ipv6 == v.ipv6 && len(v.vips) > 1 {
			last := len(v.vips) - 1
			o.vips = append(slices.Clip(o.vips), v.vips[last])
			v.vips = v.vips[:last]
		}
	}
}

// settings are those of a host.
func (p *plan) settings(host int) *Settings {
	s := &Settings{Scripts: []Script{{Name: "chk"}}, Files: []File{{Name: "f"}}}
	var members []string
	for k := range p.vrs {
		v := &p.vrs[k]
		if v.absent {
			continue
		}
		eth := fmt.Sprintf("eth%d", v.segment)
		i := testInstance(uint8(p.priority(host, k)))
		i.Name, i.Interface, i.VRID, i.Version, i.AdvertInterval, i.Group = v.name, eth, v.vrid, v.version, v.interval, v.group
		i.Addresses = nil
		if i.Family = 4; v.ipv6 {
			i.Family = 6
		}
		for _, a := range v.vips {
			i.Addresses = append(i.Addresses, Address{Prefix: netip.PrefixFrom(a, a.BitLen()), Device: eth})
		}
		i.Excluded = []Address{{Prefix: netip.PrefixFrom(vip(k, 99), 32), Device: fmt.Sprintf("eth%d", (v.segment+1)%segments)}}
		switch {
		case v.version == 3 && v.proven:
			i.Auth, i.HMAC = Auth{}, HMAC{Window: 5 * time.Second, Active: uint8(1 + (host+v.turn)%3)}
			for _, id := range []string{"1:a", "2:b", "3:c"} {
				i.HMAC.Keys = append(i.HMAC.Keys, parseKey(id))
			}
		case v.version == 3:
			i.Auth = Auth{}
		case v.proven:
			i.Auth = ahAuth("1111")
		}
		if p.tracked {
			i.Tracks = []Track{{Kind: TrackScript, Name: "chk", Weight: v.weight}}
		}
		inGroup := k < 2 && p.grouped
		if p.filed && !inGroup {
			i.Tracks = append(i.Tracks, Track{Kind: TrackFile, Name: "f", Weight: 1})
		}
		if v.unicast {
			for o := range p.hosts {
				if o != host {
					i.Peers = append(i.Peers, Peer{Addr: base(o, v.segment, v.ipv6), MaxTTL: 255})
				}
			}
		}
		if k < 2 {
			members = append(members, i.Name)
			if p.grouped && p.tracked {
				i.Tracks[0].Weight = 0 // members have one priority
			}
		}
		s.Instances = append(s.Instances, i)
	}
	if p.grouped && len(members) > 0 {
		s.Groups = []SyncGroup{{Name: "G", Members: members}}
		if p.filed {
			s.Groups[0].Tracks = []Track{{Kind: TrackFile, Name: "f", Weight: 1}}
		}
	}
	return s
}
