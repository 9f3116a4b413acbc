package config_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/kactl/kactl/pkg/config"
	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/syntax"
)

// TestHostAddress reads addresses with a mask or a range behind them, where
// keepalived cuts that off, and warns of each.
func TestHostAddress(t *testing.T) {
	instance := func(c *config.Config) netip.Addr { return c.VRRP.Instances[0].Source }
	check := func(of func(target, bind netip.AddrPort) netip.AddrPort) func(*config.Config) netip.Addr {
		return func(c *config.Config) netip.Addr {
			server := c.LVS.Services[0].Reals[0]
			x := server.Checks[0]
			if x.SMTP != nil {
				return of(x.SMTP.Hosts[0].Target, x.SMTP.Hosts[0].Bind).Addr()
			}
			return of(x.Target, x.Bind).Addr()
		}
	}
	target := check(func(target, _ netip.AddrPort) netip.AddrPort { return target })
	bind := check(func(_, bind netip.AddrPort) netip.AddrPort { return bind })
	for _, k := range []struct {
		name, text string // ADDRESS is what is tried
		base       string
		got        func(*config.Config) netip.Addr
	}{
		{"unicast_src_ip", vi("A", "unicast_peer {\n10.0.0.2\n}\nunicast_src_ip ADDRESS"), "10.0.0.9", instance},
		{"unicast_peer", vi("A", "unicast_peer {\nADDRESS\n}"), "10.0.0.9", func(c *config.Config) netip.Addr { return c.VRRP.Instances[0].Peers[0].Addr }},
		{"mcast_src_ip", vi("A", "mcast_src_ip ADDRESS"), "10.0.0.9", instance},
		{"mcast_dst_ip", vi("A", "mcast_dst_ip ADDRESS"), "224.0.0.9", func(c *config.Config) netip.Addr { return c.VRRP.Instances[0].Group }},
		{"vrrp_mcast_group4", "global_defs {\nvrrp_mcast_group4 ADDRESS\n}\n" + vi("A", ""), "224.0.0.9", func(c *config.Config) netip.Addr { return c.VRRP.Instances[0].Group }},
		{"vrrp_mcast_group6", "global_defs {\nvrrp_mcast_group6 ADDRESS\n}\n", "ff02::9", func(c *config.Config) netip.Addr { return c.Global.VRRP.Group6 }},
		{"connect_ip", vs("", "TCP_CHECK {\nconnect_ip ADDRESS\n}"), "10.0.0.77", target},
		{"bindto", vs("", "HTTP_GET {\nbindto ADDRESS\nurl {\npath /\nstatus_code 200\n}\n}"), "10.0.0.77", bind},
		{"connect_ip", vs("", "SMTP_CHECK {\nhost {\nconnect_ip ADDRESS\n}\n}"), "10.0.0.77", target},
		{"bindto", vs("", "SMTP_CHECK {\nhost {\nbindto ADDRESS\n}\n}"), "10.0.0.77", bind},
		{"sorry_server", vs("sorry_server ADDRESS 80", ""), "10.0.0.77", func(c *config.Config) netip.Addr { return c.LVS.Services[0].Sorry.Addr.Addr() }},
	} {
		for _, behind := range []string{"/24", "-19", "/", "-", "/none", "-none", "/999", "-19/24"} {
			written := k.base + behind
			r := read(t, strings.Replace(k.text, "ADDRESS", written, 1), syntax.Keepalived)
			if r.Status != config.OK || diag.Max(r.Diagnostics) > diag.Warning {
				t.Errorf("%s %s: status %d\n%s", k.name, written, r.Status, list(r.Diagnostics))
				continue
			}
			if got := k.got(r.Config); got.String() != k.base {
				t.Errorf("%s %s: got %v", k.name, written, got)
			}
			warned := 0
			for _, x := range r.Diagnostics {
				if x.Rule == "address" && x.Severity == diag.Warning && strings.Contains(x.Message, written) {
					warned++
				}
			}
			if warned != 1 {
				t.Errorf("%s %s: %d warnings, want 1\n%s", k.name, written, warned, list(r.Diagnostics))
			}
		}
		for _, behind := range []string{"/24-19", "x"} {
			written := k.base + behind
			r := read(t, strings.Replace(k.text, "ADDRESS", written, 1), syntax.Keepalived)
			if r.Status != config.Faulty {
				t.Errorf("%s %s: status %d, want %d\n%s", k.name, written, r.Status, config.Faulty, list(r.Diagnostics))
			}
		}
	}
}
