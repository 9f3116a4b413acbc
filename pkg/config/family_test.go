package config_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/kactl/kactl/pkg/config"
	"github.com/kactl/kactl/pkg/iproute"
	"github.com/kactl/kactl/pkg/syntax"
	"github.com/kactl/kactl/pkg/vrrp"
)

// shape is what the families of an instance show in.
func shape(x vrrp.Instance) string {
	list := func(as []iproute.Address) string {
		var out []string
		for _, a := range as {
			out = append(out, a.Prefix.Addr().String())
		}
		return strings.Join(out, ",")
	}
	var peers []string
	for _, p := range x.Peers {
		peers = append(peers, p.Addr.String())
	}
	text := func(a netip.Addr) string {
		if !a.IsValid() {
			return ""
		}
		return a.String()
	}
	return fmt.Sprintf("%d: %s | %s | source %s group %s peers %s", x.Family,
		list(x.Addresses), list(x.Excluded), text(x.Source), text(x.Group), strings.Join(peers, ","))
}

// A virtual router is of one family, which its first address sets; excluded
// addresses may be of the other. What is printed reads the same.
func TestFamily(t *testing.T) {
	const head = "interface eth0\nvirtual_router_id 5\n"
	for _, tt := range []struct{ name, lines, globals, want string }{
		{"IPv4", "virtual_ipaddress {\n10.0.0.5\n}\nvirtual_ipaddress_excluded {\n10.0.0.6\n2001:db8::6\n10.0.0.7\n}", "",
			"4: 10.0.0.5 | 10.0.0.6,2001:db8::6,10.0.0.7 | source  group 224.0.0.18 peers "},
		{"IPv6", "virtual_ipaddress {\nfe80::5\n2001:db8::5\n10.0.0.5\n}\nvirtual_ipaddress_excluded {\n10.0.0.6\n2001:db8::6\n}\nmcast_src_ip fe80::1", "",
			"6: fe80::5,2001:db8::5 | 10.0.0.6,2001:db8::6 | source fe80::1 group ff02::12 peers "},
		{"a group for all", "virtual_ipaddress {\nfe80::5\n}", "vrrp_mcast_group6 ff02::13\nvrrp_mcast_group4 224.0.0.19", "6: fe80::5 |  | source  group ff02::13 peers "},
		{"its own group", "mcast_dst_ip ff02::14\nvirtual_ipaddress {\nfe80::5\n}", "vrrp_mcast_group6 ff02::13", "6: fe80::5 |  | source  group ff02::14 peers "},
		{"unicast", "unicast_src_ip fe80::1\nunicast_peer {\nfe80::2\n10.0.0.2\nfe80::3\n}\nvirtual_ipaddress {\nfe80::5\n}", "",
			"6: fe80::5 |  | source fe80::1 group  peers fe80::2,fe80::3"},
		{"a group and peers", "mcast_dst_ip ff02::14\nunicast_peer {\nfe80::2\n}\nvirtual_ipaddress {\nfe80::5\n}", "", "6: fe80::5 |  | source  group  peers fe80::2"},
		{"a source of the other family", "virtual_ipaddress {\n10.0.0.5\n}\nmcast_src_ip fe80::1", "", "4: 10.0.0.5 |  | source  group 224.0.0.18 peers "},
		{"no addresses", "virtual_ipaddress_excluded {\nfe80::5\n}", "", "4:  | fe80::5 | source  group 224.0.0.18 peers "},
	} {
		text := "global_defs {\n" + tt.globals + "\n}\nvrrp_instance A {\n" + head + tt.lines + "\n}\n"
		for range 2 {
			r := read(t, text, syntax.Keepalived)
			if got := shape(r.Config.VRRP.Instances[0]); got != tt.want {
				t.Errorf("%s:\n got %s\nwant %s\n%s", tt.name, got, tt.want, text)
			}
			var b strings.Builder
			if err := config.Print(&b, r.Config); err != nil {
				t.Fatal(err)
			}
			text = b.String()
			if strings.Contains(text, "mcast_dst_ip ff02") != (tt.name == "its own group") {
				t.Errorf("%s: the group of all instances is not said in one, and its own is:\n%s", tt.name, text)
			}
		}
	}
}

// keepalived skips a source of the other family, and says so.
func TestForeignSource(t *testing.T) {
	for _, lines := range []string{
		"virtual_ipaddress {\n10.0.0.5\n}\nmcast_src_ip fe80::1", "virtual_ipaddress {\nfe80::5\n}\nunicast_src_ip 10.0.0.1",
	} {
		r := read(t, "vrrp_instance A {\ninterface eth0\nvirtual_router_id 5\n"+lines+"\n}\n", syntax.Keepalived)
		if got := warned(r); !strings.Contains(got, "7:14 error address-family") && !strings.Contains(got, "7:16 error address-family") {
			t.Errorf("%s\n%s", got, lines)
		}
	}
}

// The daemon gets no track of a kind that nothing tells a value of, and addresses of
// both families; the settings keep all.
func TestRunningParts(t *testing.T) {
	const bfd = "bfd_instance b {\nneighbor_ip 10.0.0.9\n}\n"
	text := bfd + "track_file f {\nfile /f\n}\nvrrp_script s {\nscript /ok\n}\n" +
		vi("A", "track_bfd {\nb\n}\ntrack_file {\nf\n}\ntrack_script {\ns\n}\ntrack_interface {\neth1\n}\nvirtual_ipaddress_excluded {\n10.0.0.6\n2001:db8::6\n10.0.0.7\n}") +
		strings.Replace(vi("B", "version 3\nauth_hmac {\n}"), "51", "52", 1) +
		"vrrp_sync_group G {\ngroup {\nA\nB\n}\n}\n"
	r := read(t, text, syntax.Keepalived)
	kinds := func(x vrrp.Instance) (out []string) {
		for _, t := range x.Tracks {
			out = append(out, t.Name)
		}
		slices.Sort(out)
		return out
	}
	running := r.Config.Running().VRRP
	if len(running.Instances) != 1 || len(running.Groups) != 1 || len(running.Groups[0].Members) != 1 {
		t.Fatalf("%d instances and %d groups run", len(running.Instances), len(running.Groups))
	}
	all, x := r.Config.VRRP.Instances[0], running.Instances[0]
	if got := fmt.Sprint(kinds(x), len(x.Excluded)); got != "[eth1 f s] 3" {
		t.Errorf("runs with %s", got)
	}
	if got := fmt.Sprint(kinds(all), len(all.Excluded), len(r.Config.VRRP.Groups[0].Members)); got != "[b eth1 f s] 3 2" {
		t.Errorf("the settings have %s", got)
	}
}
