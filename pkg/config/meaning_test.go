package config_test

import (
	"strings"
	"testing"

	"github.com/kactl/kactl/pkg/syntax"
)

// The values below are those of the dump of keepalived 2.2.7 (-d), but for the
// times of checks, which it prints in microseconds.

// holds reports whether the lines of a print have want, or for "-NAME" nothing
// that starts with NAME.
func holds(printed, want string) bool {
	name, none := strings.CutPrefix(want, "-")
	for l := range strings.Lines(printed) {
		if l = strings.TrimSpace(l); l == want {
			return true
		} else if none && strings.HasPrefix(l, name) {
			return false
		}
	}
	return none
}

func TestMeaningOfInstance(t *testing.T) {
	for text, want := range map[string]string{
		// Nothing turns it off.
		"skip_check_adv_addr":                               "skip_check_adv_addr",
		"skip_check_adv_addr off":                           "skip_check_adv_addr",
		"skip_check_adv_addr no":                            "skip_check_adv_addr",
		"skip_check_adv_addr on\nskip_check_adv_addr off":   "skip_check_adv_addr",
		"skip_check_adv_addr maybe":                         "-skip_check_adv_addr",
		"nopreempt off":                                     "nopreempt",
		"nopreempt\npreempt":                                "-nopreempt",
		"preempt\nnopreempt":                                "nopreempt",
		"dont_track_primary no":                             "dont_track_primary",
		"lower_prio_no_advert on\nlower_prio_no_advert off": "lower_prio_no_advert off",

		// A value that is refused takes the one above it away.
		"preempt_delay 7\npreempt_delay 9999": "-preempt_delay",
		"preempt_delay 7\npreempt_delay -3":   "-preempt_delay",
		"priority 7\npriority 999":            "priority 100",
		"priority 7\npriority 3x":             "priority 100",
		// It leaves the one above it.
		"advert_int 7\nadvert_int 999":                                "advert_int 7",
		"unicast_peer {\n192.0.2.9\n}\nunicast_ttl 7\nunicast_ttl 3x": "unicast_ttl 7",

		// The digits at the start count.
		"down_timer_adverts 2.5":                  "down_timer_adverts 2",
		"garp_master_delay 0.5":                   "garp_master_delay 0",
		"garp_master_delay 4295x":                 "garp_master_delay 5",
		"garp_master_repeat 3x":                   "garp_master_repeat 3",
		"garp_master_repeat x":                    "garp_master_repeat 1",
		"garp_master_repeat --3":                  "garp_master_repeat 1",
		"garp_master_repeat +-3":                  "garp_master_repeat 1",
		`garp_master_repeat " 3"`:                 "garp_master_repeat 3",
		"garp_master_refresh 60s":                 "garp_master_refresh 60",
		"garp_master_refresh -60s":                "garp_master_refresh 0",
		"garp_lower_prio_repeat 1.5":              "garp_lower_prio_repeat 1",
		"version 3x":                              "version 3",
		"track_interface {\neth1 weight 1.5\n}":   "eth1 weight 1",
		"track_interface {\neth1 weight -254x\n}": "eth1 weight -253",
		"track_interface {\neth1 weight 255x\n}":  "eth1 weight 0",

		// Of a fraction, they are microseconds.
		"preempt_delay 5s":             "preempt_delay 0.000005",
		"preempt_delay 3.7s":           "preempt_delay 0.000037",
		"preempt_delay 1..2":           "preempt_delay 0.000001",
		"preempt_delay x.5":            "-preempt_delay",
		"preempt_delay 9999999999x":    "-preempt_delay",
		"preempt_delay 1.2345678x":     "preempt_delay 1.234568",
		"version 3\nadvert_int 20000s": "advert_int 0.02",
		"advert_int 3s":                "advert_int 1",
		"advert_int 2.0000009":         "advert_int 2",
	} {
		r := read(t, vi("A", text), syntax.Keepalived)
		if got := printed(t, r.Config); !holds(got, want) {
			t.Errorf("%s: want %s in\n%s", text, want, got)
		}
	}
}

func TestMeaningOfGlobals(t *testing.T) {
	for text, want := range map[string]string{
		"vrrp_skip_check_adv_addr off":     "skip_check_adv_addr",
		"vrrp_min_garp\nvrrp_min_garp off": "garp_master_repeat 1",
		"vrrp_min_garp off":                "garp_master_repeat 5",
		"vrrp_garp_master_delay 3x":        "garp_lower_prio_delay 3",
		"vrrp_garp_interval 2s":            "vrrp_garp_interval 0.000002",
		"vrrp_rt_priority 3.5":             "vrrp_rt_priority 3",
		"vrrp_rt_priority x":               "vrrp_rt_priority 1",
		"vrrp_priority -3x":                "vrrp_priority -3",
		"vrrp_cpu_affinity 1x":             "vrrp_cpu_affinity 1",
		"vrrp_version 3.7":                 "version 3",
	} {
		r := read(t, "global_defs {\n"+text+"\n}\n"+vi("A", ""), syntax.Keepalived)
		if got := printed(t, r.Config); !holds(got, want) {
			t.Errorf("%s: want %s in\n%s", text, want, got)
		}
	}
}

