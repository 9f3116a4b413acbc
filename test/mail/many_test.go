package mail

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/test/lab"
)

const (
	manyServers = 1000
	// mostMails may be sent about all of them: eight single ones, and lists.
	mostMails = 10
	// A backup waits for three intervals: adverts that are not two apart are on time.
	maxAdvertGap = 2 * time.Second
	manyLimit    = 3 * time.Minute
)

// A thousand servers fail at once: a few mails name each of them, and the adverts of
// the virtual router of the same daemon stay on time.
func TestManyServersDown(t *testing.T) {
	l := lab.New(t)
	lan, outside := l.Segment("lan"), l.Segment("outside")
	lb := l.Host("lb", lan, "198.51.100.1/24")
	lb.Attach(outside, "eth1", "203.0.113.1/24")
	reals := l.Host("rs", lan, "198.51.100.11/24")
	lb.Route("10.9.0.0/16", netip.MustParseAddr("198.51.100.11"), "")
	everyAddress(t, reals, "10.9.0.0/16")
	web := reals.Serve(":80")
	mails := startMailServer(t, lb)

	servers := lab.Addresses("10.9.0.1", manyServers)
	d := lb.Start(lab.Config{Text: manyConfig(servers)})
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(d.Dump())
		}
	})
	up := netip.MustParseAddrPort("203.0.113.20:80")
	lab.Eventually(t, manyLimit, "all servers are up", func() bool { return len(lb.Reals(up)) == manyServers })
	d.WaitLog("Entering MASTER STATE", limit)
	mails.expect("start", service+fmt.Sprintf("UP | => Starting with quorum up 1+0=1 <= %d <=", manyServers))

	adverts := outside.Capture()
	failed, machine := time.Now(), lab.NewWitness()
	web.Stop()
	lab.Eventually(t, manyLimit, "no server is up", func() bool { return len(lb.Reals(up)) == 0 })
	var text strings.Builder
	count := 0
	lab.Eventually(t, manyLimit, "the mails name every server", func() bool {
		for _, m := range mails.read() {
			count++
			text.WriteString(m.subject + "\n" + m.body + "\n")
		}
		return strings.Count(text.String(), "of virtual server [203.0.113.20]:tcp:80 - DOWN") >= manyServers
	})
	for _, a := range servers {
		if want := fmt.Sprintf("Realserver [%v]:tcp:80 of virtual server [203.0.113.20]:tcp:80 - DOWN", a); !strings.Contains(text.String(), want) {
			t.Errorf("no mail has %q", want)
		}
	}
	if count > mostMails {
		t.Errorf("%d mails about %d servers, want at most %d", count, manyServers, mostMails)
	}
	frames, now, stalled := adverts.Adverts(51), time.Now(), machine.Stalled()
	last, longest := failed, time.Duration(0)
	for _, f := range frames {
		longest, last = max(longest, f.At.Sub(last)), f.At
	}
	longest = max(longest, now.Sub(last))
	t.Logf("%d mails in %v; adverts %v apart at the most; the machine stood still for %v at the most", count, now.Sub(failed), longest, stalled.Longest)
	if most := maxAdvertGap + stalled.Longest; longest > most {
		t.Errorf("%v between two adverts, want at most %v", longest, most)
	}
}

// everyAddress makes the host take each address of a network as its own.
func everyAddress(t *testing.T, h *lab.Host, network string) {
	t.Helper()
	n, err := netlink.ParseIPNet(network)
	if err != nil {
		t.Fatal(err)
	}
	err = h.Do(func() error {
		lo, err := netlink.LinkByName("lo")
		if err != nil {
			return err
		}
		return netlink.RouteAdd(&netlink.Route{LinkIndex: lo.Attrs().Index, Dst: n, Type: unix.RTN_LOCAL, Table: unix.RT_TABLE_LOCAL, Scope: netlink.SCOPE_HOST})
	})
	if err != nil {
		t.Fatal(err)
	}
}

func manyConfig(servers []netip.Addr) string {
	var b strings.Builder
	b.WriteString(`
global_defs {
    notification_email {
        ops@example.org
    }
    notification_email_from lb@example.net
    smtp_server 127.0.0.1
    smtp_connect_timeout 30
    router_id LB
    vrrp_rt_priority 50
}
vrrp_instance VI_1 {
    interface eth1
    virtual_router_id 51
    priority 200
    advert_int 1
    virtual_ipaddress {
        203.0.113.16/24
    }
}
virtual_server 203.0.113.20 80 {
    delay_loop 10
    lb_algo rr
    lb_kind NAT
    protocol TCP
    smtp_alert
`)
	for _, a := range servers {
		fmt.Fprintf(&b, "    real_server %v 80 {\n        TCP_CHECK {\n            connect_timeout 2\n            retry 0\n        }\n    }\n", a)
	}
	b.WriteString("}\n")
	return b.String()
}
