package vrrp

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// The heap finds the same backup as a look at all members does.
func TestTakeOverOfHeap(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		var d deadlines
		var backups []Time
		for range rng.IntN(12) {
			cfg := testInstance(100)
			m := &member{machine: NewMachine(&cfg), heapIndex: notInHeap}
			at := Time(rng.Int64N(20)) * Time(time.Millisecond)
			m.machine.advert.start(at)
			m.machine.state = Master
			if rng.IntN(3) == 0 {
				m.machine.state = Backup
				backups = append(backups, at)
			}
			d.update(m)
		}
		until := Time(rng.Int64N(20)) * Time(time.Millisecond)
		at, ok := d.backup(until)
		wantOK := len(backups) > 0 && slices.Min(backups) <= until
		if ok != wantOK || ok && at != slices.Min(backups) {
			t.Fatalf("backups at %v, until %v: got %v, %v", backups, until, at, ok)
		}
	}
}
