package peers

import (
	"fmt"
	"testing"
	"time"

	"github.com/kactl/kactl/test/lab"
)

// TestTie lets two masters of one priority meet: the one with the higher
// address stays.
func TestTie(t *testing.T) {
	t.Parallel()
	subject := lab.DefaultKind()
	for _, tt := range []struct {
		peer lab.Kind
		mode
	}{
		{lab.Keepalived, mode{Version: 2, Interval: time.Second}},
		{lab.Keepalived, mode{Version: 3, Interval: 100 * time.Millisecond}},
		{lab.FRR, mode{Version: 3, Interval: 100 * time.Millisecond}},
	} {
		for _, kinds := range [][2]lab.Kind{{subject, tt.peer}, {tt.peer, subject}} {
			t.Run(fmt.Sprintf("%s and %s version %d", kinds[0], kinds[1], tt.Version), func(t *testing.T) {
				t.Parallel()
				lab.RetellFast(t, tt.Interval, func(t testing.TB) {
					p := newPeering(t, kinds, tt.mode, 100, 100)
					silenced := time.Now()
					p.lb1.Silence()
					// FRR is master a moment before its macvlan is up: it would lose.
					p.capture.WaitFor(silenced, p.downTime(100)+slack, "lb2 advertises", func(f lab.Frame) bool {
						return f.Advert != nil && p.lab.NameOf(f.Src) == "lb2"
					})
					healed := time.Now()
					p.lb1.Heal()
					p.d1.WaitLogSince(healed, backupLog[p.d1.Kind], p.Interval+slack)
					p.moves(t, time.Now(), p.lb2, p.lb1, settle)
					p.keeps(t, time.Now(), p.lb2, p.lb1, 2*time.Second)
				})
			})
		}
	}
}
