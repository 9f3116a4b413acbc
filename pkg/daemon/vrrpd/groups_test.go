package vrrpd

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/kactl/kactl/pkg/config"
	"github.com/kactl/kactl/pkg/event"
	"github.com/kactl/kactl/pkg/syntax"
	"github.com/kactl/kactl/pkg/vrrp"
)

// grouped are the settings in force of a file with blocks, two owners, A on eth0 and B
// on eth1, lines of their own, and lines of their sync group G.
func grouped(t *testing.T, blocks, group, own string) vrrp.Settings {
	t.Helper()
	text := blocks + "vrrp_script chk {\nscript /bin/true\n}\nvrrp_sync_group G {\ngroup {\nA\nB\n}\n" + group + "\n}\n"
	for n, name := range []string{"A", "B"} {
		text += "vrrp_instance " + name + " {\nstate MASTER\ninterface eth" + string(rune('0'+n)) + "\nvirtual_router_id 5" + string(rune('1'+n)) +
			"\npriority 255\n" + own + "\nvirtual_ipaddress {\n198.51.100.1" + string(rune('0'+n)) + "/24\n}\n}\n"
	}
	files := syntax.FromFS(fstest.MapFS{"k.conf": {Data: []byte(text)}})
	r, err := config.Load("/k.conf", config.Options{Files: files, Policy: syntax.Keepalived})
	if err != nil || r.Fatal {
		t.Fatalf("%v: %v", err, r.Diagnostics)
	}
	return r.Config.Running().VRRP
}

// together waits until A and B are in one state and the group is.
func (r *rig) together(want vrrp.State) {
	r.t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		s := r.status()
		same := len(s.Groups) == 1 && s.Groups[0].State == want && slices.Equal(s.Groups[0].Members, []string{"A", "B"})
		for _, i := range s.Instances {
			same = same && i.State == want
		}
		if same {
			return
		}
		if time.Now().After(end) {
			r.t.Fatalf("not in %v: %+v", want, s)
		}
	}
}

// TestGroup: the members are masters, fall and rise together, and the programs of the
// group follow those of all members.
func TestGroup(t *testing.T) { inFakeTime(t, testGroup) }

func testGroup(t *testing.T) {
	r := startWith(t, newFakeSystem(t), grouped(t, "", "", ""))
	r.wait("notify A FAULT 255")
	r.up("eth1", 3)
	r.wait("notify B MASTER 255", "notify group G MASTER")
	r.together(vrrp.Master)
	r.forget()
	r.down("eth1", 3)
	r.wait("notify A FAULT 255", "notify group G FAULT")
	r.together(vrrp.Fault)
	r.up("eth1", 3)
	r.wait("notify A BACKUP 255", "notify group G BACKUP")
	r.stop()
	r.wait("notify A STOP 255", "notify group G STOP")
	// The line about the group follows that of the member that led.
	text := r.logged.all()
	text = text[strings.Index(text, "Netlink reports eth1 down"):]
	last := 0
	for _, line := range []string{"(B) Entering FAULT", "VRRP_Group(G) Syncing instances to FAULT state", "(A) Entering FAULT"} {
		at := strings.Index(text, line)
		if at < last {
			t.Errorf("%q is not behind what comes before it:\n%s", line, text)
		}
		last = at
	}
}

// A reload takes a member out of a group, and brings it back, without a change of
// what both are.
func TestGroupReload(t *testing.T) { inFakeTime(t, testGroupReload) }

func testGroupReload(t *testing.T) {
	sys := newFakeSystem(t)
	all := grouped(t, "", "", "")
	r := startWith(t, sys, all)
	r.up("eth1", 3)
	r.together(vrrp.Master)
	r.forget()
	one := all
	one.Groups = []vrrp.SyncGroup{all.Groups[0]}
	one.Groups[0].Members = []string{"B"}
	r.reload(one)
	r.down("eth0", 2)
	r.wait("notify A FAULT 255")
	if s := r.state("B"); s != vrrp.Master {
		t.Errorf("B is in %v, and A in no group", s)
	}
	r.up("eth0", 2)
	r.wait("notify A MASTER 255")
	r.reload(grouped(t, "", "", ""))
	r.together(vrrp.Master)
	r.never("notify B FAULT 255")
	r.down("eth0", 2)
	r.wait("notify B FAULT 255", "notify group G FAULT")
	// Without the group B is alone, and no program runs for the end of the group.
	r.reload(vrrp.Settings{Instances: all.Instances})
	r.wait("notify B BACKUP 255")
	r.never("notify group G STOP")
}

