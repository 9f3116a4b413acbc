package vrrpd

import "path"

// promotions are the interfaces on which secondary addresses stay when their primary
// one goes, because an instance asks for it (promote_secondaries).
type promotions struct {
	index map[string]int    // of all interfaces that there are, by name
	done  map[string]int    // the index of those that it was set on
	reset map[string]string // what it was before, where it was not set
}

func newPromotions() promotions {
	return promotions{index: map[string]int{}, done: map[string]int{}, reset: map[string]string{}}
}

// promoteLink takes note of an interface that was reported. One that is new has the
// system's own value.
func (l *loop) promoteLink(k Link) {
	p := &l.promotions
	switch {
	case k.Gone && p.index[k.Name] == k.Index:
		delete(p.index, k.Name)
		delete(p.done, k.Name)
		delete(p.reset, k.Name)
	case !k.Gone && p.index[k.Name] != k.Index:
		p.index[k.Name] = k.Index
		l.promote()
	}
}

// promote sets the sysctl where it is asked for, and gives it back where it is not any
// more, when the addresses are gone that the kernel would take others along with.
func (l *loop) promote() {
	p := &l.promotions
	wanted := l.promoted()
	for name := range wanted {
		index := p.index[name]
		if index == 0 || p.done[name] == index {
			continue
		}
		p.done[name] = index
		if before, ok := l.setPromotion(name, "1"); ok && before != "1" {
			p.reset[name] = before
		}
	}
	for name := range p.done {
		if !wanted[name] {
			l.net.Settled(name, func() {
				l.tasks.post(func() {
					if !l.promoted()[name] {
						l.demote(name)
					}
				})
			})
		}
	}
}

// promoted are the interfaces for which it is asked.
func (l *loop) promoted() map[string]bool {
	wanted := map[string]bool{}
	for _, i := range l.instances {
		if i.cfg.PromoteSecondaries && i.cfg.Interface != "" {
			wanted[i.cfg.Interface] = true
		}
	}
	return wanted
}

// demote gives the sysctl of an interface back.
func (l *loop) demote(name string) {
	p := &l.promotions
	delete(p.done, name)
	if before, ok := p.reset[name]; ok {
		delete(p.reset, name)
		l.setPromotion(name, before)
	}
}

// demoteAll gives it back at the end.
func (l *loop) demoteAll() {
	for name := range l.promotions.done {
		l.demote(name)
	}
}

func (l *loop) setPromotion(name, value string) (before string, ok bool) {
	before, err := l.sys.SetSysctl(path.Join("net/ipv4/conf", name, "promote_secondaries"), value)
	if err != nil {
		l.log.Warn(err.Error())
	}
	return before, err == nil
}
