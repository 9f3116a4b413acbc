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

// running are the settings in force of a file: the owner of 198.51.100.1 on eth0, with
// blocks before it, and lines of its own.
func running(t *testing.T, blocks, own string) vrrp.Settings {
	t.Helper()
	text := blocks + "\nvrrp_instance VI_1 {\nstate MASTER\ninterface eth0\nvirtual_router_id 51\npriority 255\n" + own +
		"\nvirtual_ipaddress {\n198.51.100.1/24\n}\n}\n"
	files := syntax.FromFS(fstest.MapFS{"k.conf": {Data: []byte(text)}})
	r, err := config.Load("/k.conf", config.Options{Files: files, Policy: syntax.Keepalived})
	if err != nil || len(r.Config.VRRP.Instances) != 1 {
		t.Fatalf("%v: %v", err, r.Diagnostics)
	}
	return r.Config.Running().VRRP
}

// A change of an interface that does not last changes nothing.
func TestLinkDelays(t *testing.T) { inFakeTime(t, testLinkDelays) }

func testLinkDelays(t *testing.T) {
	r := startWith(t, newFakeSystem(t), running(t, "interface_up_down_delays {\neth0 60 0\n}", ""))
	r.wait("notify VI_1 MASTER 255")
	r.down("eth0", 2)
	r.up("eth0", 2)
	if s := r.state("VI_1"); s != vrrp.Master {
		t.Errorf("in %v after a moment without the interface", s)
	}
	r.never("notify VI_1 FAULT 255")
	// One that lasts counts, after the time that a reload has set.
	r.down("eth0", 2)
	r.reload(running(t, "interface_up_down_delays {\neth0 0.05 0.05\n}", ""))
	r.up("eth0", 2)
	r.down("eth0", 2)
	r.wait("notify VI_1 FAULT 255")
	before := time.Now()
	r.up("eth0", 2)
	r.wait("notify VI_1 BACKUP 255")
	if waited := time.Since(before); waited < 50*time.Millisecond {
		t.Errorf("up after %v", waited)
	}
	// One that is gone has no delay.
	r.reload(running(t, "interface_up_down_delays {\neth0 60 60\n}", ""))
	r.links <- Link{Name: "eth0", Index: 2, Gone: true}
	r.wait("notify VI_1 FAULT 255")
	r.up("eth0", 3)
	r.wait("notify VI_1 BACKUP 255")
}

// A driver that is asked has the last word on whether there is a carrier.
func TestLinkbeat(t *testing.T) { inFakeTime(t, testLinkbeat) }

func testLinkbeat(t *testing.T) {
	for _, c := range []struct{ blocks, own, method string }{
		{"linkbeat_use_polling", "", ""},
		{"linkbeat_interfaces {\neth0 ETHTOOL\n}", "", "ETHTOOL"},
		{"", "linkbeat_use_polling", ""},
	} {
		r := startWith(t, newFakeSystem(t), running(t, c.blocks, c.own))
		r.wait("notify VI_1 MASTER 255")
		r.beat.lose("eth0", true)
		r.wait("notify VI_1 FAULT 255")
		if method, _ := r.beat.asked("eth0"); method != c.method {
			t.Errorf("asked by %q, want %q", method, c.method)
		}
		r.up("eth0", 2) // which the kernel says all the time
		if s := r.state("VI_1"); s != vrrp.Fault {
			t.Errorf("in %v without a carrier", s)
		}
		r.beat.lose("eth0", false)
		r.wait("notify VI_1 BACKUP 255")
		r.beat.lose("eth0", true)
		r.wait("notify VI_1 FAULT 255")
		r.reload(running(t, "", "")) // nobody asks any more
		r.wait("notify VI_1 BACKUP 255")
		r.stop()
	}
	r := startWith(t, newFakeSystem(t), running(t, "", ""))
	r.wait("notify VI_1 MASTER 255")
	if _, asked := r.beat.asked("eth0"); asked {
		t.Error("a driver is asked that nobody wants to be asked")
	}
}

// unicast_fault_no_peer keeps an instance without peers from the multicast group.
func TestFaultWithoutPeer(t *testing.T) { inFakeTime(t, testFaultWithoutPeer) }