// global_tracking changes nothing, as in keepalived: what one member tracks counts for
// all by the state of the group.
func TestGlobalTracking(t *testing.T) { inFakeTime(t, testGlobalTracking) }

func testGlobalTracking(t *testing.T) {
	for _, group := range []string{"", "global_tracking"} {
		s := grouped(t, "", group, "")
		s.Instances[0].Tracks = []vrrp.Track{{Kind: vrrp.TrackScript, Name: "chk"}}
		r := startWith(t, newFakeSystem(t), s)
		r.up("eth1", 3)
		r.scripts.verdicts <- verdict{"chk", true}
		r.together(vrrp.Master)
		r.scripts.verdicts <- verdict{"chk", false}
		r.together(vrrp.Fault)
	}
}

// What the group tracks counts for every member.
func TestGroupTracks(t *testing.T) { inFakeTime(t, testGroupTracks) }

func testGroupTracks(t *testing.T) {
	r := startWith(t, newFakeSystem(t), grouped(t, "", "track_script {\nchk\n}\ntrack_interface {\neth9\n}", ""))
	r.up("eth1", 3)
	r.up("eth9", 9)
	r.scripts.verdicts <- verdict{"chk", true}
	r.together(vrrp.Master)
	for _, i := range r.status().Instances {
		if len(i.Tracks) != 2 || i.Tracks[0].Name+i.Tracks[1].Name != "eth9chk" && i.Tracks[0].Name+i.Tracks[1].Name != "chketh9" {
			t.Errorf("%s tracks %+v", i.Name, i.Tracks)
		}
	}
	r.down("eth9", 9)
	r.together(vrrp.Fault)
	r.up("eth9", 9)
	r.wait("notify group G BACKUP", "notify group G MASTER")
	r.scripts.verdicts <- verdict{"chk", false}
	r.together(vrrp.Fault)
}

// sync_group_tracking_weight lets members keep their weights.
func TestGroupWeights(t *testing.T) { inFakeTime(t, testGroupWeights) }

func testGroupWeights(t *testing.T) {
	for group, want := range map[string]uint8{"": 100, "sync_group_tracking_weight": 80} {
		s := grouped(t, "", group, "")
		for n := range s.Instances {
			s.Instances[n].Priority, s.Instances[n].InitialState = 100, vrrp.Backup
		}
		s.Instances[0].Tracks = []vrrp.Track{{Kind: vrrp.TrackScript, Name: "chk", Weight: -20}}
		r := startWith(t, newFakeSystem(t), s)
		r.up("eth1", 3)
		r.together(vrrp.Backup)
		r.scripts.verdicts <- verdict{"chk", false}
		lasting := time.Now().Add(20 * time.Second)
		for r.status().Instances[0].Priority != want && time.Now().Before(lasting) {
			time.Sleep(5 * time.Millisecond)
		}
		if got := r.status().Instances[0].Priority; got != want {
			t.Errorf("%q: priority %d, want %d", group, got, want)
		}
	}
}

// Groups are settled at the stop even where a member was never there.
func TestGroupWithoutMember(t *testing.T) { inFakeTime(t, testGroupWithoutMember) }

func testGroupWithoutMember(t *testing.T) {
	s := grouped(t, "", "", "")
	s.Groups[0].Members = []string{"A", "nobody"}
	r := startWith(t, newFakeSystem(t), s)
	r.wait("notify A MASTER 255", "notify group G MASTER")
	r.stop()
	r.wait("notify group G STOP")
	r.mu.Lock()
	defer r.mu.Unlock()
	if !slices.ContainsFunc(r.emitted, func(e event.Event) bool { g, ok := e.(event.GroupSettled); return ok && g.Ended && !g.At.IsZero() }) {
		t.Error("the end has no time")
	}
}
