package flood

import (
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/kactl/kactl/test/bench/vrrp/process"
	"github.com/kactl/kactl/test/bench/vrrp/tap"
	"github.com/kactl/kactl/test/lab"
)

// config has the real-time priority: it is the flood that must not delay an
// advert, what else the machine does is another matter.
const config = `
global_defs {
    router_id flood
    vrrp_rt_priority 50
    vrrp_rlimit_rttime 1000000
}
vrrp_instance VI_1 {
    state BACKUP
    interface eth0
    virtual_router_id 51
    priority 150
    version 3
    advert_int 0.1
    virtual_ipaddress {
        203.0.113.16
    }
}
`

// The flood, and what the master may make of it.
const (
	packets  = 1_000_000
	perSec   = 10_000
	warmUp   = 50_000
	interval = centiseconds * 10 * time.Millisecond
	maxLines = 100
	// maxGrowth is twice the smallest heap that Go collects: what the
	// collector's timing makes of it. A leak of 9 bytes a packet is more.
	maxGrowth = 8 << 20
)

// packetsVar shortens the flood, for whoever works on this.
const packetsVar = "KACTL_FLOOD_PACKETS"

func TestFlood(t *testing.T) {
	total := howMany(t)
	l := lab.New(t)
	net := l.Segment("lan")
	master := l.Host("master", net, masterAddr.String()+"/24")
	other := l.Host("other", net, "198.51.100.2/24")
	d := master.Start(lab.Config{Text: config})
	d.WaitLog("Entering MASTER STATE", 10*time.Second)

	s := newSender(other, perSec)
	if err := s.send(min(warmUp, total)); err != nil {
		t.Fatal(err)
	}
	before := memory(t, d)
	began := time.Now()
	capture, err := tap.Open(other, "eth0", master.Port().MAC, 16<<20)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(capture.Close)
	machine := lab.NewWitness()
	if err := s.send(total); err != nil {
		t.Fatal(err)
	}
	took := time.Since(began)
	stalled := machine.Stalled()
	frames, err := capture.Frames()
	if err != nil {
		t.Fatal(err)
	}
	growth := memory(t, d) - before
	lines := d.CountLog(began, "")
	t.Logf("%d packets in %v; %d log lines; memory %d KiB, %+d KiB since the warm-up",
		total, took.Round(time.Millisecond), lines, before>>10, growth>>10)

	checkAdverts(t, frames, took, stalled, interval)
	if growth > maxGrowth {
		t.Errorf("memory grew by %d KiB", growth>>10)
	}
	// That there are some shows that the packets arrived.
	if d.CountLog(time.Time{}, "(VI_1) invalid TTL/HL. Received") == 0 {
		t.Errorf("no packet was reported as rejected; the log:\n%s", d.Dump())
	}
	if d.Kind == lab.Kactl && lines >= maxLines {
		t.Errorf("%d lines logged, want fewer than %d; the log:\n%s", lines, maxLines, d.Dump())
	}
}

// howMany is the length of a flood.
func howMany(t *testing.T) int {
	t.Helper()
	s := os.Getenv(packetsVar)
	if s == "" {
		return packets
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatalf("%s: %v", packetsVar, err)
	}
	return n
}

// checkAdverts ends the test unless the master went on to send adverts as if
// nothing were, but for the time that the machine stood still. After one and a half
// intervals two backups of three would still wait as long again.
func checkAdverts(t *testing.T, frames []tap.Frame, took time.Duration, stalled lab.Standstill, interval time.Duration) {
	t.Helper()
	var adverts []tap.Frame
	for _, f := range frames {
		if !f.Announced.IsValid() {
			adverts = append(adverts, f)
		}
	}
	var longest time.Duration
	for n, f := range adverts {
		if f.VRID != vrid || f.Priority != priority {
			t.Fatalf("the master sent an advert of VRID %d and priority %d", f.VRID, f.Priority)
		}
		if n > 0 {
			longest = max(longest, f.At.Sub(adverts[n-1].At))
		}
	}
	t.Logf("%d adverts, %v apart at the most; the machine stood still for %v, %v at the most", len(adverts), longest, stalled.Total, stalled.Longest)
	if most := interval*3/2 + stalled.Longest; longest > most {
		t.Errorf("%v between two adverts, want at most %v", longest, most)
	}
	if want := int((took-stalled.Total)/interval) - 1; len(adverts) < want {
		t.Errorf("the master sent %d adverts in %v, want %d", len(adverts), took, want)
	}
}

// memory is what the director's processes have, in bytes.
func memory(t *testing.T, d *lab.Director) int {
	t.Helper()
	size, err := process.SizeOf(d)
	if err != nil {
		t.Fatal(err)
	}
	return size.Rss
}
