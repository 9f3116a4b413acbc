package config_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kactl/kactl/pkg/command"
	"github.com/kactl/kactl/pkg/config"
	"github.com/kactl/kactl/pkg/health"
	"github.com/kactl/kactl/pkg/lvs"
	"github.com/kactl/kactl/pkg/syntax"
)

func addr(s string) netip.Addr         { return netip.MustParseAddr(s) }
func addrPort(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }

func TestServiceOptions(t *testing.T) {
	r := read(t, `virtual_server 10.0.0.5 53 {
 protocol UDP
 lvs_sched mh
 mh-port
 flag-3
 hashed
 ops
 lvs_method TUN type gue port 5555 remcsum
 persistence_engine sip
 alpha
 omega
 ha_suspend
 quorum 3
 hysteresis 2
 quorum_up "/ok up" nobody
 quorum_down /ok
 smtp_alert off
 snmp_name dns
 weight 4
 sorry_server 10.0.0.8 53
 sorry_server_lvs_method TUN type gre csum
 sorry_server_inhibit
 real_server 10.0.0.9 53 {
  uthreshold 9
  lthreshold 3
  smtp_alert
  snmp_name one
 }
 real_server 10.0.0.10 53 {
  alpha off
  lvs_method DR
 }
}
`, syntax.Keepalived)
	yes, no := true, false
	ok := func(user string, words ...string) *command.Command { return &command.Command{Words: words, User: user} }
	gue := lvs.Tunnel{Type: lvs.GUE, Port: 5555, Checksum: lvs.RemoteChecksum}
	want := []lvs.VirtualServer{{
		ID:        lvs.ServiceID{Protocol: lvs.UDP, Addr: addrPort("10.0.0.5:53")},
		Scheduler: "mh",
		Sorry: &lvs.RealServer{Addr: addrPort("10.0.0.8:53"), Forward: lvs.TUN, Weight: 1,
			Tunnel: lvs.Tunnel{Type: lvs.GRE, Checksum: lvs.WithChecksum}},
		Reals: []lvs.RealServer{
			{Addr: addrPort("10.0.0.9:53"), Forward: lvs.TUN, Weight: 4,
				Tunnel: gue, UpperThreshold: 9, LowerThreshold: 3, Alpha: true, SMTPAlert: &yes, SNMPName: "one"},
			{Addr: addrPort("10.0.0.10:53"), Forward: lvs.DR, Weight: 4},
		},
		Flags: 6, Hashed: true, OnePacket: true, Engine: "sip", Alpha: true, Omega: true, HASuspend: true,
		Quorum: 3, Hysteresis: 2, QuorumUp: ok("nobody", "/ok", "up"), QuorumDown: ok("", "/ok"),
		SorryInhibit: true, SMTPAlert: &no, SNMPName: "dns",
	}}
	if d := cmp.Diff(want, r.Config.LVS.Services, values); d != "" {
		t.Errorf("(-want +got):\n%s\n%s", d, list(r.Diagnostics))
	}
}

// The daemon runs the services that the table of keywords says it acts on.
func TestServices(t *testing.T) {
	const body = "lvs_sched rr\nlvs_method NAT\nreal_server 10.0.0.9 {\n}\n}\n"
	r := read(t, `virtual_server_group g {
 10.0.0.5 80
 10.0.0.6-9 81
 10.0.1.0/30 82
 2001:db8::1-ff 83
 10.0.0.20-10.0.1.2
 fwmark 7
 fwmark 8 inet6
}
virtual_server fwmark 5 {
 ip_family inet
`+body+"virtual_server group g {\nprotocol TCP\npersistence_timeout 9\n"+body+
		"virtual_server 10.0.0.5 80 {\nprotocol SCTP\n"+body+"virtual_server 2001:db8::5 80 {\nprotocol TCP\npersistence_granularity 64\n"+
		"lvs_sched rr\nlvs_method DR\nreal_server 2001:db8::9 80 {\n}\n}\n", syntax.Keepalived)
	reals := func(a string) []lvs.RealServer {
		return []lvs.RealServer{{Addr: addrPort(a), Forward: lvs.NAT, Weight: 1}}
	}
	want := lvs.Settings{
		Services: []lvs.VirtualServer{
			{ID: lvs.ServiceID{Mark: 5, Family: 4}, Scheduler: "rr", Reals: reals("10.0.0.9:0"), Quorum: 1},
			{ID: lvs.ServiceID{Protocol: lvs.TCP}, Group: "g", Scheduler: "rr", Persistence: 9 * time.Second, Reals: reals("10.0.0.9:0"), Quorum: 1},
			{ID: lvs.ServiceID{Protocol: lvs.SCTP, Addr: addrPort("10.0.0.5:80")}, Scheduler: "rr", Reals: reals("10.0.0.9:80"), Quorum: 1},
			{
				ID:        lvs.ServiceID{Protocol: lvs.TCP, Addr: addrPort("[2001:db8::5]:80")},
				Scheduler: "rr", Netmask: addr("ffff:ffff:ffff:ffff::"), Quorum: 1,
				Reals: []lvs.RealServer{{Addr: addrPort("[2001:db8::9]:80"), Forward: lvs.DR, Weight: 1}},
			},
		},
		Groups: []lvs.Group{{Name: "g", Entries: []lvs.Entry{
			{First: addr("10.0.0.5"), Last: addr("10.0.0.5"), Port: 80},
			{First: addr("10.0.0.6"), Last: addr("10.0.0.9"), Port: 81},
			{First: addr("10.0.1.0"), Last: addr("10.0.1.3"), Port: 82},
			{First: addr("2001:db8::1"), Last: addr("2001:db8::ff"), Port: 83},
			{First: addr("10.0.0.20"), Last: addr("10.0.1.2")},
			{Mark: 7},
			{Mark: 8, Family: 6},
		}}},
	}
	if d := cmp.Diff(want, r.Config.LVS, values); d != "" {
		t.Errorf("(-want +got):\n%s\n%s", d, list(r.Diagnostics))
	}
	want.Services = want.Services[3:]
	if d := cmp.Diff(want, r.Config.Running().LVS, values); d != "" {
		t.Errorf("running (-want +got):\n%s", d)
	}
}

