package e2e

import (
	"testing"
	"time"

	"github.com/kactl/kactl/test/lab"
)

// TestTwoMastersShow breaks a pair on purpose, by a unicast peer that is
// neither's: the checks that the other scenarios rely on must see two masters.
func TestTwoMastersShow(t *testing.T) { lab.Story(testTwoMastersShow)(t) }

func testTwoMastersShow(t testing.TB) {
	const astray = "unicast_peer {\n    198.51.100.9\n  }"
	text := conf(t, "pair.conf")
	l := lab.New(t)
	net := l.Segment("lan")
	capture := net.Capture()
	client := l.Host("client", net, "198.51.100.9/24")
	probe := client.ProbeARP(addr("203.0.113.16"), 50*time.Millisecond)
	for i, n := range []pairNode{{"MASTER", 100, astray}, {"BACKUP", 80, astray}} {
		h := l.Host([]string{"lb1", "lb2"}[i], net, []string{"198.51.100.37/24", "198.51.100.50/24"}[i])
		h.Start(lab.Config{Text: text, Data: n}).WaitLog("Entering MASTER STATE", 10*time.Second)
	}
	began := time.Now()
	probe.WaitOwnerSince(began, "lb1", time.Second)
	probe.WaitOwnerSince(began, "lb2", time.Second)
	lab.Eventually(t, 5*time.Second, "two masters show in the adverts", func() bool {
		return capture.TwoMasters(pairVRID, 200*time.Millisecond) != nil
	})
}
