package peers

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/kactl/kactl/test/lab"
)

// with are the subject and a peer in either role and, as a control, keepalived
// in the subject's place.
func with(peer lab.Kind, control bool) [][2]lab.Kind {
	subjects := []lab.Kind{lab.DefaultKind()}
	if control && subjects[0] != lab.Keepalived {
		subjects = append(subjects, lab.Keepalived)
	}
	var pairs [][2]lab.Kind
	for _, subject := range subjects {
		pairs = append(pairs, [2]lab.Kind{subject, peer})
		if subject != peer {
			pairs = append(pairs, [2]lab.Kind{peer, subject})
		}
	}
	return pairs
}

// stories runs the story in a mode with each pair, all at once or one by one.
func stories(t *testing.T, logs *logbook, m mode, together bool, pairs ...[2]lab.Kind) {
	for _, pair := range pairs {
		name := []string{fmt.Sprintf("%s to %s", pair[0], pair[1])}
		if m.Unicast {
			name = append(name, "unicast")
		}
		if m.AH {
			name = append(name, "AH")
		}
		if m.HMAC != "" {
			name = append(name, "HMAC")
		}
		name = append(name, m.Interval.String())
		t.Run(strings.Join(name, " "), func(t *testing.T) {
			if together {
				t.Parallel()
			}
			lab.RetellFast(t, m.Interval, func(t testing.TB) {
				p := newPeering(t, pair, m, high, low)
				p.story(t)
				p.check(t)
				if !t.Failed() {
					logs.add(t.Name(), p)
				}
			})
		})
	}
}

func TestVersion2(t *testing.T) {
	t.Parallel()
	logs := &logbook{}
	t.Run("stories", func(t *testing.T) { // ends when all have
		for _, unicast := range []bool{false, true} {
			stories(t, logs, mode{Version: 2, Interval: time.Second, Unicast: unicast}, true, with(lab.Keepalived, true)...)
		}
	})
	logs.judge(t)
}

func TestVersion3(t *testing.T) {
	t.Parallel()
	logs := &logbook{}
	t.Run("stories", func(t *testing.T) {
		m := mode{Version: 3, Interval: time.Second}
		stories(t, logs, m, true, with(lab.Keepalived, true)...)
		stories(t, logs, m, true, with(lab.FRR, false)...)
	})
	logs.judge(t)
}

func TestVersion3Tenth(t *testing.T) {
	logs := &logbook{}
	t.Run("stories", func(t *testing.T) {
		m := mode{Version: 3, Interval: 100 * time.Millisecond}
		stories(t, logs, m, true, with(lab.Keepalived, true)...)
		stories(t, logs, m, true, with(lab.FRR, true)...)
		m.Unicast = true
		stories(t, logs, m, true, with(lab.Keepalived, true)...)
	})
	logs.judge(t)
}

// TestVersion3Hundredth runs one story at a time, and no other test beside
// it: at 10 ms a master that a busy machine delays for 35 ms has lost.
func TestVersion3Hundredth(t *testing.T) {
	logs := &logbook{}
	m := mode{Version: 3, Interval: 10 * time.Millisecond}
	stories(t, logs, m, false, with(lab.Keepalived, true)...)
	stories(t, logs, m, false, with(lab.FRR, false)...)
	logs.judge(t)
}
