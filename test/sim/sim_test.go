package sim

import (
	"hash/fnv"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/kactl/kactl/pkg/vrrp"
)

// TestShrink plants a fault in the driver that shows when an interface is renamed
// while its host is frozen, and finds out that this is what it takes.
func TestShrink(t *testing.T) {
	s := Simulator{forgetful: true}
	for number := range uint64(2000) {
		f := s.Run(number)
		if f == nil {
			continue
		}
		f = s.Shrink(f)
		deeds := map[Deed]bool{}
		for _, a := range f.Acts {
			deeds[a.Deed] = true
		}
		if len(f.Acts) > 4 || !deeds[freeze] && !deeds[suspend] || !deeds[rename] {
			t.Errorf("history %d is shrunk to %v", number, f.Acts)
		}
		again := s.Again(f)
		if again == nil || again.What != f.What || again.At != f.At {
			t.Errorf("told again: %v, the first time: %v", again, f)
		}
		for n := range f.Acts {
			if less := s.tell(number, without(f.Acts, n, 1)); less != nil {
				t.Errorf("without %v it still fails: %v", f.Acts[n], less)
			}
		}
		if good := (&Simulator{}).tell(number, f.Acts); good != nil {
			t.Errorf("it fails without the planted fault: %v", good)
		}
		return
	}
	t.Error("no history fails")
}

// TestAgain tells a history twice, with others in between.
func TestAgain(t *testing.T) {
	var s Simulator
	tell := func(number uint64) uint64 {
		sum := fnv.New64()
		s.Log = func(line string) { sum.Write([]byte(line)) }
		if f := s.Run(number); f != nil {
			t.Error(f)
		}
		return sum.Sum64()
	}
	for number := range uint64(10) {
		first := tell(number)
		tell(number + 1)
		if tell(number) != first {
			t.Errorf("history %d is another one the second time", number)
		}
	}
}

// TestActs looks whether histories are long enough: ten faults and a minute at least.
func TestActs(t *testing.T) {
	least, faultsAtLeast := time.Hour, 1000
	for number := range uint64(200) {
		var s Simulator
		acts, count := Acts(number), 0
		for _, a := range acts {
			if a.Deed < faults {
				count++
			}
		}
		w := newWorld(&s, number)
		w.begin()
		for _, a := range acts {
			w.run(a.After)
			w.act(a)
		}
		w.settle("at the end")
		least, faultsAtLeast = min(least, w.now.Sub(beginning)), min(faultsAtLeast, count)
	}
	t.Logf("the shortest history takes %v and has %d faults", least, faultsAtLeast)
	if least < time.Minute || faultsAtLeast < 10 {
		t.Error("too little")
	}
}

func TestClock(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	for range 10000 {
		c := clock{perMillion: random.Int64N(4001) - 2000, behind: time.Duration(random.Int64N(int64(time.Minute)))}
		at := beginning.Add(time.Duration(random.Int64N(int64(time.Hour))))
		when := c.when(at)
		if c.local(when) < at || c.local(when-1) >= at {
			t.Fatalf("%+v: %v is at %v", c, at, when)
		}
	}
}

func TestQueue(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	var q queue
	for n := range 1000 {
		q.add(beginning.Add(time.Duration(random.IntN(50)))).to = n
	}
	last, to := vrrp.Time(0), 0
	for range 1000 {
		at, ok := q.next()
		slot := q.take()
		if n := q.slots[slot].to; !ok || at < last || at == last && n < to {
			t.Fatalf("%d at %v comes after %d at %v", n, at, to, last)
		} else {
			to = n
		}
		last = at
		q.release(slot)
	}
	if _, ok := q.next(); ok {
		t.Error("there is more than was added")
	}
}
