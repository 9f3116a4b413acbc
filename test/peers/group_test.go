package peers

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kactl/kactl/test/lab"
)

// trackers are two instances, V1 on eth0 and V2 on eth1, and what they depend on.
const trackers = `
global_defs {
    router_id {{.Host}}
    script_user root
}
vrrp_script ok {
    script "/usr/bin/test -e {{.Dir}}/ok"
    interval 1
    timeout 30
}
track_file number {
    file {{.Dir}}/number
}
track_file fault {
    file {{.Dir}}/fault
    weight 0
}
{{.Data.Group}}
vrrp_instance V1 {
    interface eth0
    virtual_router_id 1
    version 3
    advert_int 0.5
    priority {{.Data.Priority}}
    {{.Data.More}}
    virtual_ipaddress {
        203.0.113.1
    }
}
vrrp_instance V2 {
    interface eth1
    virtual_router_id 2
    version 3
    advert_int 0.5
    priority {{.Data.Priority}}
    virtual_ipaddress {
        203.0.113.2
    }
}
`

// syncGroup has both instances, and a program that writes down its arguments.
const syncGroup = `
vrrp_sync_group G {
    group {
        V1
        V2
    }
    track_script {
        ok
    }
    notify {{.Dir}}/notify.sh
}
`

// A tracker is what the stories of groups and tracks have: two hosts on two segments.
// lb1 has the higher priority.
type tracker struct {
	t        *testing.T
	lb1, lb2 *lab.Host
	d1, d2   *lab.Director
	data     map[*lab.Host]trackerData
}

type trackerData struct {
	Priority    int
	Group, More string
}

// A place is where the addresses of V1 and V2 are to be.
type place struct{ v1, v2 *lab.Host }

// track starts both, and waits until lb1 has both addresses.
func track(t *testing.T, kinds [2]lab.Kind, group, more string, addrs ...string) *tracker {
	l := lab.New(t)
	s := &tracker{t: t, data: map[*lab.Host]trackerData{}}
	one, two := l.Segment("one"), l.Segment("two")
	s.lb1, s.lb2 = l.Host("lb1", one, append([]string{"198.51.100.1/24"}, addrs...)...), l.Host("lb2", one, "198.51.100.2/24")
	s.lb1.Attach(two, "eth1", "198.51.101.1/24")
	s.lb2.Attach(two, "eth1", "198.51.101.2/24")
	start := func(h *lab.Host, kind lab.Kind, priority int, more string) *lab.Director {
		s.data[h] = trackerData{priority, group, more}
		return h.Start(lab.Config{Kind: kind, Text: strings.Replace(trackers, "{{.Data.Group}}", group, 1), Data: s.data[h], Files: map[string]string{
			"notify.sh": "#!/bin/sh\necho \"$@\" >> {{.Dir}}/notified\n", "ok": "", "number": "0", "fault": "0",
		}})
	}
	s.d1 = start(s.lb1, kinds[0], 100, more)
	s.d2 = start(s.lb2, kinds[1], 90, "")
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("lb1 (%s):\n%s\nlb2 (%s):\n%s", kinds[0], dump(s.d1), kinds[1], dump(s.d2))
		}
	})
	s.settles("at the start", place{s.lb1, s.lb1})
	return s
}

// settles waits until each address is on one host alone, and stays there.
func (s *tracker) settles(when string, at place) {
	s.t.Helper()
	placed := func() bool {
		for n, owner := range []*lab.Host{at.v1, at.v2} {
			for _, h := range []*lab.Host{s.lb1, s.lb2} {
				if h.HasAddr(netip.AddrFrom4([4]byte{203, 0, 113, byte(n + 1)})) != (h == owner) {
					return false
				}
			}
		}
		return true
	}
	lab.Eventually(s.t, 15*time.Second, when+": both addresses are where they belong", placed)
	lab.Always(s.t, time.Second, when+": both addresses are where they belong", placed)
}

// put writes a file of lb1.
func (s *tracker) put(name, text string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.d1.Dir, name), []byte(text), 0o644); err != nil {
		s.t.Fatal(err)
	}
}

// replace puts another file in the place of one of lb1.
func (s *tracker) replace(name, text string) {
	s.t.Helper()
	s.put(name+".new", text)
	if err := os.Rename(filepath.Join(s.d1.Dir, name+".new"), filepath.Join(s.d1.Dir, name)); err != nil {
		s.t.Fatal(err)
	}
}

func (s *tracker) remove(name string) {
	s.t.Helper()
	if err := os.Remove(filepath.Join(s.d1.Dir, name)); err != nil {
		s.t.Fatal(err)
	}
}

// told waits until the program of the group on lb1 was told of these states.
func (s *tracker) told(want ...string) {
	s.t.Helper()
	var got []string
	lab.Within(10*time.Second+lab.Slack, func() bool {
		text, _ := os.ReadFile(filepath.Join(s.d1.Dir, "notified"))
		got = strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
		return slices.Equal(got, want)
	})
	if d := cmp.Diff(want, got); d != "" {
		s.t.Errorf("the group's program was told (-want +got):\n%s", d)
	}
}

