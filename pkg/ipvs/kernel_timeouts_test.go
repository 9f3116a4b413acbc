package ipvs_test

import (
	"testing"
	"time"

	"github.com/kactl/kactl/pkg/ipvs"
)

// TestKernelTimeouts sets one time-out after another: the others stay.
func TestKernelTimeouts(t *testing.T) {
	inNamespace(t, func(h *ipvs.Handle) {
		was, err := h.Timeouts(t.Context())
		if err != nil {
			t.Error(err)
			return
		}
		if was.TCP == 0 || was.TCPFin == 0 || was.UDP == 0 {
			t.Errorf("time-outs of %+v", was)
		}
		for _, set := range []ipvs.Timeouts{{TCP: 77 * time.Second}, {TCPFin: 78 * time.Second, UDP: 79 * time.Second}, {}, was} {
			want := was
			if got, err := h.Timeouts(t.Context()); err == nil {
				want = got
			}
			for _, v := range []struct{ to, from *time.Duration }{{&want.TCP, &set.TCP}, {&want.TCPFin, &set.TCPFin}, {&want.UDP, &set.UDP}} {
				if *v.from != 0 {
					*v.to = *v.from
				}
			}
			if err := h.SetTimeouts(t.Context(), set); err != nil {
				t.Errorf("set %+v: %v", set, err)
			}
			if got, err := h.Timeouts(t.Context()); err != nil || got != want {
				t.Errorf("after %+v: %+v, %v, want %+v", set, got, err, want)
			}
		}
	})
}
