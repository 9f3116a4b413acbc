package checkd

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kactl/kactl/pkg/health"
	"github.com/kactl/kactl/pkg/lvs"
	"github.com/kactl/kactl/pkg/status"
)

func (r *rig) statusNow() status.LVS {
	r.t.Helper()
	s, err := r.Status(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	return s
}

func TestStatus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := virtual(vip1, rs1, rs2)
		v.Sorry = &lvs.RealServer{Addr: ap(sorry), Forward: lvs.DR, Weight: 1}
		r := start(t, settings(v), nil)
		<-r.Ready()
		r.wait(time.Minute)
		r.prober.set(true, rs1)
		r.wait(time.Minute)
		s := r.statusNow()
		if len(s.Services) != 1 || len(s.Services[0].Servers) != 2 {
			t.Fatalf("got %+v", s)
		}
		service := s.Services[0]
		r.expect("name", service.Name, "[198.51.100.1]:tcp:80")
		r.expect("quorum", []any{service.Quorum, service.Weight, service.Need, service.SorryUsed, service.Sorry.String()}, []any{true, 1, 1, false, sorry})
		one, two := service.Servers[0], service.Servers[1]
		r.expect("one", []any{one.Addr.String(), one.Up, one.Weight, one.Base}, []any{rs1, false, 1, 1})
		r.expect("two", []any{two.Addr.String(), two.Up}, []any{rs2, true})
		if age := time.Since(one.Since); age <= 0 || age > time.Minute || time.Since(two.Since) < time.Minute {
			t.Errorf("one has been down for %v, two up for %v", age, time.Since(two.Since))
		}
		c := one.Checks[0]
		r.expect("check", []any{c.Kind, c.Up, c.LastErr, c.Trouble}, []any{health.TCP, false, "refused", ""})
		if c.Failures == 0 || c.Probes <= c.Failures || c.LastFailed.IsZero() || two.Checks[0].Failures != 0 {
			t.Errorf("counts %+v, %+v", c, two.Checks[0])
		}
		r.prober.set(true, rs2)
		r.prober.hold("no descriptors", rs1)
		r.wait(time.Minute)
		service = r.statusNow().Services[0]
		r.expect("no quorum", []any{service.Quorum, service.Weight, service.SorryUsed}, []any{false, 0, true})
		r.expect("trouble", service.Servers[0].Checks[0].Trouble, "no descriptors")
		r.expect("Reload", r.Reload(t.Context(), lvs.Settings{}), nil)
		r.expect("nothing", len(r.statusNow().Services), 0)
		r.expect("no verdicts", len(r.since), 0)
		r.stop()
		if _, err := r.Status(t.Context()); !errors.Is(err, errEnded) {
			t.Errorf("got %v", err)
		}
		if err := r.Reload(t.Context(), lvs.Settings{}); !errors.Is(err, errEnded) {
			t.Errorf("got %v", err)
		}
	})
}

// Whoever gives up is not kept waiting.
func TestStatusGivesUp(t *testing.T) {
	d := New(Config{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := d.Status(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
