// Package mail tests that mails reach a mail server, Debian's Exim, with what
// keepalived writes in them: each story is played with keepalived as well, and wants
// the same of both.
package mail

import (
	"strings"
	"testing"
	"time"

	"github.com/kactl/kactl/test/lab"
)

func TestMain(m *testing.M) {
	lab.TestMain(m, true, "keepalived", "exim4:exim4-daemon-light")
}

// limit is the time that a mail may take: a guest has one slow processor.
const limit = time.Minute

const config = `
global_defs {
    notification_email {
        ops@example.org
    }
    notification_email_from lb@example.net
    smtp_server 127.0.0.1
    smtp_connect_timeout 30
    router_id LB
    {{.Data}}
}
vrrp_instance VI_1 {
    interface eth1
    virtual_router_id 51
    priority 200
    advert_int 1
    smtp_alert
    virtual_ipaddress {
        203.0.113.16/24
    }
}
vrrp_instance quiet {
    interface eth1
    virtual_router_id 52
    priority 200
    advert_int 1
    smtp_alert off
    virtual_ipaddress {
        203.0.113.17/24
    }
}
virtual_server 203.0.113.20 80 {
    delay_loop 1
    lb_algo rr
    lb_kind NAT
    protocol TCP
    smtp_alert
    real_server 198.51.100.11 80 {
        TCP_CHECK {
            connect_timeout 2
            retry 0
        }
    }
    real_server 198.51.100.12 80 {
        HTTP_GET {
            url {
                path /
                status_code 200
            }
            connect_timeout 2
            retry 0
        }
    }
}
virtual_server 203.0.113.21 80 {
    delay_loop 1
    lb_algo rr
    lb_kind NAT
    protocol TCP
    real_server 198.51.100.11 80 {
        smtp_alert off
        TCP_CHECK {
            connect_timeout 2
            retry 0
        }
    }
}
`

const (
	instance = "[LB] VRRP Instance VI_1 - Entering %s state | => VRRP Instance is no longer owning VRRP VIPs <="
	master   = "[LB] VRRP Instance VI_1 - Entering MASTER state | => VRRP Instance is now owning VRRP VIPs <="
	service  = "[LB] Virtualserver [203.0.113.20]:tcp:80 - "
	rs1      = "[LB] Realserver [198.51.100.11]:tcp:80 of virtual server [203.0.113.20]:tcp:80 - "
	rs2      = "[LB] Realserver [198.51.100.12]:tcp:80 of virtual server [203.0.113.20]:tcp:80 - "
)

func entering(state string) string { return strings.Replace(instance, "%s", state, 1) }

// both plays a story with kactl and with keepalived.
func both(t *testing.T, story func(t *testing.T, kind lab.Kind)) {
	for _, kind := range []lab.Kind{lab.Kactl, lab.Keepalived} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			story(t, kind)
		})
	}
}

type network struct {
	lb       *lab.Host
	uplink   *lab.Port
	web1     *lab.Server
	web2     *lab.Server
	server   *mailServer
	director *lab.Director
}

func start(t *testing.T, kind lab.Kind, more string) *network {
	t.Helper()
	l := lab.New(t)
	lan, outside := l.Segment("lan"), l.Segment("outside")
	n := &network{lb: l.Host("lb", lan, "198.51.100.1/24")}
	n.uplink = n.lb.Attach(outside, "eth1", "203.0.113.1/24")
	n.web1, n.web2 = l.Host("rs1", lan, "198.51.100.11/24").Serve(":80"), l.Host("rs2", lan, "198.51.100.12/24").Serve(":80")
	n.server = startMailServer(t, n.lb)
	n.director = n.lb.Start(lab.Config{Kind: kind, Text: config, Data: more})
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%s:\n%s", kind, n.director.Dump())
		}
	})
	return n
}

func TestMail(t *testing.T) {
	both(t, func(t *testing.T, kind lab.Kind) {
		n := start(t, kind, "")
		n.server.expect("start", service+"UP | => Starting with quorum up 1+0=1 <= 2 <=", entering("BACKUP"), master)
		n.uplink.Cut()
		n.server.expect("link down", entering("FAULT"))
		n.uplink.Heal()
		n.server.expect("link up", entering("BACKUP"), master)
		n.web1.Stop()
		n.server.expect("one server down", rs1+"DOWN | => TCP CHECK failed on service <=")
		n.web2.Stop()
		n.server.expect("both servers down", rs2+"DOWN | => CHECK failed on service : HTTP request failed <=", service+"DOWN | => Lost quorum 1+0=1 <= 0 <=")
		n.web1.Start()
		n.server.expect("one server up", rs1+"UP | => TCP CHECK succeed on service <=", service+"UP | => Gained quorum 1+0=1 <= 1 <=")
		n.web2.Start()
		n.server.expect("both servers up", rs2+"UP | => CHECK succeed on service <=")
	})
}

// What is left out by no_email_faults and no_checker_emails.
func TestFewerMails(t *testing.T) {
	both(t, func(t *testing.T, kind lab.Kind) {
		n := start(t, kind, "no_email_faults\nno_checker_emails")
		n.server.expect("start", service+"UP | => Starting with quorum up 1+0=1 <= 2 <=", entering("BACKUP"), master)
		n.uplink.Cut()
		n.director.WaitLog("Entering FAULT STATE", limit)
		n.uplink.Heal()
		n.server.expect("link up", entering("BACKUP"), master)
		n.web1.Stop()
		n.server.expect("one server down", rs1+"DOWN | => TCP CHECK failed on service <=")
		n.web1.Start()
		n.server.expect("one server up", rs1+"UP | => TCP CHECK succeed on service <=")
	})
}

// Mails outlive a server that is away for a while. keepalived loses them.
func TestServerAway(t *testing.T) {
	n := start(t, lab.Kactl, "")
	n.server.expect("start", service+"UP | => Starting with quorum up 1+0=1 <= 2 <=", entering("BACKUP"), master)
	n.server.stop()
	n.uplink.Cut()
	n.director.WaitLog("Mails cannot be sent, trying again", limit)
	healed := time.Now()
	n.uplink.Heal()
	n.director.WaitLogSince(healed, "Entering MASTER STATE", limit)
	n.server.start()
	n.server.expect("the server is back", entering("FAULT"), entering("BACKUP"), master)
	n.director.WaitLog("Mails can be sent again", limit)
}
