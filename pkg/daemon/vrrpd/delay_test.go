package vrrpd

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/kactl/kactl/pkg/config"
	"github.com/kactl/kactl/pkg/syntax"
	"github.com/kactl/kactl/pkg/vrrp"
)

// An owner becomes master at once, and after a delay where one is configured:
// vrrp_startup_delay or what is left of vrrp_delay_after_boot, whichever is longer.
func TestStartupDelay(t *testing.T) {
	for _, c := range []struct {
		name                string
		start, boot, uptime time.Duration
		want                string
	}{
		{"none", 0, 0, 0, ""},
		{"start", time.Second, 0, 0, "Delaying startup for 1 seconds"},
		{"boot", 0, 61500 * time.Millisecond, time.Minute, "Delaying startup for 1.5 seconds"},
		{"boot is long ago", 0, time.Minute, time.Hour, ""},
		{"both, start is longer", 1250 * time.Millisecond, time.Minute, time.Minute - time.Second, "Delaying startup for 1.25 seconds"},
	} {
		t.Run(c.name, func(t *testing.T) {
			sys := newFakeSystem(t)
			sys.uptime = c.uptime
			r := startWith(t, sys, vrrp.Settings{
				Instances: []vrrp.Instance{owner("VI_1", 51, "198.51.100.1/24")}, StartupDelay: c.start, BootDelay: c.boot,
			})
			r.wait("notify VI_1 MASTER 255")
			waited := r.count("notify VI_1 BACKUP 255") > 0
			if logged := r.logged.where("Delaying startup") >= 0; waited != (c.want != "") || logged != waited || r.logged.where(c.want) < 0 {
				t.Errorf("was a backup first: %v, want the log line %q:\n%s", waited, c.want, r.logged.all())
			}
		})
	}
}

// Adverts of a virtual router that is not configured are logged once for each sender,
// if that is asked for, and again after a reload.
func TestUnknownRouters(t *testing.T) {
	cfg, other := owner("VI_1", 51, "198.51.100.1/24"), owner("", 52, "198.51.100.2/24")
	settings := vrrp.Settings{Instances: []vrrp.Instance{cfg}}
	r := startWith(t, newFakeSystem(t), settings)
	r.wait("notify VI_1 MASTER 255")
	const line = "Unknown VRID(52) received on interface(eth0). ignoring... (from 192.0.2.2"
	hear := func() int {
		r.hear(other, 100)
		r.hear(other, 100)
		r.state("VI_1")
		return strings.Count(r.logged.all(), line)
	}
	if n := hear(); n != 0 {
		t.Errorf("logged %d times, and nobody asked for it", n)
	}
	settings.LogUnknown = true
	for want := 1; want <= 2; want++ {
		r.reload(settings)
		if n := hear(); n != want {
			t.Errorf("after reload %d: logged %d times", want, n)
		}
	}
	r.reload(settings)
	for id := range uint8(2) {
		other.Interface, other.VRID = "eth0", id+52
		for host := range 200 {
			a := vrrp.NewAdvert(&other)
			src := theirs.As4()
			src[3] = byte(host + 3)
			r.hearFrom(other, a, src)
		}
	}
	r.state("VI_1")
	if n := strings.Count(r.logged.all(), "Unknown VRID("); n != unknownAtMost+2 {
		t.Errorf("%d lines about 400 senders", n-2)
	}
}

// vrrp_owner_ignore_adverts is the default of owner_ignore_adverts: an owner that
// ignores another one with a higher address stays master.
func TestOwnerIgnores(t *testing.T) {
	for _, c := range []struct {
		global, own string
		want        vrrp.State
	}{
		{"", "", vrrp.Backup}, {"vrrp_owner_ignore_adverts", "", vrrp.Master}, {"", "owner_ignore_adverts", vrrp.Master},
		{"vrrp_owner_ignore_adverts", "owner_ignore_adverts off", vrrp.Backup},
	} {
		cfg := loaded(t, c.global, c.own)
		r := start(t, cfg)
		r.wait("notify VI_1 MASTER 255")
		r.hear(cfg, vrrp.PriorityOwner)
		if got := r.state("VI_1"); got != c.want {
			t.Errorf("%q, %q: %v, want %v", c.global, c.own, got, c.want)
		}
	}
}

// A garp_group keeps its interfaces' announcements apart, as the file says: the first of
// five goes out at once.
func TestGARPGroup(t *testing.T) {
	for _, words := range []string{"interface eth0", "interfaces {\neth0\n}"} {
		text := "garp_group {\ngarp_interval 1000\ngna_interval 2000\n" + words + "\n}\n" +
			"vrrp_instance VI_1 {\nstate MASTER\ninterface eth0\nvirtual_router_id 51\npriority 255\nvirtual_ipaddress {\n198.51.100.1/24\n}\n" +
			"virtual_ipaddress_excluded {\n2001:db8::1/64\n2001:db8::2/64\n}\n}\n"
		files := syntax.FromFS(fstest.MapFS{"k.conf": {Data: []byte(text)}})
		c, err := config.Load("/k.conf", config.Options{Files: files, Policy: syntax.Keepalived})
		if err != nil {
			t.Fatal(err)
		}
		r := startWith(t, newFakeSystem(t), c.Config.Running().VRRP)
		r.wait("announce 198.51.100.1 on eth0") // which is counted no more
		r.flush("VI_1")
		if v4, v6 := r.count("announce 198.51.100.1 on eth0"), r.count("announce 2001:db8::1 on eth0")+r.count("announce 2001:db8::2 on eth0"); v4 > 0 || v6 > 1 {
			t.Errorf("%q: announced %d times more, those of IPv6 %d times", words, v4, v6)
		}
	}
}
