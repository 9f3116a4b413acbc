package lvs_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kactl/kactl/pkg/health"
	"github.com/kactl/kactl/pkg/lvs"
)

var histories = flag.Uint64("histories", 300, "how many random histories of a Balancer are played")

// TestBalancerHistories plays random results of probes and reloads. What the
// effects told is all that an observer needs to know the state, the table follows
// them, and the same history has the same effects.
func TestBalancerHistories(t *testing.T) {
	for seed := range *histories {
		a, b := playHistory(t, seed), playHistory(t, seed)
		if !slices.Equal(a, b) {
			t.Fatalf("seed %d: the second time differs: %s", seed, cmp.Diff(a, b))
		}
	}
}

// A watcher knows of a Balancer what its effects say.
type watcher struct {
	up     map[lvs.RealKey]bool
	weight map[lvs.RealKey]int
	quorum map[lvs.VirtualKey]bool
	sorry  map[lvs.VirtualKey]netip.AddrPort
}

func (w *watcher) watch(e lvs.Effect) (problem string) {
	key := e.Virtual.Key()
	is := func(ok bool, what string) {
		if !ok {
			problem = fmt.Sprintf("%v: %s", e, what)
		}
	}
	switch e.Kind {
	case lvs.RealAdded:
		_, known := w.weight[e.Key()]
		is(!known && e.Up, "it is there, or added as down")
		w.up[e.Key()], w.weight[e.Key()] = e.Up, e.Real.Weight
	case lvs.RealRemoved:
		is(w.up[e.Key()] == e.Up, "it was the other")
		delete(w.up, e.Key())
		delete(w.weight, e.Key())
	case lvs.RealUp, lvs.RealDown:
		is(w.up[e.Key()] == (e.Kind == lvs.RealDown), "it was so")
		w.up[e.Key()] = e.Kind == lvs.RealUp
	case lvs.WeightChanged:
		is(w.weight[e.Key()] == e.From && e.From != e.To, "it had another weight")
		is(w.up[e.Key()] == e.Up, "it is not up, or is")
		w.weight[e.Key()] = e.To
	case lvs.QuorumGained, lvs.QuorumLost:
		is(w.quorum[key] == (e.Kind == lvs.QuorumLost), "it was so")
		is(w.sum(key) == e.Weight, "the sum is another")
		w.quorum[key] = e.Kind == lvs.QuorumGained
	case lvs.SorryUsed:
		is(!w.sorry[key].IsValid(), "one is in use")
		w.sorry[key] = e.Real.Addr
	case lvs.SorryLeft:
		is(w.sorry[key] == e.Real.Addr, "it is not in use")
		delete(w.sorry, key)
	case lvs.VirtualRemoved:
		delete(w.quorum, key)
		delete(w.sorry, key)
	}
	return problem
}

func (w *watcher) sum(key lvs.VirtualKey) (n int) {
	for k, up := range w.up {
		if k.Service == key && up {
			n += w.weight[k]
		}
	}
	return n
}

// Real and Quorum make it an lvs.State.
func (w *watcher) Real(k lvs.RealKey, _ *lvs.RealServer) (int, bool) { return w.weight[k], w.up[k] }
func (w *watcher) Quorum(k lvs.VirtualKey) bool                      { return w.quorum[k] }

