package peers

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/kactl/kactl/test/lab"
)

// TestAH takes over and back within authentication headers.
func TestAH(t *testing.T) {
	t.Parallel()
	logs := &logbook{}
	t.Run("stories", func(t *testing.T) {
		for _, unicast := range []bool{false, true} {
			stories(t, logs, mode{Version: 2, Interval: time.Second, Unicast: unicast, AH: true}, true, with(lab.Keepalived, true)...)
		}
	})
	logs.judge(t)
}

// Two routers with different passwords are two masters, as with keepalived, and one
// again once they have the same.
func TestAHWrongPassword(t *testing.T) {
	t.Parallel()
	for _, pair := range with(lab.Keepalived, true) {
		t.Run(string(pair[0])+" to "+string(pair[1]), func(t *testing.T) {
			t.Parallel()
			p := newPeering(t, pair, mode{Version: 2, Interval: time.Second, AH: true}, high, low)
			password := func(word string) {
				p.d2.Configure(config, node{
					Router:  lab.Router{VRID: vrid, Priority: low, Interval: p.Interval, VIP: netip.PrefixFrom(vip, 24)},
					Version: 2, AH: true, Password: word, State: "BACKUP",
				})
				p.d2.Reload()
			}
			lab.Eventually(t, settle, "lb1 alone has the address", func() bool { return p.placed(p.lb1, p.lb2) })
			password("2222")
			down := p.downTime(low) + slack
			lab.Eventually(t, startLimit+down, "both have the address", func() bool { return p.lb1.HasAddr(vip) && p.lb2.HasAddr(vip) })
			for _, d := range []*lab.Director{p.d1, p.d2} {
				d.WaitLog("(VI_1) IPSEC-AH : invalid IPSEC HMAC-MD5 value", down)
			}
			for _, d := range []*lab.Director{p.d1, p.d2} {
				if log := d.Dump(); strings.Contains(log, "1111") || strings.Contains(log, "2222") {
					t.Errorf("a password is in the log of %s", d.Kind)
				}
			}
			password("1111")
			lab.Eventually(t, startLimit+down, "lb1 alone has the address", func() bool { return p.placed(p.lb1, p.lb2) })
		})
	}
}

// beside has a router of each kind on one interface.
const besideConfig = `
vrrp_instance AH {
    interface eth0
    virtual_router_id 51
    priority {{.Data}}
    advert_int 1
    authentication {
        auth_type AH
        auth_pass first
    }
    virtual_ipaddress {
        203.0.113.51/24
    }
}
vrrp_instance PASS {
    interface eth0
    virtual_router_id 52
    priority {{.Data}}
    advert_int 1
    authentication {
        auth_type PASS
        auth_pass second
    }
    virtual_ipaddress {
        203.0.113.52/24
    }
}
`

// An instance with a password runs beside one with authentication headers.
func TestPassBesideAH(t *testing.T) {
	t.Parallel()
	for _, pair := range with(lab.Keepalived, true) {
		t.Run(string(pair[0])+" to "+string(pair[1]), func(t *testing.T) {
			t.Parallel()
			l := lab.New(t)
			lan := l.Segment("lan")
			lb1, lb2 := l.Host("lb1", lan, "198.51.100.1/24"), l.Host("lb2", lan, "198.51.100.2/24")
			capture := lan.Capture()
			d1 := lb1.Start(lab.Config{Kind: pair[0], Text: besideConfig, Data: high})
			d2 := lb2.Start(lab.Config{Kind: pair[1], Text: besideConfig, Data: low})
			defer func() {
				if t.Failed() {
					t.Log(dump(d1), dump(d2))
				}
			}()
			both := func(on, off *lab.Host) func() bool {
				first, second := netip.MustParseAddr("203.0.113.51"), netip.MustParseAddr("203.0.113.52")
				return func() bool {
					return on.HasAddr(first) && on.HasAddr(second) && !off.HasAddr(first) && !off.HasAddr(second)
				}
			}
			lab.Eventually(t, startLimit, "lb1 has both addresses", both(lb1, lb2))
			for vrid, auth := range map[byte]byte{51: 2, 52: 1} {
				capture.WaitFor(time.Now(), settle, "lb1 advertises", func(f lab.Frame) bool {
					return f.Advert != nil && f.Advert.VRID == vrid && f.Advert.AuthType == auth && l.NameOf(f.Src) == "lb1"
				})
			}
			lb1.Cut()
			lab.Eventually(t, 4*time.Second+slack, "lb2 has both addresses", func() bool {
				return lb2.HasAddr(netip.MustParseAddr("203.0.113.51")) && lb2.HasAddr(netip.MustParseAddr("203.0.113.52"))
			})
			lb1.Heal()
			lab.Eventually(t, 4*time.Second+slack, "lb1 has both addresses again", both(lb1, lb2))
		})
	}
}
