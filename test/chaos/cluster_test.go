package chaos

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"github.com/kactl/kactl/test/lab"
)

// config has three virtual routers: one that all programs share, and two in a sync
// group, one of each version, which FRR has not.
const config = `
global_defs {
    router_id {{.Host}}
}
vrrp_sync_group both {
    group {
        two
        three
    }
}
vrrp_instance one {
    interface eth0
    version 3
    virtual_router_id 51
    priority {{.Data.One}}
    advert_int 0.2
    garp_master_delay 1
    garp_master_refresh 5
    virtual_ipaddress {
        203.0.113.51/32
    }
}
vrrp_instance two {
    interface eth0
    version 2
    virtual_router_id 52
    priority {{.Data.Both}}
    advert_int 1
    garp_master_delay 1
    garp_master_refresh 5
    authentication {
        auth_type PASS
        auth_pass 1111
    }
    virtual_ipaddress {
        203.0.113.52/32
    }
}
vrrp_instance three {
    interface eth0
    version 3
    virtual_router_id 53
    priority {{.Data.Both}}
    advert_int 0.5
    garp_master_delay 1
    garp_master_refresh 5
    virtual_ipaddress {
        203.0.113.53/32
    }
    virtual_ipaddress_excluded {
        203.0.113.54/32
    }
}
`

// vips are the virtual addresses. The first is the one that FRR has too.
var vips = []netip.Addr{
	netip.MustParseAddr("203.0.113.51"), netip.MustParseAddr("203.0.113.52"),
	netip.MustParseAddr("203.0.113.53"), netip.MustParseAddr("203.0.113.54"),
}

// priorities are a node's, which are different for all.
type priorities struct{ One, Both byte }

// A node is a host with a program.
type node struct {
	*lab.Host
	director *lab.Director
	priorities
	before string // what the host had before the program
}

// A cluster is five nodes on one segment, one that looks for owners by ARP, and a
// client, which is a neighbour like any other.
type cluster struct {
	t      *testing.T
	random *rand.Rand
	nodes  []*node
	probes []*lab.Probe
	client *lab.Host
	lab    *lab.Lab
	done   int
}

var kinds = []lab.Kind{lab.Kactl, lab.Keepalived, lab.FRR, lab.Kactl, lab.Keepalived}

func newCluster(t *testing.T, random *rand.Rand) *cluster {
	t.Helper()
	l := lab.New(t)
	net := l.Segment("lan")
	c := &cluster{t: t, random: random, lab: l}
	c.client = l.Host("client", net, "198.51.100.9/24")
	c.client.Route("203.0.113.0/24", netip.Addr{}, "eth0")
	watcher := l.Host("watcher", net, "198.51.100.8/24")
	for _, vip := range vips {
		c.probes = append(c.probes, watcher.ProbeARP(vip, 50*time.Millisecond))
	}
	one, both := random.Perm(len(kinds)), random.Perm(len(kinds))
	for i, kind := range kinds {
		n := &node{Host: l.Host(fmt.Sprintf("n%d", i+1), net, fmt.Sprintf("198.51.100.%d/24", 11+i))}
		n.priorities = priorities{byte(100 + 10*one[i]), byte(100 + 10*both[i])}
		n.Sysctl("net/ipv4/conf/all/arp_ignore", "1")
		n.before = n.state(t)
		if kind == lab.FRR {
			n.director = n.StartFRR(lab.Router{VRID: 51, Priority: n.One, Interval: 200 * time.Millisecond, VIP: netip.PrefixFrom(vips[0], 32)})
		} else {
			n.director = n.Start(lab.Config{Kind: kind, Text: config, Data: n.priorities})
		}
		c.nodes = append(c.nodes, n)
	}
	t.Cleanup(func() {
		if t.Failed() {
			for _, n := range c.nodes {
				t.Logf("%s (%s):\n%s", n.Name, n.director.Kind, n.director.Dump())
			}
		}
	})
	return c
}

// plays says whether the node has a part in a virtual router.
func (n *node) plays(vip int) bool { return vip == 0 || n.director.Kind != lab.FRR }

// best is the node that is to have an address.
func (c *cluster) best(vip int) (best *node) {
	for _, n := range c.nodes {
		if n.plays(vip) && (best == nil || n.priority(vip) > best.priority(vip)) {
			best = n
		}
	}
	return best
}

func (n *node) priority(vip int) byte {
	if vip == 0 {
		return n.One
	}
	return n.Both
}
