package e2e

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"text/template"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/kactl/kactl/test/lab"
)

// cluster fills cluster.conf, one file of conf.d.
type cluster struct {
	Instance, State string
	VRID, Priority  int
	VIP             string
	Self, Peer      string // unicast; multicast if empty
	Dir             string // set to the director's
}

func (c cluster) text(t testing.TB) string {
	t.Helper()
	c.Dir = "{{.Dir}}" // the director's own directory, filled in when it starts
	var b strings.Builder
	if err := template.Must(template.New("").Parse(conf(t, "cluster.conf"))).Execute(&b, c); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// multi is several directors that each hold some of several addresses.
type multi struct {
	net    *lab.Segment
	hosts  []*lab.Host
	dirs   []*lab.Director
	probes map[string]*lab.Probe // by address
}

// newMulti starts directors with the main file and these files in conf.d.
func newMulti(t testing.TB, addrs []string, clusters [][]cluster) *multi {
	t.Helper()
	l := lab.New(t)
	net := l.Segment("lan")
	client := l.Host("client", net, "198.51.100.9/24", "203.0.113.123/24")
	m := &multi{net: net, probes: map[string]*lab.Probe{}}
	for i, a := range addrs {
		h := l.HostOn(fmt.Sprintf("ka%d", i+1), net, "ens33", a+"/24")
		files := map[string]string{"conf.d/notify.sh": notify}
		for j, c := range clusters[i] {
			files[fmt.Sprintf("conf.d/cluster%d.conf", j+1)] = c.text(t)
			if m.probes[c.VIP] == nil {
				m.probes[c.VIP] = client.ProbeARP(addr(c.VIP), 100*time.Millisecond)
			}
		}
		m.hosts = append(m.hosts, h)
		m.dirs = append(m.dirs, h.Start(lab.Config{Text: conf(t, "main.conf"), Files: files}))
	}
	t.Cleanup(func() {
		if t.Failed() {
			for _, d := range m.dirs {
				t.Logf("%s:\n%s", d.Host.Name, d.Dump())
			}
		}
	})
	return m
}

// settle waits until each address is on the wanted host and no other, and
// answered from there.
func (m *multi) settle(t testing.TB, limit time.Duration, want map[string]string) {
	t.Helper()
	lab.Eventually(t, limit, fmt.Sprintf("addresses as %v", want), func() bool {
		for vip, owner := range want {
			for _, h := range m.hosts {
				if h.HasAddr(addr(vip)) != (h.Name == owner) {
					return false
				}
			}
		}
		return true
	})
	for vip, owner := range want {
		m.probes[vip].WaitOwner(owner, time.Second)
	}
}

// TestDoubleMaster is the pair where each director is master of one address
// and backup of the other's, with the instances in conf.d.
func TestDoubleMaster(t *testing.T) { lab.Story(testDoubleMaster)(t) }

func testDoubleMaster(t testing.TB) {
	const ka1, ka2, vip1, vip2 = "198.51.100.37", "198.51.100.50", "203.0.113.16", "203.0.113.17"
	m := newMulti(t, []string{ka1, ka2}, [][]cluster{{
		{Instance: "VI_1", State: "MASTER", VRID: 51, Priority: 100, VIP: vip1, Self: ka1, Peer: ka2},
		{Instance: "VI_2", State: "BACKUP", VRID: 61, Priority: 80, VIP: vip2, Self: ka1, Peer: ka2},
	}, {
		{Instance: "VI_1", State: "BACKUP", VRID: 51, Priority: 80, VIP: vip1, Self: ka2, Peer: ka1},
		{Instance: "VI_2", State: "MASTER", VRID: 61, Priority: 100, VIP: vip2, Self: ka2, Peer: ka1},
	}})
	whole := map[string]string{vip1: "ka1", vip2: "ka2"}
	m.settle(t, 10*time.Second, whole)
	capture := m.net.Capture()
	for i, rest := range []string{"ka2", "ka1"} {
		cut := time.Now()
		m.hosts[i].Cut()
		m.settle(t, takeover(80), map[string]string{vip1: rest, vip2: rest})
		t.Logf("%s cut: %v and %v without an answer", m.hosts[i].Name, m.probes[vip1].Outage(cut), m.probes[vip2].Outage(cut))
		m.hosts[i].Heal()
		m.settle(t, takeover(100)+time.Second, whole)
	}
	for _, vrid := range []byte{51, 61} {
		if err := capture.TwoMasters(vrid, 200*time.Millisecond); err != nil {
			t.Error(err)
		}
	}
	// Cut once: the scripts are told of the fault of both, and of being master
	// of its own twice and of the other's once; once more if it started so much
	// sooner that it had the other's before its owner. Scripts take their time.
	for _, d := range m.dirs {
		var told map[string]int
		if !lab.Within(lab.Slack, func() bool {
			text, _ := os.ReadFile(d.Dir + "/notified")
			told = lab.Count(strings.Fields(string(text)))
			return told["fault"] == 2 && told["master"] >= 3 && told["backup"] >= 4
		}) || told["master"] > 4 {
			t.Errorf("%s: notify scripts were told %v, want fault twice and master three times", d.Host.Name, told)
		}
	}
}

// TestThreeMasters is the ring of three directors, each master of one address
// and backup of its neighbour's; every one is cut in turn.
func TestThreeMasters(t *testing.T) { lab.Story(testThreeMasters)(t) }

func testThreeMasters(t testing.TB) {
	vips := []string{"203.0.113.1", "203.0.113.2", "203.0.113.3"}
	instance := func(name, state string, vrid, priority int) cluster {
		return cluster{Instance: name, State: state, VRID: vrid, Priority: priority, VIP: vips[vrid-1]}
	}
	m := newMulti(t, []string{"198.51.100.11", "198.51.100.12", "198.51.100.13"}, [][]cluster{
		{instance("VI_1", "MASTER", 1, 100), instance("VI_2", "BACKUP", 3, 80)},
		{instance("VI_1", "MASTER", 2, 100), instance("VI_2", "BACKUP", 1, 80)},
		{instance("VI_1", "MASTER", 3, 100), instance("VI_2", "BACKUP", 2, 80)},
	})
	backup := []string{"ka2", "ka3", "ka1"} // of each virtual router
	whole := map[string]string{vips[0]: "ka1", vips[1]: "ka2", vips[2]: "ka3"}
	m.settle(t, 10*time.Second, whole)
	capture := m.net.Capture()
	lab.Eventually(t, 3*time.Second, "each master advertises", func() bool {
		return len(capture.Adverts(1)) > 0 && len(capture.Adverts(2)) > 0 && len(capture.Adverts(3)) > 0
	})
	for i, h := range m.hosts {
		cut := time.Now()
		h.Cut()
		want := map[string]string{vips[0]: "ka1", vips[1]: "ka2", vips[2]: "ka3"}
		want[vips[i]] = backup[i]
		m.settle(t, takeover(80), want)
		t.Logf("%s cut: %v without an answer", h.Name, m.probes[vips[i]].Outage(cut))
		h.Heal()
		m.settle(t, takeover(100)+time.Second, whole)
	}
	for vrid := byte(1); vrid <= 3; vrid++ {
		if err := capture.TwoMasters(vrid, 200*time.Millisecond); err != nil {
			t.Error(err)
		}
		owner, second := fmt.Sprintf("ka%d", vrid), backup[vrid-1]
		got := lab.Sequence(capture.Reigns(vrid))
		// Its owner is cut once.
		if want := []string{owner, second, owner}; !cmp.Equal(got, want) {
			t.Errorf("masters of %d in turn: %v, want %v", vrid, got, want)
		}
	}
}