// By mark only NAT can reach a port of the server's own.
func TestPortsByMark(t *testing.T) {
	r := read(t, "virtual_server fwmark 5 {\nlvs_sched rr\nlvs_method NAT\nsorry_server 10.0.0.7 80\n"+
		"real_server 10.0.0.9 80 {\n}\nreal_server 10.0.0.8 80 {\nlvs_method DR\n}\n}\n", syntax.Keepalived)
	v := r.Config.LVS.Services[0]
	got := []netip.AddrPort{v.Sorry.Addr, v.Reals[0].Addr, v.Reals[1].Addr}
	want := []netip.AddrPort{addrPort("10.0.0.7:80"), addrPort("10.0.0.9:80"), addrPort("10.0.0.8:0")}
	if d := cmp.Diff(want, got, values); d != "" {
		t.Error(d)
	}
	if got, want := found(r.Diagnostics), "1:16 ~not-run, 7:1 port"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestChecks reads one check of each kind. The daemon may run the first two.
func TestChecks(t *testing.T) {
	r := read(t, `bfd_instance b {
 neighbor_ip 10.0.0.3
}
track_file f {
 file /etc/hostname
}
`+vs("", `TCP_CHECK {
 bind_if eth0
 fwmark 5
 alpha
 log_all_failures
}
HTTP_GET {
 http_protocol 1.0c
 fast_recovery
 url {
  path /
  regex "a b"
  regex_no_match
  regex_options caseless dotall
  regex_stack 10 20
  regex_min_offset 3
  regex_max_offset 4
 }
}
SSL_GET {
 enable_sni
 sni_name n
 tls_compliant
 virtualhost v
 url {
  path /s
  tls_compliant
 }
}
SMTP_CHECK {
 helo_name h
 connect_port 25
 host {
  connect_ip 10.0.0.20
  bindto 10.0.0.1
 }
 host {
  connect_port 26
  bind_if eth1
  fwmark 6
 }
}
DNS_CHECK {
 type mx
 name example.com
 delay_loop 7
}
UDP_CHECK {
 payload ab1 2
 require_reply 1X xf
 min_reply_length 2
 max_reply_length 9
}
PING_CHECK {
 retry 4
}
MISC_CHECK {
 misc_path "/ok x"
 misc_dynamic
 user nobody nogroup
 delay_loop 8
}
BFD_CHECK {
 name b
}
FILE_CHECK {
 track_file f
 weight -3 reverse
}`), syntax.Keepalived)
	at := addrPort("10.0.0.9:80")
	check := func(kind health.Kind, change func(*health.Check)) health.Check {
		const s = time.Second
		c := health.Check{Kind: kind, Target: at, Interval: 60 * s, RetryDelay: s, Retries: 1, Timeout: 5 * s, Warmup: 60 * s}
		change(&c)
		return c
	}
	weight := -3
	fine := []health.StatusRange{{First: 200, Last: 299}}
	server := r.Config.LVS.Services[0].Reals[0]
	want := []health.Check{
		check(health.TCP, func(c *health.Check) { c.Device, c.Mark, c.Alpha, c.LogAllFailures = "eth0", 5, true, true }),
		check(health.HTTP, func(c *health.Check) {
			c.RetryDelay = 3 * time.Second
			c.HTTP = &health.HTTPOptions{Version: "1.0C", FastRecovery: true}
			c.URLs = []health.URL{{Path: "/", Statuses: fine, Regex: &health.Regex{
				Pattern: "a b", NoMatch: true, Options: []string{"caseless", "dotall"}, StackStart: 10, StackMax: 20, MinOffset: 3, MaxOffset: 4,
			}}}
		}),
		check(health.SSL, func(c *health.Check) {
			c.RetryDelay = 3 * time.Second
			c.VirtualHost = "v"
			c.HTTP = &health.HTTPOptions{Version: "1.0", SNI: true, ServerName: "n", ServerHost: "v", TLSCompliant: true}
			c.URLs = []health.URL{{Path: "/s", Statuses: fine, TLSCompliant: true}}
		}),
	}
	if d := cmp.Diff(want, r.Config.Running().LVS.Services[0].Reals[0].Checks, values); d != "" {
		t.Errorf("checks that run (-want +got):\n%s", d)
	}
	want = append(want,
		check(health.SMTP, func(c *health.Check) {
			c.Target = addrPort("10.0.0.9:25")
			c.SMTP = &health.SMTPOptions{Helo: "h", Hosts: []health.Host{
				{Target: addrPort("10.0.0.20:25"), Bind: netip.AddrPortFrom(addr("10.0.0.1"), 0)},
				{Target: addrPort("10.0.0.9:26"), Device: "eth1", Mark: 6},
			}}
		}),
		check(health.DNS, func(c *health.Check) {
			c.Interval, c.RetryDelay, c.Warmup, c.Retries = 7*time.Second, 7*time.Second, 7*time.Second, 3
			c.DNS = &health.DNSQuery{Type: "MX", Name: "example.com"}
		}),
		check(health.UDP, func(c *health.Check) {
			c.UDP = &health.UDPExchange{Payload: []byte{0xab, 1, 2}, RequireReply: true, Reply: []byte{0x10, 0x0f}, Mask: []byte{0xf0, 0x0f}, MinReply: 2, MaxReply: 9}
		}),
		check(health.Ping, func(c *health.Check) { c.Retries = 4 }),
		check(health.Misc, func(c *health.Check) {
			c.Interval, c.Warmup, c.Retries = 8*time.Second, 8*time.Second, 0
			c.Misc = &health.MiscProgram{Timeout: 8 * time.Second, Dynamic: true,
				Command: &command.Command{Words: []string{"/ok", "x"}, User: "nobody", Group: "nogroup"}}
		}),
		health.Check{Kind: health.BFD, BFD: "b"},
		health.Check{Kind: health.File, File: &health.TrackedFile{Name: "f", Weight: &weight, Reverse: true}},
	)
	if d := cmp.Diff(want, server.Checks, values); d != "" {
		t.Errorf("checks (-want +got):\n%s\n%s", d, list(r.Diagnostics))
	}
}

// A program that cannot run takes its check with it.
func TestMiscCheckWithoutProgram(t *testing.T) {
	for text, want := range map[string]int{"misc_path /ok": 1, "misc_path /no": 0, "misc_path /ok\nuser x": 0} {
		r := read(t, vs("", "MISC_CHECK {\n"+text+"\n}"), syntax.Keepalived)
		if got := len(r.Config.LVS.Services[0].Reals[0].Checks); got != want {
			t.Errorf("%q: %d checks, want %d", text, got, want)
		}
	}
}

// What a block says at once is not said for each of its words.
func TestNoEffectIsSaidOnce(t *testing.T) {
	for text, want := range map[string]string{
		vs("", "UDP_CHECK {\nretry 3\nfwmark 5\n}\nTCP_CHECK {\n}"):                                             "7:1 ~no-effect",
		vs("", "TCP_CHECK {\nretry 3\nlog_all_failures\n}"):                                                     "9:1 ~no-effect",
		"virtual_server fwmark 5 {\nlvs_sched rr\nlvs_method DR\nquorum 1\nreal_server 10.0.0.9 {\nalpha\n}\n}": "1:16 ~not-run",
	} {
		if got := found(read(t, text, syntax.Keepalived).Diagnostics); got != want {
			t.Errorf("got %s, want %s\n%s", got, want, text)
		}
	}
}

// The name in the TLS handshake is the virtual host of the check, else of the
// service: keepalived 2.2.7 does not look at that of the real server, which the
// Host header has (measured). What is printed reads the same.
func TestServerHost(t *testing.T) {
	for _, tt := range []struct{ service, real, check, host, name string }{
		{"", "", "", "", ""},
		{"virtualhost s", "", "", "s", "s"},
		{"virtualhost s", "virtualhost r", "", "r", "s"},
		{"", "virtualhost r", "", "r", ""},
		{"virtualhost s", "virtualhost r", "virtualhost c", "c", "c"},
		{"", "", "virtualhost c", "c", "c"},
	} {
		text := vs(tt.service, tt.real+"\nSSL_GET {\nenable_sni\n"+tt.check+"\nurl {\npath /\n}\n}\n"+
			"SSL_GET {\n"+tt.check+"\nurl {\npath /\n}\n}\nSSL_GET {\nenable_sni\nvirtualhost own\nurl {\npath /\n}\n}")
		r := read(t, text, syntax.Keepalived)
		for range 2 {
			checks := r.Config.LVS.Services[0].Reals[0].Checks
			for i, want := range [][2]string{{tt.host, tt.name}, {tt.host, ""}, {"own", "own"}} {
				if got := [2]string{checks[i].VirtualHost, checks[i].HTTP.ServerHost}; got != want {
					t.Errorf("check %d: Host %q and name %q, want %q\n%s", i, got[0], got[1], want, text)
				}
			}
			var b strings.Builder
			if err := config.Print(&b, r.Config); err != nil {
				t.Fatal(err)
			}
			text = b.String()
			r = read(t, text, syntax.Keepalived)
		}
	}
}
