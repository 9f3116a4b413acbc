package vrrpd

import (
	"net/netip"
	"path"
	"strings"
	"time"

	"github.com/kactl/kactl/pkg/netstate"
	"github.com/kactl/kactl/pkg/vrrp"
)

// ownMark is in the names of those that own an interface that is made for an instance,
// between that of the instance and its own.
const ownMark = "\nlink\n"

// ownHurry is the time after which what could not be made is tried again.
const ownHurry = time.Second

// ownLinks are the interfaces that are made for instances (use_vmac, use_ipvlan).
type ownLinks struct {
	list []*ownLink
	// before is what kernel parameters of the interfaces below were, by path.
	before map[string]string
}

// An ownLink is one of them. It is there for as long as the one below it is.
type ownLink struct {
	owner string
	name  string
	below string
	parts []netstate.Part
	// arp says that it answers ARP for itself.
	arp bool
	// belowIndex is the interface below that it is made on, 0 is none. up says that it
	// is there, and switched on.
	belowIndex int
	up         bool
}

func newOwnLink(instance string, o *vrrp.OwnLink) *ownLink {
	items := []netstate.Item{netstate.LinkItem(&o.Link)}
	if a := o.Address; a.IsValid() {
		items = append(items, netstate.AddressItem(vrrp.Address{Prefix: netip.PrefixFrom(a, a.BitLen()), Device: o.Name}))
	}
	return &ownLink{
		owner: instance + ownMark + o.Name, name: o.Name, below: o.Below,
		parts: []netstate.Part{{Device: o.Name, Items: items}},
		arp:   o.Kind == "macvlan" && !o.IPv6,
	}
}

// configureOwn takes the interfaces of new settings. What they have no longer goes.
func (l *loop) configureOwn(s *vrrp.Settings) {
	known := map[string]*ownLink{}
	for _, o := range l.own.list {
		known[o.name] = o
	}
	var list []*ownLink
	used, owners := map[string]bool{}, map[string]bool{}
	for n := range s.Instances {
		i := &s.Instances[n]
		for k := range i.Own {
			o := newOwnLink(i.Name, &i.Own[k])
			if used[o.name] {
				continue // two instances may share one
			}
			used[o.name], owners[o.owner] = true, true
			if was := known[o.name]; was != nil {
				o.up = was.up
			}
			list = append(list, o)
		}
	}
	for _, o := range l.own.list {
		if !owners[o.owner] {
			defer l.net.Drop(o.owner) // another may have it now
		}
	}
	l.own.list = list
}

// setOwn makes all of them be there that can be.
func (l *loop) setOwn() {
	for _, o := range l.own.list {
		o.belowIndex = l.promotions.index[o.below]
		l.setOwnLink(o, o.belowIndex != 0)
	}
	l.setBelow()
}

func (l *loop) setOwnLink(o *ownLink, held bool) {
	l.net.Set(netstate.Want{Owner: o.owner, Parts: o.parts, Held: held, Quiet: true, Hurry: ownHurry})
}

// removeOwn removes them at the end.
func (l *loop) removeOwn() {
	for _, o := range l.own.list {
		l.setOwnLink(o, false)
	}
}

// ownReported follows an interface that was reported: one that is below one of ours, or
// one of ours that somebody has removed or switched off.
func (l *loop) ownReported(k Link) {
	below := false
	for _, o := range l.own.list {
		switch {
		case o.below == k.Name:
			if index := l.promotions.index[o.below]; l.synced && index != o.belowIndex {
				below, o.belowIndex = true, index
				l.setOwnLink(o, index != 0)
			}
		case o.name == k.Name:
			up := k.Up && !k.Gone
			if o.up && !up {
				l.net.LostLink(o.name)
			}
			o.up = up
		}
	}
	if below {
		l.setBelow()
	}
}

// reportOwn reports to the router that one could not be made.
func (l *loop) reportOwn(owner string) {
	_, name, _ := strings.Cut(owner, ownMark)
	if l.net.Trouble(owner).Err != nil {
		l.handle(vrrp.RouterEvent{Kind: vrrp.OwnLinkFailed, Interface: name})
	}
}

// belowSysctls keep an interface from answering ARP for the addresses of ours on it: it
// would tell neighbours its own hardware address. keepalived sets the same.
var belowSysctls = []string{"arp_ignore", "arp_filter"}

// setBelow sets kernel parameters of the interfaces below ours, and gives them back
// where there is none of ours any more.
func (l *loop) setBelow() {
	wanted := map[string]bool{}
	for _, o := range l.own.list {
		if !o.arp || o.belowIndex == 0 {
			continue
		}
		for _, name := range belowSysctls {
			file := path.Join("net/ipv4/conf", o.below, name)
			wanted[file] = true
			if _, done := l.own.before[file]; !done {
				l.own.before[file] = l.setBelowSysctl(file, "1")
			}
		}
	}
	for file := range l.own.before {
		if !wanted[file] {
			l.resetBelow(file)
		}
	}
}

// resetBelow gives a parameter back. That of an interface that is gone went with it.
func (l *loop) resetBelow(file string) {
	before := l.own.before[file]
	delete(l.own.before, file)
	if name := path.Base(path.Dir(file)); before != "1" && before != "" && l.promotions.index[name] != 0 {
		l.setBelowSysctl(file, before)
	}
}

func (l *loop) setBelowSysctl(file, value string) (before string) {
	before, err := l.sys.SetSysctl(file, value)
	if err != nil {
		l.log.Warn(err.Error())
	}
	return before
}

// resetAllBelow gives all parameters back at the end.
func (l *loop) resetAllBelow() {
	for file := range l.own.before {
		l.resetBelow(file)
	}
}