func TestMeaningOfScript(t *testing.T) {
	for text, want := range map[string]string{
		"interval 3x":                "interval 3",
		"interval 0.5":               "interval 1",
		"interval 7\ninterval x":     "interval 1",
		"interval 7\ninterval 5000":  "interval 7",
		"timeout 2.5":                "timeout 2",
		"rise 3x":                    "rise 3",
		"fall 3x":                    "fall 3",
		"fall 3\nfall 0":             "fall 1",
		"weight 10%":                 "s weight 10 noreverse",
		"weight 1.5":                 "s weight 1 noreverse",
		"weight 7\nweight x":         "s weight 0 noreverse",
		"weight 7 reverse\nweight 8": "s weight 8 reverse",
		// The priority ends at 1 and 254 all the same.
		"weight 300":  "s weight 253 noreverse",
		"weight -255": "s weight -253 noreverse",
		"weight 254":  "s weight 253 noreverse",
	} {
		r := read(t, "vrrp_script s {\nscript /ok\n"+text+"\n}\n"+vi("A", "track_script {\ns\n}"), syntax.Keepalived)
		if got := printed(t, r.Config); !holds(got, want) {
			t.Errorf("%s: want %s in\n%s", text, want, got)
		}
	}
}

func TestMeaningOfService(t *testing.T) {
	for text, want := range map[string]string{
		"delay_loop 6s":              "delay_loop 0.000006",
		"delay_loop 2.0000009":       "delay_loop 2.000001",
		"delay_loop 4\ndelay_loop x": "delay_loop 4",
		"connect_timeout 3s":         "connect_timeout 0.000003",
		"retry 3x":                   "retry 1",
		"weight 3x":                  "weight 3",
		"weight x":                   "weight 1",
		"inhibit_on_failure off":     "inhibit_on_failure on",
		"persistence_timeout 3x":     "-persistence_timeout",
		"persistence_timeout 50\npersistence_timeout 0": "persistence_timeout 50",
		"persistence_timeout 50\npersistence_timeout":   "persistence_timeout 360",
	} {
		r := read(t, vs(text, "TCP_CHECK {\n}"), syntax.Keepalived)
		if got := printed(t, r.Config); !holds(got, want) {
			t.Errorf("%s: want %s in\n%s", text, want, got)
		}
	}
}

func TestMeaningOfCheck(t *testing.T) {
	page := func(lines string) string { return "HTTP_GET {\nurl {\npath /\n" + lines + "\n}\n}" }
	const sum, other = "0123456789abcdef0123456789abcdef", "11123456789abcdef0123456789abcdef"
	for text, want := range map[string]string{
		"TCP_CHECK {\nretry 3x\n}":                       "retry 3",
		"TCP_CHECK {\nretry 4\nretry x\n}":               "retry 0",
		"TCP_CHECK {\nconnect_port 81x\n}":               "connect_port 81",
		"TCP_CHECK {\nconnect_port x\n}":                 "connect_port 80",
		"TCP_CHECK {\nfwmark 3x\n}":                      "fwmark 3",
		"TCP_CHECK {\nbind_port 3.5\n}":                  "bind_port 3",
		page("status_code 599"):                          "status_code 599-599",
		page("status_code 600"):                          "status_code 200-299",
		page("status_code 200-999"):                      "status_code 200-299",
		page("status_code 404 200"):                      "status_code 200-200 404-404",
		page("digest " + sum):                            "digest " + sum,
		page("digest " + sum + "\ndigest " + other[:32]): "digest " + sum,
	} {
		r := read(t, vs("", text), syntax.Keepalived)
		if got := printed(t, r.Config); !holds(got, want) {
			t.Errorf("%s: want %s in\n%s", text, want, got)
		}
	}
}

// TestOffThatIsOn holds that check warns of an argument that is not obeyed.
func TestOffThatIsOn(t *testing.T) {
	for _, text := range []string{"skip_check_adv_addr off", "nopreempt off", "check_unicast_src no\nunicast_peer {\n192.0.2.9\n}", "dont_track_primary false"} {
		r := read(t, vi("A", text), syntax.Intent)
		if got := list(r.Diagnostics); !strings.Contains(got, "it is on") {
			t.Errorf("%s: no warning in\n%s", text, got)
		}
	}
}