func playHistory(t *testing.T, seed uint64) (lines []string) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 7))
	b := lvs.NewBalancer()
	w := &watcher{up: map[lvs.RealKey]bool{}, weight: map[lvs.RealKey]int{}, quorum: map[lvs.VirtualKey]bool{}, sorry: map[lvs.VirtualKey]netip.AddrPort{}}
	table := lvs.Table{}
	var settings lvs.Settings
	var running, gone []*lvs.Check
	for step := range 40 {
		var effects []lvs.Effect
		switch n := r.IntN(10); {
		case step == 0 || n == 0:
			settings = randomSettings(r)
			effects = b.Reload(settings, step == 0, nil)
		case n == 1 && len(gone) > 0:
			if effects = b.Step(gone[r.IntN(len(gone))], health.Result{Err: errRefused}, nil); len(effects) > 0 {
				t.Fatalf("seed %d: a check that is gone has effects: %v", seed, effects)
			}
		case len(running) > 0:
			var result health.Result
			if r.IntN(2) == 0 {
				result.Err = errRefused
			}
			if weight := r.IntN(4); weight < 2 {
				result.Weight = &weight
			}
			effects = b.Step(running[r.IntN(len(running))], result, nil)
		}
		told := map[lvs.ServiceID]bool{}
		for _, e := range effects {
			lines = append(lines, e.String())
			if problem := w.watch(e); problem != "" {
				t.Fatalf("seed %d: %s, in\n%v", seed, problem, effects)
			}
			switch e.Kind {
			case lvs.CheckAdded:
				running = append(running, e.Check)
			case lvs.CheckRemoved:
				running = slices.DeleteFunc(running, func(c *lvs.Check) bool { return c == e.Check })
				gone = append(gone, e.Check)
			case lvs.TableChanged:
				for _, id := range e.IDs {
					told[id] = true
				}
			}
		}
		for id := range told {
			if s, ok := b.Entry(id); ok {
				table[id] = s
			} else {
				delete(table, id)
			}
		}
		want := b.Desired()
		if !reflect.DeepEqual(want, table) {
			t.Fatalf("seed %d: what the effects name (+) is not what has changed (-):\n%s\n%v", seed, cmp.Diff(want, table, equal), effects)
		}
		if told := settings.Desired(w); !reflect.DeepEqual(want, told) {
			t.Fatalf("seed %d: what the effects told (+) is not what is (-):\n%s\n%v", seed, cmp.Diff(want, told, equal), effects)
		}
		if len(running) != b.Checks() {
			t.Fatalf("seed %d: %d checks run, of %d", seed, len(running), b.Checks())
		}
		// A server is up while its checks are.
		down := map[lvs.RealKey]bool{}
		for _, c := range running {
			down[c.Key()] = down[c.Key()] || !c.Up()
		}
		for k, up := range w.up {
			if up == down[k] {
				t.Fatalf("seed %d: %s is up: %t, and a check of it is down: %t", seed, k, up, down[k])
			}
		}
		for _, v := range settings.Services {
			if c := w.sorry[v.Key()]; c.IsValid() != (v.Sorry != nil && !w.quorum[v.Key()]) || c.IsValid() && c != v.Sorry.Addr {
				t.Fatalf("seed %d: sorry server %v is in use, quorum %t", seed, c, w.quorum[v.Key()])
			}
		}
	}
	return lines
}

// randomSettings draws from few values, so that two settings have much in common.
func randomSettings(r *rand.Rand) (s lvs.Settings) {
	for port := range 3 {
		if r.IntN(4) == 0 {
			continue
		}
		v := lvs.VirtualServer{
			ID: lvs.ServiceID{Protocol: lvs.TCP, Addr: netip.AddrPortFrom(webID.Addr.Addr(), uint16(80+port))}, Scheduler: []string{"rr", "wlc"}[r.IntN(2)],
			Quorum: 1 + r.IntN(3),
		}
		v.Hysteresis = r.IntN(v.Quorum)
		if r.IntN(3) > 0 {
			x := realServer(fmt.Sprintf("10.0.0.%d:80", 8+r.IntN(2)), 1)
			v.Sorry = &x
		}
		for i := range 4 {
			if r.IntN(3) == 0 {
				continue
			}
			x := realServer(fmt.Sprintf("10.0.0.%d:80", i+1), r.IntN(4))
			x.Inhibit = r.IntN(3) == 0
			for j := range r.IntN(3) {
				x.Checks = append(x.Checks, health.Check{Kind: health.TCP, Target: netip.AddrPortFrom(x.Addr.Addr(), uint16(j)), Retries: r.IntN(2)})
			}
			v.Reals = append(v.Reals, x)
		}
		s.Services = append(s.Services, v)
	}
	return s
}
