// Package peers tests VRRP beside other implementations, keepalived and FRR's
// vrrpd, on this machine's own kernel: with one of each in either role there
// is one master at a time, and neither logs of kactl's adverts what it would
// not log of another's.
//
// With KACTL_E2E_DIRECTOR=keepalived it takes kactl's place: the control run.
package peers

import (
	"flag"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/kactl/kactl/test/lab"
)

func TestMain(m *testing.M) {
	// All that run together: they wait for each other's timers, not for the
	// processor. The command line has the last word.
	_ = flag.Set("test.parallel", "20")
	lab.TestMain(urgent{m}, false, "keepalived", "nft:nftables", lab.VRRPD+":frr")
}

// urgent runs the tests, and not what prepares them, before other programs.
type urgent struct{ *testing.M }

func (u urgent) Run() int {
	lab.Urgent()
	return u.M.Run()
}

const config = `
global_defs {
   router_id {{.Host}}
}
vrrp_instance VI_1 {
    state {{.Data.State}}
    interface eth0
    virtual_router_id {{.Data.VRID}}
    priority {{.Data.Priority}}
    advert_int {{.Data.Interval.Seconds}}
{{- if eq .Data.Version 3}}
    version 3
{{- if .Data.HMAC}}
    auth_hmac {
        {{.Data.HMAC}}
    }
{{- end}}
{{- else}}
    authentication {
        auth_type {{if .Data.AH}}AH{{else}}PASS{{end}}
        auth_pass {{.Data.Password}}
    }
{{- end}}
    virtual_ipaddress {
        {{.Data.VIP}}
    }
{{- if .Data.Unicast}}
    unicast_src_ip {{.Data.Self}}
    unicast_peer {
       {{.Data.Peer}}
    }
{{- end}}
}
`

// A mode is how two peers speak.
type mode struct {
	Version  int
	Interval time.Duration
	Unicast  bool
	AH       bool   // version 2 in authentication headers
	HMAC     string // what auth_hmac has, of version 3
}

// slack is what a busy machine may add to any time limit: its kernel changes
// one address or interface at a time, those of all namespaces.
const slack = 1500 * time.Millisecond

// How long a program may take to start, and hosts and client to agree once a
// new master has begun.
const (
	startLimit = 10 * time.Second
	settle     = 3 * time.Second
)

// skew is how long a backup waits once the master has resigned, downTime how
// long once it has fallen silent (RFC 9568, 6.1; version 2 at an interval of
// one second has the same).
func (m mode) skew(priority byte) time.Duration {
	return m.Interval * time.Duration(256-int(priority)) / 256
}
func (m mode) downTime(priority byte) time.Duration { return 3*m.Interval + m.skew(priority) }

// A node is one peer's part.
type node struct {
	lab.Router
	Version    int
	Unicast    bool
	AH         bool
	HMAC       string
	Password   string
	State      string
	Self, Peer string
}

const vrid = 51

var (
	vip   = netip.MustParseAddr("203.0.113.16")
	addr1 = netip.MustParseAddr("198.51.100.1")
	addr2 = netip.MustParseAddr("198.51.100.2")
)

// What each logs when it becomes a backup, at its start too, or a master.
var (
	backupLog = map[lab.Kind]string{lab.Kactl: "Entering BACKUP STATE", lab.Keepalived: "Entering BACKUP STATE", lab.FRR: "-> Backup"}
	masterLog = map[lab.Kind]string{lab.Kactl: "Entering MASTER STATE", lab.Keepalived: "Entering MASTER STATE", lab.FRR: "-> Master"}
)

// A peering is two peers on one segment, and a client that asks for the
// address all the time.
type peering struct {
	mode
	lab      *lab.Lab
	segment  *lab.Segment
	lb1, lb2 *lab.Host
	d1, d2   *lab.Director
	probe    *lab.Probe
	capture  *lab.Capture
	turns    []turn
}

// newPeering starts lb1 with priority1 and, once it is master, lb2.
func newPeering(t testing.TB, kinds [2]lab.Kind, m mode, priority1, priority2 byte) *peering {
	t.Helper()
	l := lab.New(t)
	net := l.Segment("lan")
	p := &peering{lab: l, segment: net, mode: m}
	p.lb1 = l.Host("lb1", net, addr1.String()+"/24")
	p.lb2 = l.Host("lb2", net, addr2.String()+"/24")
	client := l.Host("client", net, "198.51.100.9/24")
	p.capture = net.Capture()
	p.probe = client.ProbeARP(vip, 10*time.Millisecond)
	t.Cleanup(func() {
		for _, d := range []*lab.Director{p.d1, p.d2} {
			if t.Failed() && d != nil {
				t.Logf("%s (%s):\n%s", d.Host.Name, d.Kind, dump(d))
			}
		}
	})
	start := func(h *lab.Host, kind lab.Kind, priority byte, self, peer netip.Addr) *lab.Director {
		r := lab.Router{VRID: vrid, Priority: priority, Interval: m.Interval, VIP: netip.PrefixFrom(vip, 24)}
		if kind == lab.FRR {
			return h.StartFRR(r)
		}
		state := "BACKUP"
		if priority1 > priority2 && h == p.lb1 && !m.AH {
			state = "MASTER"
		}
		return h.Start(lab.Config{Kind: kind, Text: config, Data: node{Router: r, Version: m.Version, Unicast: m.Unicast,
			AH: m.AH, HMAC: m.HMAC, Password: "1111", State: state, Self: self.String(), Peer: peer.String()}})
	}
	p.d1 = start(p.lb1, kinds[0], priority1, addr1, addr2)
	p.d1.WaitLog(masterLog[kinds[0]], startLimit+p.downTime(priority1))
	p.d2 = start(p.lb2, kinds[1], priority2, addr2, addr1)
	p.d2.WaitLog(backupLog[kinds[1]], startLimit)
	return p
}

// placed tells whether one host has the address and the other has not.
func (p *peering) placed(on, off *lab.Host) bool {
	has := func(h *lab.Host, want bool) bool {
		// With FRR an address stays where it is.
		return p.director(h).Kind == lab.FRR || h.HasAddr(vip) == want
	}
	return has(on, true) && has(off, false)
}

// alone tells whether one host has the address, and none but it has answered
// for it of late.
func (p *peering) alone(on, off *lab.Host) bool {
	owners := p.probe.Owners(time.Now().Add(-100 * time.Millisecond))
	return p.placed(on, off) && slices.Equal(owners, []string{on.Name})
}

// keeps ends the test unless the address stays for a time on a host that has
// had it since a moment.
func (p *peering) keeps(t testing.TB, since time.Time, on, off *lab.Host, d time.Duration) {
	t.Helper()
	lab.Always(t, d, on.Name+" keeps the address", func() bool {
		return p.placed(on, off) && !slices.Contains(p.probe.Owners(since), off.Name)
	})
}

func (p *peering) director(h *lab.Host) *lab.Director {
	if h == p.lb1 {
		return p.d1
	}
	return p.d2
}