// besides tells a story with the subject in either role, and with two keepalived.
func besides(t *testing.T, tell func(t *testing.T, kinds [2]lab.Kind)) {
	t.Parallel()
	for _, kinds := range with(lab.Keepalived, true) {
		t.Run(fmt.Sprintf("%s beside %s", kinds[0], kinds[1]), func(t *testing.T) {
			t.Parallel()
			tell(t, kinds)
		})
	}
}

// TestSyncGroup: the members of lb1's group fall and rise together, whether an interface
// fails, a script, or the host; the group's program gets the same arguments in all cases.
func TestSyncGroup(t *testing.T) {
	besides(t, func(t *testing.T, kinds [2]lab.Kind) {
		s := track(t, kinds, syncGroup, "")
		here, there := place{s.lb1, s.lb1}, place{s.lb2, s.lb2}
		for n, port := range s.lb1.Ports() {
			port.Cut()
			s.settles(fmt.Sprintf("without eth%d", n), there)
			port.Heal()
			s.settles(fmt.Sprintf("with eth%d again", n), here)
		}
		s.remove("ok")
		s.settles("the script fails", there)
		s.put("ok", "")
		s.settles("the script succeeds", here)
		round := []string{"GROUP G FAULT 0", "GROUP G BACKUP 0", "GROUP G MASTER 0"}
		want := append([]string{"GROUP G BACKUP 0", "GROUP G MASTER 0"}, slices.Concat(round, round, round)...)
		s.told(want...)
		s.d1.Stop()
		s.settles("a stop", there)
		s.told(append(want, "GROUP G STOP 0")...)
		s.d1.Restart()
		s.settles("a start", here)
		s.d1.Kill()
		lab.Eventually(t, 15*time.Second, "lb2 has the addresses of the dead one", func() bool {
			return s.lb2.HasAddr(netip.MustParseAddr("203.0.113.1")) && s.lb2.HasAddr(netip.MustParseAddr("203.0.113.2"))
		})
		s.d1.Restart()
		s.settles("a start after a crash", here)
		// A member that a reload takes out of the group is alone from then on.
		one := strings.Replace(trackers, "{{.Data.Group}}", strings.Replace(syncGroup, "V2\n", "", 1), 1)
		s.d1.Configure(one, s.data[s.lb1])
		reloaded := time.Now()
		s.d1.Reload()
		s.d1.WaitLogSince(reloaded, "Reload complete", startLimit)
		s.settles("a reload", here)
		s.remove("ok")
		lab.Eventually(t, 15*time.Second, "V1 is not on lb1", func() bool { return !s.lb1.HasAddr(netip.MustParseAddr("203.0.113.1")) })
		lab.Always(t, time.Second, "V2 stays", func() bool { return s.lb1.HasAddr(netip.MustParseAddr("203.0.113.2")) })
		s.put("ok", "")
		s.settles("the script succeeds for one", here)
	})
}

// TestTrackedFile: the number in a file of lb1 changes the priority of V1 there.
func TestTrackedFile(t *testing.T) {
	besides(t, func(t *testing.T, kinds [2]lab.Kind) {
		s := track(t, kinds, "", "track_file {\n number\n fault\n }")
		here, there := place{s.lb1, s.lb1}, place{s.lb2, s.lb1}
		for _, c := range []struct {
			name string
			do   func()
			at   place
		}{
			{"a number", func() { s.put("number", "-20\n") }, there},
			{"0", func() { s.put("number", "0\n") }, here},
			{"another file", func() { s.replace("number", "-0x14") }, there},
			{"no file", func() { s.remove("number") }, here},
			{"a file again", func() { s.put("number", " -30 or so") }, there},
			{"no number", func() { s.put("number", "none") }, here},
			{"less than any priority", func() { s.put("number", "-254") }, there},
			{"a few", func() { s.put("number", "-9") }, here},
			{"a fault", func() { s.put("fault", "-1") }, there},
			{"no file with the fault", func() { s.remove("fault") }, here},
			{"a fault by another file", func() { s.replace("fault", "2") }, there},
			{"no fault", func() { s.replace("fault", "0") }, here},
		} {
			c.do()
			s.settles(c.name, c.at)
		}
	})
}

// TestTrackedSource: without its source address V1 of lb1 is in FAULT. keepalived 2.2.7
// stays master, whatever its manual says of track_src_ip: it is lb2 alone.
func TestTrackedSource(t *testing.T) {
	t.Parallel()
	for _, other := range []lab.Kind{lab.Kactl, lab.Keepalived} {
		t.Run("beside "+string(other), func(t *testing.T) {
			t.Parallel()
			if lab.DefaultKind() != lab.Kactl {
				t.Skip("keepalived does not pass this")
			}
			s := track(t, [2]lab.Kind{lab.Kactl, other}, "", "mcast_src_ip 198.51.100.77\n track_src_ip", "198.51.100.77/24")
			here, there := place{s.lb1, s.lb1}, place{s.lb2, s.lb1}
			for range 2 {
				s.lb1.DelAddr("eth0", "198.51.100.77/24")
				s.settles("without the source", there)
				s.lb1.AddAddr("eth0", "198.51.100.77/24")
				s.settles("with the source", here)
			}
		})
	}
}
