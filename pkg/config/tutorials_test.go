package config_test

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kactl/kactl/pkg/command"
	"github.com/kactl/kactl/pkg/config"
	"github.com/kactl/kactl/pkg/health"
	"github.com/kactl/kactl/pkg/iproute"
	"github.com/kactl/kactl/pkg/lvs"
	"github.com/kactl/kactl/pkg/secret"
	"github.com/kactl/kactl/pkg/syntax"
	"github.com/kactl/kactl/pkg/vrrp"
)

// values compares addresses as values.
var values = cmp.Options{
	cmp.Comparer(func(a, b netip.Addr) bool { return a == b }),
	cmp.Comparer(func(a, b netip.Prefix) bool { return a == b }),
	cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b }),
	cmpopts.EquateEmpty(),
}

// load reads a file of testdata without a host.
func load(t *testing.T, name string, p syntax.Policy) *config.Result {
	t.Helper()
	r, err := config.Load("testdata/"+name, config.Options{Policy: p})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// defaultGARP is keepalived's.
var defaultGARP = vrrp.GARP{
	Repeat: 5, Delay: 5 * time.Second, RefreshRepeat: 1,
	LowerPriorityRepeat: 5, LowerPriorityDelay: 5 * time.Second,
}

func password(s string) vrrp.Auth {
	return vrrp.Auth{Type: vrrp.AuthPassword, Password: secret.New(s)}
}

func vips(device string, prefixes ...string) []iproute.Address {
	var as []iproute.Address
	for _, p := range prefixes {
		as = append(as, iproute.Address{Prefix: netip.MustParsePrefix(p), Device: device})
	}
	return as
}

func words(user string, w ...string) *command.Command { return &command.Command{Words: w, User: user} }

// instance is one that the tutorials configure, with change applied.
func instance(change func(*vrrp.Instance)) vrrp.Instance {
	x := vrrp.Instance{
		Name: "VI_1", Interface: "ens33", VRID: 51, InitialState: vrrp.Master, Priority: 100,
		Version: 2, Family: 4, AdvertInterval: time.Second, DownAdverts: 3, Accept: true, TTL: 255, Auth: password("1111"), Group: netip.MustParseAddr("224.0.0.18"), GARP: defaultGARP,
	}
	change(&x)
	return x
}

// notified is what the tutorials' instances run.
func notified() vrrp.Notify {
	const script = "/etc/keepalived/conf.d/notify.sh"
	return vrrp.Notify{Master: words("", script, "master"), Backup: words("", script, "backup"), Fault: words("", script, "fault")}
}

// unicast turns x to a peer.
func unicast(x *vrrp.Instance) {
	x.Group = netip.Addr{}
	x.Source = netip.MustParseAddr("192.168.10.137")
	x.Peers = []vrrp.Peer{{Addr: netip.MustParseAddr("192.168.10.150"), MaxTTL: 255}}
}

func TestTutorialInstances(t *testing.T) {
	for _, c := range []struct {
		file string
		want []vrrp.Instance
	}{
		{"basic.conf", []vrrp.Instance{instance(func(x *vrrp.Instance) {
			x.Group = netip.MustParseAddr("230.1.1.1")
			x.SkipAddressCheck = true
			x.Addresses = vips("ens33", "192.168.200.16/24", "192.168.200.17/24", "192.168.200.18/24")
		})}},
		{"dual-master.conf", []vrrp.Instance{
			instance(func(x *vrrp.Instance) {
				unicast(x)
				x.SkipAddressCheck = true
				x.Addresses = vips("ens33", "192.168.200.16/24")
				x.Notify = notified()
			}),
			instance(func(x *vrrp.Instance) {
				unicast(x)
				x.Name, x.VRID, x.InitialState, x.Priority = "VI_2", 61, vrrp.Backup, 80
				x.SkipAddressCheck = true
				x.Addresses = vips("ens33", "192.168.200.17/24")
				x.Notify = notified()
			}),
		}},
		{"preempt.conf", []vrrp.Instance{
			instance(func(x *vrrp.Instance) {
				x.InitialState, x.VRID, x.NoPreempt, x.Auth = vrrp.Backup, 66, true, vrrp.Auth{}
			}),
			instance(func(x *vrrp.Instance) {
				x.Name, x.Interface, x.InitialState, x.VRID, x.Auth = "VI_2", "eth0", vrrp.Backup, 66, vrrp.Auth{}
			}),
			instance(func(x *vrrp.Instance) {
				x.Name, x.Interface, x.InitialState, x.VRID, x.Priority, x.Auth = "VI_3", "eth1", vrrp.Backup, 66, 80, vrrp.Auth{}
				x.PreemptDelay = time.Minute
			}),
		}},
		{"unicast-comments.conf", []vrrp.Instance{instance(func(x *vrrp.Instance) {
			unicast(x)
			x.Peers = append(x.Peers, vrrp.Peer{Addr: netip.MustParseAddr("192.168.10.151"), MaxTTL: 255})
			x.Addresses = vips("ens33", "192.168.200.16/24", "192.168.200.17/24", "192.168.200.18/24")
		})}},
		{"down-file.conf", []vrrp.Instance{instance(func(x *vrrp.Instance) {
			unicast(x)
			x.Addresses = vips("ens33", "192.168.200.16/24")
			x.Notify = notified()
			x.Notify.Fault = nil
			x.Tracks = []vrrp.Track{{Kind: vrrp.TrackScript, Name: "check_down", Weight: -30}}
		})}},
		// The unknown virtua1_ipaddress ends the instance.
		{"haproxy.conf", []vrrp.Instance{instance(func(x *vrrp.Instance) {
			x.Interface, x.VRID, x.Auth = "eth0", 66, password("123456")
		})}},
		{"maintenance.conf", []vrrp.Instance{instance(func(x *vrrp.Instance) {
			x.Interface, x.Auth = "eth0", password("51ea2a78")
			x.Addresses = vips("eth0", "192.168.0.80/24")
			x.Addresses[0].Label = "eth0:0"
			x.Tracks = []vrrp.Track{{Kind: vrrp.TrackScript, Name: "chk_maintance", Weight: -2}}
		})}},
		{"nginx.conf", []vrrp.Instance{instance(func(x *vrrp.Instance) {
			x.Interface, x.Priority, x.SkipAddressCheck = "enp0s3", 50, true
			x.Addresses = vips("enp0s3", "192.168.1.109/24")
		})}},
		{"check-nginx.conf", []vrrp.Instance{instance(func(x *vrrp.Instance) {
			x.Name, x.VRID, x.Auth = "VRRP_55", 55, password("5555")
			x.Addresses = vips("ens33", "192.168.100.55/32")
			x.Addresses[0].Label = "ens33:0"
			x.Notify = vrrp.Notify{
				Master: words("", "/server/scripts/mailkl.sh", "master"),
				Backup: words("", "/server/scripts/malikl.sh", "backup"),
				Fault:  words("", "/server/scripts/malikl.sh", "fault"),
			}
			x.Tracks = []vrrp.Track{{Kind: vrrp.TrackScript, Name: "check_ngx", Weight: 1}}
		})}},
		{"all-keywords.conf", []vrrp.Instance{instance(func(x *vrrp.Instance) {
			x.VRID, x.InitialState, x.Priority, x.NoPreempt = 50, vrrp.Backup, 90, true
			x.AdvertInterval = 5 * time.Second
			x.Source = netip.MustParseAddr("192.168.10.137")
			x.GARP.Delay = time.Second
			x.Addresses = vips("ens33", "192.168.111.188/32")
			// The script has a weight, and the instance is in a group.
			x.Tracks = []vrrp.Track{{Kind: vrrp.TrackInterface, Name: "ens37"}}
		})}},
	} {
		t.Run(c.file, func(t *testing.T) {
			r := load(t, "tutorials/"+c.file, syntax.Keepalived)
			if d := cmp.Diff(c.want, r.Config.VRRP.Instances, values); d != "" {
				t.Errorf("instances (-want +got):\n%s\n%s", d, list(r.Diagnostics))
			}
			if r.Status != config.Faulty && c.file != "check-nginx.conf" && c.file != "maintenance.conf" {
				t.Errorf("status %d, want %d:\n%s", r.Status, config.Faulty, list(r.Diagnostics))
			}
		})
	}
}

func TestTutorialScripts(t *testing.T) {
	for _, c := range []struct {
		file string
		want vrrp.Script
	}{
		{"down-file.conf", vrrp.Script{
			Name: "check_down", Command: *words("", "[", "!", "-f", "/etc/keepalived/down", "]"),
			Interval: time.Second, Timeout: 2 * time.Second, Rise: 2, Fall: 3,
		}},
		{"maintenance.conf", vrrp.Script{
			Name: "chk_maintance", Command: *words("", "[[", "-f", "/etc/keepalived/down", "]]", "&&", "exit", "1", "||", "exit", "0"),
			Interval: time.Second, Timeout: time.Second, Rise: 1, Fall: 1,
		}},
		{"check-nginx.conf", vrrp.Script{
			Name: "check_ngx", Command: *words("root", "/server/scripts/check_ngx.sh"),
			Interval: 2 * time.Second, Timeout: 2 * time.Second, Rise: 1, Fall: 1,
		}},
	} {
		t.Run(c.file, func(t *testing.T) {
			r := load(t, "tutorials/"+c.file, syntax.Keepalived)
			if d := cmp.Diff([]vrrp.Script{c.want}, r.Config.VRRP.Scripts, values); d != "" {
				t.Errorf("scripts (-want +got):\n%s", d)
			}
		})
	}
}

func TestTutorialGlobals(t *testing.T) {
	r := load(t, "tutorials/basic.conf", syntax.Keepalived)
	g := r.Config.Global
	if g.RouterID != "LVS_DEVEL" || g.DefaultInterface != "eth0" || g.VRRP.Group4 != netip.MustParseAddr("230.1.1.1") {
		t.Errorf("global: %+v", g)
	}
	want := config.Mail{
		To:   []string{"acassen@firewall.loc", "failover@firewall.loc", "sysadmin@firewall.loc"},
		From: "Alexandre.Cassen@firewall.loc", Server: netip.MustParseAddrPort("192.168.200.1:25"), Timeout: 30 * time.Second,
		Checker: true,
	}
	if d := cmp.Diff(want, g.Mail, values); d != "" {
		t.Errorf("mail (-want +got):\n%s", d)
	}
	if got := r.At("vrrp_instance", "VI_1", "priority"); got.Start.Line != 24 {
		t.Errorf("place of the priority: %v, want line 24", got)
	}
	if got := r.At("vrrp_instance", "VI_1", "virtual_ipaddress", "192.168.200.17/24"); got.Start.Line != 32 || got.End.Column != 26 {
		t.Errorf("place of an address: %+v, want 32:9-26", got)
	}
}

func TestTutorialGroup(t *testing.T) {
	r := load(t, "tutorials/all-keywords.conf", syntax.Keepalived)
	want := []vrrp.SyncGroup{{Name: "VG_1", Members: []string{"VI_1"}, Notify: vrrp.Notify{
		Master: words("", "/data/sh/nginx.sh"), Backup: words("", "/data/sh/nginx.sh"), Any: words("", "/data/sh/nginx.sh"),
	}, SMTPAlert: new(true)}}
	if d := cmp.Diff(want, r.Config.VRRP.Groups, values); d != "" {
		t.Errorf("groups (-want +got):\n%s", d)
	}
}

// tcp is a TCP_CHECK of the tutorials.
func tcp(target string, interval, timeout, delay, retries int) health.Check {
	return health.Check{
		Kind: health.TCP, Target: netip.MustParseAddrPort(target),
		Interval: seconds(interval), Warmup: seconds(interval), Timeout: seconds(timeout), RetryDelay: seconds(delay), Retries: retries,
	}
}

func http(target string, interval, timeout, delay, retries int, u health.URL) health.Check {
	c := tcp(target, interval, timeout, delay, retries)
	c.Kind, c.URLs, c.HTTP = health.HTTP, []health.URL{u}, &health.HTTPOptions{Version: "1.0"}
	return c
}

func seconds(n int) time.Duration { return time.Duration(n) * time.Second }

func dr(addr string, weight int, checks ...health.Check) lvs.RealServer {
	return lvs.RealServer{Addr: netip.MustParseAddrPort(addr), Forward: lvs.DR, Weight: weight, Checks: checks}
}

func tcpService(addr, scheduler string, persistence int, reals ...lvs.RealServer) lvs.VirtualServer {
	return lvs.VirtualServer{
		ID:        lvs.ServiceID{Protocol: lvs.TCP, Addr: netip.MustParseAddrPort(addr)},
		Scheduler: scheduler, Persistence: seconds(persistence), Reals: reals,
		Quorum: 1,
	}
}

func TestTutorialServices(t *testing.T) {
	sorry := dr("127.0.0.1:80", 1)
	withSorry := func(s lvs.VirtualServer) lvs.VirtualServer {
		s.Sorry = &sorry
		return s
	}
	status := []health.StatusRange{{First: 200, Last: 200}}
	fine := []health.StatusRange{{First: 200, Last: 299}}
	digest := func(path, d string) health.URL { return health.URL{Path: path, Digest: d, Statuses: fine} }
	database := dr("192.168.1.12:3306", 1,
		tcp("192.168.1.12:3306", 6, 3, 1, 1),
		http("192.168.1.12:3306", 6, 5, 3, 1, health.URL{Path: "/index.html", Digest: "24326582a86bee478bac72d5af25089e", Statuses: status}))
	database.NotifyUp, database.NotifyDown = words("", "/data/sh/up.sh"), words("", "/data/sh/down.sh", "12")
	for _, c := range []struct {
		file string
		want []lvs.VirtualServer
	}{
		{"lvs-dr.conf", []lvs.VirtualServer{tcpService("192.168.200.16:80", "rr", 50,
			dr("192.168.10.151:80", 1, tcp("192.168.10.151:80", 6, 3, 3, 3)),
			dr("192.168.10.153:80", 1, tcp("192.168.10.153:80", 6, 3, 3, 3)))}},
		{"http-get.conf", []lvs.VirtualServer{withSorry(tcpService("192.168.200.16:80", "rr", 0,
			dr("192.168.10.151:80", 1, http("192.168.10.151:80", 3, 1, 1, 3, health.URL{Path: "/monitor.html", Statuses: status})),
			dr("192.168.10.153:80", 1, http("192.168.10.153:80", 3, 1, 1, 3, health.URL{Path: "/", Statuses: status}))))}},
		// TCP_CHECK knows no nb_get_retry: there is one retry.
		{"tcp-check.conf", []lvs.VirtualServer{withSorry(tcpService("192.168.200.16:80", "wrr", 120,
			dr("192.168.10.151:80", 1, tcp("192.168.10.151:80", 6, 5, 3, 1)),
			dr("192.168.10.153:80", 1, tcp("192.168.10.153:80", 6, 5, 3, 1))))}},
		{"apache.conf", []lvs.VirtualServer{
			tcpService("172.16.12.110:80", "wlc", 50,
				dr("172.16.12.111:80", 10, http("172.16.12.111:80", 6, 3, 3, 3, digest("/index.html", "a880aa463404771cd6dbe0bef99825f1"))),
				dr("172.16.12.112:80", 10, http("172.16.12.112:80", 6, 3, 3, 3, digest("/index.html", "27fe5a14e7f53b33224afd01c0e50c8b")))),
			tcpService("172.16.12.110:8000", "wlc", 50,
				dr("172.16.12.104:8000", 10, http("172.16.12.104:8000", 6, 3, 3, 3, digest("/check.html", "6cfccefee769cd3a407c65afca5d6a56")))),
		}},
		{"all-keywords.conf", []lvs.VirtualServer{tcpService("192.168.111.188:3306", "rr", 5, database)}},
	} {
		t.Run(c.file, func(t *testing.T) {
			r := load(t, "tutorials/"+c.file, syntax.Keepalived)
			if d := cmp.Diff(c.want, r.Config.LVS.Services, values); d != "" {
				t.Errorf("services (-want +got):\n%s\n%s", d, list(r.Diagnostics))
			}
		})
	}
}

// TestTutorialIntent reads the file with three look-alike typos as it was meant.
func TestTutorialIntent(t *testing.T) {
	r := load(t, "tutorials/haproxy.conf", syntax.Intent)
	x := r.Config.VRRP.Instances[0]
	if x.Notify.Master == nil || len(x.Tracks) != 2 {
		t.Errorf("what follows virtua1_ipaddress is lost: %+v", x)
	}
	var hints []string
	for _, d := range r.Diagnostics {
		if d.Rule == "unknown-keyword" && d.Hint != "" {
			hints = append(hints, d.Hint)
		}
	}
	if want := "did you mean virtual_ipaddress?"; !slices.Contains(hints, want) {
		t.Errorf("hints %q lack %q", hints, want)
	}
	if want := "did you mean global_defs?"; !slices.Contains(hints, want) {
		t.Errorf("hints %q lack %q", hints, want)
	}
}
