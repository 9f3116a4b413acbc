package checkd

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kactl/kactl/pkg/command"
	"github.com/kactl/kactl/pkg/lvs"
)

func TestScheduleIsInOrder(t *testing.T) {
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 2))
		s := schedule{limit: 1000}
		base := time.Unix(0, 0)
		var all []*checker
		for range 200 {
			c := &checker{place: -1}
			s.put(c, base.Add(time.Duration(r.IntN(100))))
			all = append(all, c)
		}
		var want []time.Time
		for _, c := range all {
			switch r.IntN(3) {
			case 0:
				s.drop(c)
				s.drop(c) // a second time does no harm
				continue
			case 1:
				s.put(c, base.Add(time.Duration(r.IntN(100))))
			}
			want = append(want, c.due)
		}
		slices.SortFunc(want, time.Time.Compare)
		for i, at := range want {
			next, ok := s.next()
			if !ok || !next.Equal(at) {
				t.Fatalf("seed %d: next %d is %v %t, want %v", seed, i, next, ok, at)
			}
			if at.After(base) && s.start(at.Add(-1)) != nil {
				t.Fatalf("seed %d: a check started early", seed)
			}
			if c := s.start(at); c == nil || !c.due.Equal(at) {
				t.Fatalf("seed %d: started %v, want the one at %v", seed, c, at)
			}
		}
		if _, ok := s.next(); ok || s.running != len(want) {
			t.Fatalf("seed %d: something is left, or %d run instead of %d", seed, s.running, len(want))
		}
	}
}

func TestScheduleLimit(t *testing.T) {
	s := schedule{limit: 1}
	now := time.Unix(0, 0)
	s.put(&checker{place: -1}, now)
	s.put(&checker{place: -1}, now)
	if s.start(now) == nil || s.start(now) != nil {
		t.Error("not exactly one check started")
	}
	if _, ok := s.next(); ok {
		t.Error("something to start while all places are taken")
	}
	s.finish()
	if s.start(now) == nil {
		t.Error("no check started after one had ended")
	}
}

// slowRunner takes a second a script.
type slowRunner struct {
	mu        sync.Mutex
	ran       []string
	now, most int
}

func (f *slowRunner) Run(ctx context.Context, c command.Command, _ ...string) error {
	f.mu.Lock()
	f.now++
	f.most = max(f.most, f.now)
	f.ran = append(f.ran, c.String())
	f.mu.Unlock()
	select {
	case <-time.After(time.Second):
	case <-ctx.Done():
	}
	f.mu.Lock()
	f.now--
	f.mu.Unlock()
	return ctx.Err()
}

func TestNotifierKeepsTheOrderOfOneServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &slowRunner{}
		n := newNotifier(f, slog.New(slog.DiscardHandler))
		k := lvs.RealKey{Addr: ap(rs1)}
		n.notify(t.Context(), k, nil)
		for _, word := range []string{"1", "2", "3"} {
			n.notify(t.Context(), k, &command.Command{Words: []string{word}})
		}
		n.wait()
		if d := cmp.Diff([]string{"1", "2", "3"}, f.ran); d != "" || f.most != 1 {
			t.Errorf("%d at a time, %s", f.most, d)
		}
	})
}

func TestNotifierIsBoundedAndStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &slowRunner{}
		n := newNotifier(f, slog.New(slog.DiscardHandler))
		ctx, cancel := context.WithCancel(t.Context())
		for i := range 10 * scripts {
			k := key(vip1)
			k.Addr = netip.AddrPortFrom(ap(vip1).Addr(), uint16(i+1))
			n.notify(ctx, lvs.RealKey{Service: k}, &command.Command{Words: []string{"x"}})
		}
		synctest.Wait()
		if f.most != scripts {
			t.Errorf("%d at a time, want %d", f.most, scripts)
		}
		begun := time.Now()
		cancel()
		n.wait()
		if d := time.Since(begun); d > 0 {
			t.Errorf("stopped %v after the end of the context", d)
		}
	})
}