func testFaultWithoutPeer(t *testing.T) {
	r := startWith(t, newFakeSystem(t), running(t, "", "unicast_fault_no_peer"))
	r.wait("notify VI_1 FAULT 255")
	r.never("advert 192.0.2.1 to 224.0.0.18 vrid 51 priority 255")
	if text := r.logged.all(); !strings.Contains(text, "(VI_1) entering FAULT state (cannot use unicast without any peers") {
		t.Errorf("logged:\n%s", text)
	}
	r.reload(running(t, "", "unicast_fault_no_peer\nunicast_peer {\n192.0.2.2\n}"))
	r.wait("notify VI_1 MASTER 255")
	r.reload(running(t, "", "unicast_fault_no_peer"))
	r.wait("notify VI_1 FAULT 255")
}

// track_src_ip: without its source address an instance is in FAULT, and leaves it when
// the address is there, on whatever interface.
func TestTrackSource(t *testing.T) { inFakeTime(t, testTrackSource) }

func testTrackSource(t *testing.T) {
	r := startWith(t, newFakeSystem(t), running(t, "", "track_src_ip\nmcast_src_ip 192.0.2.77"))
	r.wait("notify VI_1 FAULT 255")
	with := Link{Name: "eth0", Index: 2, Up: true, MTU: 1500, Addrs: prefixes("192.0.2.1/24", "192.0.2.77/24")}
	r.links <- with
	r.wait("notify VI_1 MASTER 255")
	with.Addrs = with.Addrs[:1]
	r.links <- with
	r.wait("notify VI_1 FAULT 255")
}

// track_file and track_process of an instance: weights and FAULT.
func TestTrackFile(t *testing.T) { inFakeTime(t, testTrackFile) }

func testTrackFile(t *testing.T) {
	s := running(t, "track_file f {\nfile /f\nweight 0\n}", "track_file {\nf\n}")
	r := startWith(t, newFakeSystem(t), s)
	r.files.values <- value{"f", 0}
	r.wait("notify VI_1 MASTER 255")
	r.files.values <- value{"f", 7}
	r.wait("notify VI_1 FAULT 255")
	if text := r.logged.all(); !strings.Contains(text, "(VI_1) entering FAULT state (tracked file f now FAULT state)") {
		t.Errorf("logged:\n%s", text)
	}
	if got := r.status().Instances[0].Tracks[0]; got.Up || !got.Fault || !got.Known {
		t.Errorf("status %+v", got)
	}
	// What a reload drops and brings back is reported anew.
	r.reload(running(t, "", ""))
	r.wait("notify VI_1 MASTER 255")
}

func TestTrackProcess(t *testing.T) { inFakeTime(t, testTrackProcess) }

func testTrackProcess(t *testing.T) {
	blocks := "vrrp_track_process p {\nprocess x\nweight 10\n}\nvrrp_track_process q {\nprocess y\n}\n"
	s := running(t, blocks, "track_process {\np\nq\n}")
	s.Instances[0].Priority, s.Instances[0].InitialState = 100, vrrp.Backup
	r := startWith(t, newFakeSystem(t), s)
	r.processes.values <- value{"p", 1}
	r.processes.values <- value{"q", 1}
	r.wait("notify VI_1 BACKUP 110")
	r.processes.values <- value{"q", 0}
	r.wait("notify VI_1 FAULT 110")
	if text := r.logged.all(); !strings.Contains(text, "quorum lost for tracked process q") {
		t.Errorf("logged:\n%s", text)
	}
	r.processes.values <- value{"p", 0}
	r.processes.values <- value{"q", 1}
	r.wait("notify VI_1 BACKUP 100")
}

// What a group tracks of files and processes counts for its members.
func TestGroupFile(t *testing.T) { inFakeTime(t, testGroupFile) }

func testGroupFile(t *testing.T) {
	blocks := "track_file f {\nfile /f\nweight 0\n}\nvrrp_track_process p {\nprocess x\n}\n"
	s := grouped(t, blocks, "track_file {\nf\n}\ntrack_process {\np\n}", "")
	r := startWith(t, newFakeSystem(t), s)
	r.up("eth1", 3)
	r.files.values <- value{"f", 0}
	r.processes.values <- value{"p", 1}
	r.together(vrrp.Master)
	r.files.values <- value{"f", 1}
	r.together(vrrp.Fault)
	r.files.values <- value{"f", 0}
	r.wait("notify group G BACKUP", "notify group G MASTER")
	r.processes.values <- value{"p", 0}
	r.together(vrrp.Fault)
}
