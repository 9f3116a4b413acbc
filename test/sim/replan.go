package sim

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"
)

// change changes the plan.
func (p *plan) change(random *rand.Rand) {
	k := random.IntN(len(p.vrs))
	v := &p.vrs[k]
	switch random.IntN(15) {
	case 0: // an address that nobody has: it may have moved to another
		a := v.vip(k, 3+random.IntN(5))
		if !slices.ContainsFunc(p.vrs, func(o virtual) bool { return slices.Contains(o.vips, a) }) {
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
		if v.group = group4(n); v.ipv6 {
			v.group = group6(n)
		}
	case 7:
		p.tracked = !p.tracked
	case 8:
		p.priorities[k] = priorities(random, p.hosts)
	case 9:
		p.move(v, &p.vrs[random.IntN(len(p.vrs))])
	case 10:
		v.turn++
	case 11:
		p.filed = !p.filed
	case 12:
		v.noPreempt, v.preemptDelay = !v.noPreempt, 0
	case 13:
		v.noPreempt, v.preemptDelay = false, time.Duration(random.IntN(30))*100*time.Millisecond
	case 14:
		v.lastAdvert = !v.lastAdvert
	}
}

// move moves an address from one virtual router to another.
func (p *plan) move(v, o *virtual) {
	if o != v && o.segment == v.segment && o.ipv6 == v.ipv6 && len(v.vips) > 1 {
		last := len(v.vips) - 1
		o.vips = append(slices.Clip(o.vips), v.vips[last])
		v.vips = v.vips[:last]
	}
}
