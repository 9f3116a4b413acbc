package peers

import (
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/kactl/kactl/test/lab"
)

const ownInterfaces = `
global_defs {
    vmac_prefix pp
    vmac_addr_prefix qq
}
vrrp_instance A {
    interface eth0
    virtual_router_id 51
    version 3
    advert_int 0.2
    use_vmac
    use_vmac_addr
    virtual_ipaddress {
        198.51.100.16/24
        198.51.101.16/24 dev eth1
    }
    virtual_ipaddress_excluded {
        2001:db8::16/64
    }
}
vrrp_instance B {
    interface eth1
    virtual_router_id 52
    version 3
    advert_int 0.2
    use_vmac my3 02:01:02:03:04
    virtual_ipaddress {
        198.51.101.17/24
    }
    virtual_ipaddress_excluded {
        198.51.100.17/24 dev eth0 use_vmac
    }
}
vrrp_instance D {
    interface eth0
    virtual_router_id 54
    version 3
    advert_int 0.2
    use_ipvlan 198.51.100.44/24
    virtual_ipaddress {
        198.51.100.19/24
    }
}
`

// TestVMACKeywords holds which interfaces are made, with which names, hardware addresses
// and kernel parameters, and what is on them; keepalived does the same. What was set
// on the interfaces below is given back at the end, which keepalived does not do.
func TestVMACKeywords(t *testing.T) {
	t.Parallel()
	for _, kind := range []lab.Kind{lab.DefaultKind(), lab.Keepalived} {
		t.Run(string(kind), lab.Story(func(t testing.TB) {
			l := lab.New(t)
			h := l.Host("lb1", l.Segment("lan"), "198.51.100.1/24", "2001:db8::1/64")
			h.Attach(l.Segment("other"), "eth1", "198.51.101.1/24")
			d := h.Start(lab.Config{Kind: kind, Text: ownInterfaces})
			t.Cleanup(func() {
				if t.Failed() {
					t.Logf("%s:\n%s\n%s", kind, strings.Join(seen(h), "\n"), dump(d))
				}
			})
			const own = "accept_local=1 arp_ignore=1 promote_secondaries=1 rp_filter=0"
			want := []string{
				"eth0: 198.51.100.1 2001:db8::1",
				"eth1: 198.51.101.1",
				"my3 02:01:02:03:04:34: 198.51.101.17, " + own + " disable_ipv6=1 addr_gen_mode=1",
				"pp.51 00:00:5e:00:01:33: 198.51.100.16, " + own + " disable_ipv6=",
				"qq.51 00:00:5e:00:01:33: 198.51.101.16, " + own + " disable_ipv6=1 addr_gen_mode=1",
				"qq.52 02:01:02:03:04:34: 198.51.100.17, " + own + " disable_ipv6=1 addr_gen_mode=1",
				"qq6.51 00:00:5e:00:02:33: 2001:db8::16, accept_local=0 arp_ignore=0 promote_secondaries=0 rp_filter=0 disable_ipv6=0 addr_gen_mode=1",
			}
			lab.Eventually(t, startLimit, "all is there", func() bool {
				got := seen(h)
				return slices.EqualFunc(got, want, strings.HasPrefix)
			})
			// This kernel may have no ipvlan interfaces.
			d.WaitLog(map[lab.Kind]string{lab.Kactl: "(D) Entering FAULT STATE", lab.Keepalived: "(D): entering FAULT state (interface pp.54 down)"}[kind], startLimit)
			for _, base := range []string{"eth0", "eth1"} {
				if got := sysctls(h, base, 4, "arp_ignore", "arp_filter"); got != "arp_ignore=1 arp_filter=1" {
					t.Errorf("%s below them has %s", base, got)
				}
			}
			d.Stop()
			lab.Eventually(t, settle, "none is left", func() bool { return len(seen(h)) == 2 })
			if got := sysctls(h, "eth0", 4, "arp_ignore", "arp_filter"); kind == lab.Kactl && got != "arp_ignore=0 arp_filter=0" {
				t.Errorf("afterwards eth0 has %s", got)
			}
		}))
	}
}

// seen lists a host's interfaces: the name, the hardware address of those that were made,
// the addresses but for those of the link, and kernel parameters.
func seen(h *lab.Host) (list []string) {
	_ = h.Do(func() error {
		all, err := net.Interfaces()
		for _, i := range all {
			if i.Name == "lo" {
				continue
			}
			text := i.Name
			if !strings.HasPrefix(i.Name, "eth") {
				text += " " + i.HardwareAddr.String()
			}
			addrs, _ := i.Addrs()
			var words []string
			for _, a := range addrs {
				if n, ok := a.(*net.IPNet); ok && !n.IP.IsLinkLocalUnicast() {
					words = append(words, n.IP.String())
				}
			}
			slices.Sort(words)
			list = append(list, text+": "+strings.Join(words, " "))
		}
		return err
	})
	for n, text := range list {
		if name, _, _ := strings.Cut(text, " "); !strings.HasPrefix(name, "eth") {
			list[n] += ", " + sysctls(h, name, 4, "accept_local", "arp_ignore", "promote_secondaries", "rp_filter") + " " + sysctls(h, name, 6, "disable_ipv6", "addr_gen_mode")
		}
	}
	slices.Sort(list)
	return list
}

// sysctls words kernel parameters of an interface.
func sysctls(h *lab.Host, ifname string, version int, names ...string) string {
	var words []string
	_ = h.Do(func() error {
		for _, name := range names {
			value, _ := os.ReadFile(fmt.Sprintf("/proc/sys/net/ipv%d/conf/%s/%s", version, ifname, name))
			words = append(words, name+"="+strings.TrimSpace(string(value)))
		}
		return nil
	})
	return strings.Join(words, " ")
}
