package main

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/kactl/kactl/test/lab"
)

// The instances of a director: so many on each of so many interfaces.
const (
	links     = 4
	perLink   = 250
	instances = links * perLink
)

// The priorities of the master and the backup.
const (
	high = 150
	low  = 100
)

// vip is the virtual address of an instance. VRIDs begin with 1.
func vip(link, vrid int) netip.Addr { return netip.AddrFrom4([4]byte{198, 18, byte(link), byte(vrid)}) }

// A network is some segments, and hosts that have an interface on each.
type network struct {
	lab      *lab.Lab
	segments []*lab.Segment
	hosts    int
}

func newNetwork(t lab.T, segments int) *network {
	n := &network{lab: lab.New(t)}
	for i := range segments {
		n.segments = append(n.segments, n.lab.Segment(fmt.Sprintf("lan%d", i)))
	}
	return n
}

// A host has interfaces eth0, eth1 ..., one on each segment.
type host struct {
	*lab.Host
	macs []net.HardwareAddr
}

func (n *network) host(name string) host {
	n.hosts++
	var h host
	for i, s := range n.segments {
		addr := fmt.Sprintf("198.19.%d.%d/24", i, n.hosts)
		if i == 0 {
			h.Host = n.lab.Host(name, s, addr)
			h.macs = append(h.macs, h.Port().MAC)
		} else {
			h.macs = append(h.macs, h.Attach(s, fmt.Sprintf("eth%d", i), addr).MAC)
		}
	}
	return h
}

// realTime is what a director's file has for a busy machine.
const realTime = `    vrrp_rt_priority 50
    vrrp_no_swap
    vrrp_rlimit_rttime 1000000
`

// A config is the instances of one director, one virtual address each.
type config struct {
	priority       int
	interval       time.Duration
	links, perLink int
	global         string // more lines of global_defs
}

func (c config) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "global_defs {\n    router_id bench\n%s}\n", c.global)
	for link := range c.links {
		for vrid := 1; vrid <= c.perLink; vrid++ {
			fmt.Fprintf(&b, `vrrp_instance V%d_%d {
    state BACKUP
    interface eth%d
    virtual_router_id %d
    priority %d
    version 3
    advert_int %v
    virtual_ipaddress {
        %v
    }
}
`, link, vrid, link, vrid, c.priority, c.interval.Seconds(), vip(link, vrid))
		}
	}
	return b.String()
}

// all is the configuration of a director with all instances.
func all(priority int, interval time.Duration) config {
	return config{priority: priority, interval: interval, links: links, perLink: perLink}
}

// start starts a director with a configuration.
func (h host) start(kind lab.Kind, c config) *lab.Director {
	return h.Start(lab.Config{Kind: kind, Text: c.String()})
}

// A pair is a master of all instances and their backup.
type pair struct {
	active, passive host
	master, subject *lab.Director
}

// pair starts keepalived as the master, and the subject as the backup. It tells
// whether that is what they are.
func (r *run) pair(n *network, kind lab.Kind, interval time.Duration) (p pair, ok bool) {
	p = pair{active: n.host("master"), passive: n.host("subject")}
	c := all(high, interval)
	c.global = realTime // what else runs must not silence the master
	p.master = p.active.start(lab.Keepalived, c)
	r.await(p.master, toMaster, instances)
	p.subject = p.passive.start(kind, all(low, interval))
	r.await(p.subject, toBackup, instances)
	time.Sleep(settle) // the master has announced once more
	return p, r.stays(p.subject)
}
