package sim

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"

	"github.com/kactl/kactl/pkg/vrrp"
)

const (
	segments = 2
	maxHosts = 5
)

var deviceNames = [segments]string{"eth0", "eth1"}

// A plan is what the routers of a network are configured to be. They get the newest one
// with their next reload.
type plan struct {
	vrs        []virtual
	priorities [][]int // by virtual router, by host
	grouped    bool    // the first two are one sync group
	tracked    bool    // everything tracks the script
	filed      bool    // everything tracks the file, the group as such
	hosts      int
}

// A virtual is a virtual router.
type virtual struct {
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
	// What the settings say of elections.
	noPreempt    bool
	preemptDelay time.Duration
	lastAdvert   bool // of who gives way to a higher priority
	quiet        bool // no answer to a lower priority
}

func newPlan(random *rand.Rand, hosts int) plan {
	p := plan{hosts: hosts, grouped: random.IntN(2) == 0, tracked: random.IntN(2) == 0, filed: random.IntN(2) == 0}
	for k := range 1 + random.IntN(4) {
		v := newVirtual(random, k)
		if k == 2 && v.ipv6 != p.vrs[0].ipv6 {
			v.vrid = p.vrs[0].vrid // the family tells them apart
		}
		if random.IntN(4) == 0 {
			v.unicast = true
			if k == 2 && !p.vrs[0].unicast {
				v.vrid = p.vrs[0].vrid // the way that adverts are sent tells them apart
			}
		}
		p.vrs = append(p.vrs, v)
		p.priorities = append(p.priorities, priorities(random, hosts))
	}
	return p
}

func newVirtual(random *rand.Rand, k int) virtual {
	v := virtual{
		name: fmt.Sprintf("VI_%d", k), vrid: uint8(51 + k), segment: k % segments, version: 2, interval: time.Second,
		vips: []netip.Addr{vip(k, 1), vip(k, 2)}, group: group4(18), weight: -20 * random.IntN(3),
	}
	if random.IntN(2) == 0 { // where each may have an interval of its own, learned
		v.version, v.interval = 3, time.Duration(10+random.IntN(90))*10*time.Millisecond
		if random.IntN(2) == 0 {
			v.ipv6, v.group = true, group6(18)
			v.vips = []netip.Addr{v.vip(k, 1), v.vip(k, 2)}
		}
	}
	v.proven = random.IntN(2) == 0
	switch random.IntN(6) {
	case 0:
		v.noPreempt = true
	case 1:
		v.preemptDelay = time.Duration(1+random.IntN(30)) * 100 * time.Millisecond
	}
	v.lastAdvert, v.quiet = random.IntN(2) == 0, random.IntN(6) == 0
	return v
}

// priorities are mostly different for every host. The owner is one host at the most.
func priorities(random *rand.Rand, hosts int) (list []int) {
	same := random.IntN(8) == 0
	for len(list) < hosts {
		if x := 1 + random.IntN(254); same || !slices.Contains(list, x) {
			if same && len(list) > 0 && random.IntN(2) == 0 {
				x = list[0]
			}
			list = append(list, x)
		}
	}
	if random.IntN(10) == 0 {
		list[random.IntN(hosts)] = vrrp.PriorityOwner
	}
	return list
}

// priority is that of a host for a virtual router, where nothing is wrong. Members
// of a group have one.
func (p *plan) priority(host, vr int) int { return p.priorities[p.leader(vr)][host] }

// leader is the virtual router whose elections another one follows: in a group all
// go by the first.
func (p *plan) leader(vr int) int {
	if p.grouped && vr < 2 {
		return 0
	}
	return vr
}

func group4(n byte) netip.Addr { return netip.AddrFrom4([4]byte{224, 0, 0, n}) }
func group6(n byte) netip.Addr { return netip.AddrFrom16([16]byte{0: 0xff, 1: 2, 15: n}) }

func vip(k, n int) netip.Addr { return netip.AddrFrom4([4]byte{198, 51, byte(100 + k), byte(n)}) }

// vip is one of the router's family. The first over IPv6 is a link-local one.
func (v *virtual) vip(k, n int) netip.Addr {
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
