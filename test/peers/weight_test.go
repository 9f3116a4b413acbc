package peers

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kactl/kactl/test/lab"
)

// weighted is an instance of priority 100 that tracks one thing, and the priority
// that it announces while the thing is up, and down; 0 is FAULT.
var weighted = []struct {
	own, track string // weights: of the vrrp_script, and in the track block
	up, down   byte
}{
	{"", "weight 20", 120, 100},
	{"", "weight 20 reverse", 80, 100},
	{"", "weight -20", 100, 80},
	{"", "weight -20 reverse", 100, 120},
	{"", "weight 0", 100, 0},
	{"", "weight 0 reverse", 0, 100},
	{"weight 20 reverse", "", 80, 100},
	{"weight -20 reverse", "", 100, 120},
	{"weight 0 reverse", "", 0, 100},
	{"weight 30", "weight 20 reverse", 80, 100},
	{"weight 30 reverse", "weight 20", 80, 100},
	{"weight 30 reverse", "weight 20 noreverse", 120, 100},
	{"weight 30 reverse", "weight -20", 100, 120},
	{"weight 30 reverse", "weight 0", 0, 100},
	{"weight 0 reverse", "weight 20", 80, 100},
}

// TestWeights compares what is announced with every weight, of interfaces and of
// scripts that are up and down: by kactl, and by keepalived.
func TestWeights(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("global_defs {\n enable_script_security\n script_user root\n}\n")
	want, names := map[byte]byte{}, map[byte]string{}
	add := func(name, block string, priority byte) {
		id := byte(len(names) + 1)
		fmt.Fprintf(&b, "vrrp_instance V%d {\n interface eth0\n virtual_router_id %d\n priority 100\n version 3\n %s\n virtual_ipaddress {\n 203.0.113.%d\n }\n}\n", id, id, block, id)
		names[id] = name
		if priority != 0 {
			want[id] = priority
		}
	}
	for i, w := range weighted {
		for up, priority := range map[bool]byte{true: w.up, false: w.down} {
			program, iface := "/bin/false", "down0"
			if up {
				program, iface = "/bin/true", "up0"
			}
			name := fmt.Sprintf("s%d_%v", i, up)
			fmt.Fprintf(&b, "vrrp_script %s {\n script %s\n interval 1\n timeout 30\n %s\n}\n", name, program, w.own)
			add(fmt.Sprintf("script %q %q, up %v", w.own, w.track, up), fmt.Sprintf("track_script {\n %s %s\n }", name, w.track), priority)
			if w.own == "" {
				add(fmt.Sprintf("interface %q, up %v", w.track, up), fmt.Sprintf("track_interface {\n %s %s\n }", iface, w.track), priority)
			}
		}
	}
	for _, kind := range []lab.Kind{lab.DefaultKind(), lab.Keepalived} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			l := lab.New(t)
			lan := l.Segment("lan")
			h := l.Host("lb1", lan, "198.51.100.1/24")
			h.Attach(l.Segment("up"), "up0")
			h.Attach(l.Segment("down"), "down0").Cut()
			capture := lan.Capture()
			d := h.Start(lab.Config{Kind: kind, Text: b.String()})
			got := map[byte]byte{}
			lab.Within(startLimit+lab.Slack, func() bool {
				clear(got)
				for _, f := range capture.Frames() {
					switch {
					case f.Advert == nil:
					case f.Advert.Priority == 0: // it resigned
						delete(got, f.Advert.VRID)
					default:
						got[f.Advert.VRID] = f.Advert.Priority
					}
				}
				return maps.Equal(got, want)
			})
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("announced priorities (-want +got):\n%s%v\n%s", diff, names, dump(d))
			}
		})
	}
}
