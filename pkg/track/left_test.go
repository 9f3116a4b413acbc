package track

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kactl/kactl/pkg/vrrp"
)

// Of the scripts that were removed only those are known that may still run.
func TestArrangeForgets(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	s := New(nil, nil, log)
	running, left := map[string]*watch{}, map[string]*watch{}
	ends := map[string]*run{}
	arrange := func(names ...string) {
		s.wanted = nil
		for _, name := range names {
			s.wanted = append(s.wanted, chk(func(sc *vrrp.Script) { sc.Name = name }))
		}
		s.arrange(running, left, nil, func(sc vrrp.Script, _, _ *watch) *watch {
			w := newWatch(context.Background(), sc, log)
			w.run = ends[sc.Name]
			return w
		})
	}
	ended, stuck := &run{ended: make(chan struct{})}, &run{ended: make(chan struct{})}
	close(ended.ended)
	ends["ended"], ends["stuck"] = ended, stuck
	arrange("idle", "ended", "stuck", "busy", "stays")
	stopped := maps.Clone(running)
	arrange("stays")
	for _, name := range []string{"idle", "ended", "stuck"} { // "busy" has not heard of it
		close(stopped[name].done)
	}
	for n := range 3 {
		arrange("stays", fmt.Sprint("new", n))
		want := []string{"busy", "stuck"}
		if n > 0 {
			want = append(want, fmt.Sprint("new", n-1)) // has not ended yet
		}
		slices.Sort(want)
		got := slices.Sorted(maps.Keys(left))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("after %d: %s", n, diff)
		}
		if w := left[fmt.Sprint("new", n-1)]; w != nil {
			close(w.done)
		}
	}
	close(stuck.ended)
	arrange("stays")
	if _, ok := left["stuck"]; ok {
		t.Error("it remembers one that has ended")
	}
}
