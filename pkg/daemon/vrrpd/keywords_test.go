package vrrpd

import (
	"testing"
	"testing/fstest"

	"github.com/kactl/kactl/pkg/config"
	"github.com/kactl/kactl/pkg/syntax"
	"github.com/kactl/kactl/pkg/vrrp"
)

// loaded is the one instance of a file: the owner of 198.51.100.1, with lines
// of global_defs and lines of its own.
func loaded(t *testing.T, global, own string) vrrp.Instance {
	t.Helper()
	text := "global_defs {\n" + global + "\n}\nvrrp_instance VI_1 {\nstate MASTER\ninterface eth0\nvirtual_router_id 51\npriority 255\n" +
		own + "\nvirtual_ipaddress {\n198.51.100.1/24\n}\n}\n"
	files := syntax.FromFS(fstest.MapFS{"k.conf": {Data: []byte(text)}})
	r, err := config.Load("/k.conf", config.Options{Files: files, Policy: syntax.Keepalived})
	if err != nil || len(r.Config.VRRP.Instances) != 1 {
		t.Fatalf("%v: %v", err, r)
	}
	return r.Config.VRRP.Instances[0]
}

// vrrp_min_garp announces an address once, where it is five times else.
func TestFewAnnouncements(t *testing.T) {
	for _, c := range []struct {
		global string
		want   int
	}{{"", 5}, {"vrrp_min_garp", 1}} {
		r := start(t, loaded(t, c.global, ""))
		r.wait("notify VI_1 MASTER 255")
		r.flush("VI_1")
		if got := r.count("announce 198.51.100.1 on eth0"); got != c.want {
			t.Errorf("%q: announced %d times, want %d", c.global, got, c.want)
		}
	}
}

// mcast_dst_ip is the group that is joined and sent to.
func TestGroupOfAnInstance(t *testing.T) {
	r := start(t, loaded(t, "", "mcast_dst_ip 224.0.0.99"))
	r.wait("join 224.0.0.99 on eth0", "advert 192.0.2.1 to 224.0.0.99 vrid 51 priority 255")
	r.never("join 224.0.0.18 on eth0")
}

// What vrrp_strict and strict_mode forbid is not in what a router runs on: here
// authentication, in the adverts that it sends.
func TestStrictHasNoAuthentication(t *testing.T) {
	const auth = "authentication {\nauth_type PASS\nauth_pass secret\n}"
	for _, c := range []struct {
		global, own string
		want        vrrp.AuthType
	}{
		{"", auth, vrrp.AuthPassword},
		{"vrrp_strict", auth, vrrp.AuthNone},
		{"", "strict_mode\n" + auth, vrrp.AuthNone},
		{"vrrp_strict", "strict_mode off\n" + auth, vrrp.AuthPassword},
	} {
		cfg := loaded(t, c.global, c.own)
		if got := vrrp.NewAdvert(&cfg).AuthType; got != c.want {
			t.Errorf("%q, %q: authentication %v, want %v", c.global, c.own, got, c.want)
		}
	}
}

// vrrp_notify_priority_changes is the default of notify_priority_changes: events that
// a FIFO has a line for carry it.
func TestPriorityChanges(t *testing.T) {
	for _, c := range []struct {
		global, own string
		want        bool
	}{
		{"", "", false}, {"vrrp_notify_priority_changes on", "", true}, {"", "notify_priority_changes", true},
		{"vrrp_notify_priority_changes on", "notify_priority_changes off", false},
	} {
		if got := loaded(t, c.global, c.own).NotifyPriority; got != c.want {
			t.Errorf("%q, %q: %v, want %v", c.global, c.own, got, c.want)
		}
	}
}
