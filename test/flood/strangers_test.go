package flood

import (
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kactl/kactl/test/bench/vrrp/tap"
	"github.com/kactl/kactl/test/lab"
)

// strangersConfig takes adverts from anybody: there is no check_unicast_src.
const strangersConfig = `
global_defs {
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
    unicast_src_ip 198.51.100.1
    unicast_peer {
        198.51.100.3
    }
    notify "{{.Dir}}/notify"
    virtual_ipaddress {
{{range .Data}}        {{.}}/32
{{end}}    }
}
`

// rounds is how often a round announces each address.
const rounds = 5

// strangersPerSec is what one who is no peer sends.
const strangersPerSec = 50_000

// TestStrangers lets somebody who is no peer, behind a router, send adverts that
// the instance takes. What that makes it send is bounded, its own adverts are in
// time, the log stays readable, and the notify script has the last word.
func TestStrangers(t *testing.T) {
	vips := lab.Addresses("203.0.113.1", 100)
	l := lab.New(t)
	net := l.Segment("lan")
	master := l.Host("master", net, masterAddr.String()+"/24")
	other := l.Host("other", net, "198.51.100.2/24")
	peer := l.Host("peer", net, "198.51.100.3/24")
	d := master.Start(lab.Config{Text: strangersConfig, Data: vips, Files: map[string]string{
		"notify": "#!/bin/sh\necho \"$3\" >> {{.Dir}}/states\n",
	}})
	d.WaitLog("Entering MASTER STATE", 10*time.Second)
	states := func() []string {
		b, _ := os.ReadFile(filepath.Join(d.Dir, "states"))
		return strings.Fields(string(b))
	}
	lab.Eventually(t, 20*time.Second, "the script knows of MASTER", func() bool { return slices.Contains(states(), "MASTER") })

	for _, tt := range []struct {
		name       string
		priorities []byte
		reigns     bool // the instance is master all the time
	}{
		{"lower", []byte{100, 1}, true},
		{"resigned", []byte{0}, true},
		{"lower and resigned", []byte{100, 0}, true},
		{"higher and resigned", []byte{255, 0}, false},
		{"all", []byte{255, 0, 100, 0, 149}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newSender(other, strangersPerSec)
			s.packets, s.to = &strangers{vips: vips, priorities: tt.priorities}, master.Port().MAC
			capture, err := tap.Open(peer, "eth0", master.Port().MAC, 64<<20)
			if err != nil {
				t.Fatal(err)
			}
			defer capture.Close()
			began, machine := time.Now(), lab.NewWitness()
			if err := s.send(4 * strangersPerSec); err != nil {
				t.Fatal(err)
			}
			took := time.Since(began)
			stalled := machine.Stalled()
			frames, err := capture.Frames()
			if err != nil {
				t.Fatal(err)
			}
			checkBounds(t, frames, took, stalled.Longest, tt.reigns)
			if lines := d.CountLog(began, ""); lines > 120 {
				t.Errorf("%d lines in %v; the log:\n%s", lines, took, d.Dump())
			}
			lab.Eventually(t, 20*time.Second, "the latest state is MASTER, and the script knows", func() bool {
				all := states()
				return len(all) > 0 && all[len(all)-1] == "MASTER" && master.HasAddr(vips[99])
			})
		})
	}
	d.Stop()
	if all := states(); all[len(all)-1] != "STOP" {
		t.Errorf("the last state in the script's file is %s, want STOP", all[len(all)-1])
	}
}

// checkBounds holds what the router sent against what it may.
func checkBounds(t *testing.T, frames []tap.Frame, took, stalled time.Duration, reigns bool) {
	t.Helper()
	var adverts, announced int
	var last time.Time
	var gap time.Duration
	for _, f := range frames {
		if f.Announced.IsValid() {
			announced++
			continue
		}
		if !last.IsZero() {
			gap = max(gap, f.At.Sub(last))
		}
		last = f.At
		adverts++
	}
	t.Logf("in %v: %d adverts, %v apart at the most, %d announcements; the machine stood still for %v", took, adverts, gap, announced, stalled)
	// In each interval its own, an answer, and of a transition the last word.
	if most := 3 * int(took/interval+2); adverts > most {
		t.Errorf("%d adverts in %v, want at most %d", adverts, took, most)
	}
	if most := 100 * rounds * int(took/time.Second+2); announced > most {
		t.Errorf("%d announcements in %v, want at most %d", announced, took, most)
	}
	if reigns && gap > 2*interval+stalled {
		t.Errorf("%v between two adverts, want at most %v", gap, 2*interval+stalled)
	}
}

// strangers make adverts that are right but for their sender, of each priority
// in turn.
type strangers struct {
	vips       []netip.Addr
	priorities []byte
	made       []packet
	n          int
}

var stranger = netip.MustParseAddr("192.0.2.66")

func (g *strangers) next() *packet {
	if g.made == nil {
		for _, priority := range g.priorities {
			p := packet{src: stranger, dst: masterAddr, ttl: 60, protocol: 112, message: advert3(vrid, priority, centiseconds, g.vips...)}
			p.sign(true)
			g.made = append(g.made, p)
		}
	}
	g.n++
	return &g.made[g.n%len(g.made)]
}
