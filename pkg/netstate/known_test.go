package netstate

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kactl/kactl/pkg/vrrp"
)

func TestKnown(t *testing.T) {
	scenario("what is there and what is not", t, func(t *testing.T, r rig) {
		r.refuse = func(_ string, a vrrp.Address) error {
			if a.Prefix == vip(2).Address.Prefix {
				return errRefused
			}
			return nil
		}
		r.Set(hold("a", 1, on("eth0", 1, 2), on("eth1", 3)))
		list, err := r.Known(t.Context(), "a")
		if err != nil || len(list) != 3 {
			t.Fatalf("%v, %v", list, err)
		}
		for n, want := range []Known{{vip(1), true, nil}, {vip(2), false, errRefused}, {vipOn("eth1", 3), true, nil}} {
			if got := list[n]; got.Item != want.Item || got.There != want.There || !errors.Is(got.Err, want.Err) {
				t.Errorf("%d: %+v, want %+v", n, got, want)
			}
		}
		if list, err := r.Known(t.Context(), "nobody"); list != nil || err != nil {
			t.Errorf("of nobody: %v, %v", list, err)
		}
	})
	scenario("an interface that does not answer", t, func(t *testing.T, r rig) {
		c := make(chan struct{})
		r.hold = c
		r.Set(hold("a", 1, on("eth0", 1)))
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := r.Known(ctx, "a"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
		r.set(func() { r.hold = nil })
		close(c)
	})
}
