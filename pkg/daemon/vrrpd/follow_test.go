package vrrpd

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kactl/kactl/pkg/vrrp"
)

// A stuckSource ends when a test lets it.
type stuckSource struct{ end chan error }

func (s stuckSource) Kind() vrrp.TrackKind                         { return vrrp.TrackFile }
func (s stuckSource) Run(context.Context, func(string, int)) error { return <-s.end }
func (s stuckSource) Reload(*vrrp.Settings)                        {}

// A source that does not end is waited for, but not for ever; its error counts until then.
func TestStuckSource(t *testing.T) {
	failed := errors.New("failed")
	for name, c := range map[string]struct {
		after time.Duration
		want  error
	}{"never": {time.Hour, nil}, "soon": {sourceEndsWithin / 2, failed}, "before the stop": {-time.Second, failed}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := &Daemon{cfg: Config{Log: slog.New(slog.DiscardHandler)}}
				s := stuckSource{make(chan error, 1)}
				began := time.Now()
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				time.AfterFunc(time.Minute+c.after, func() { s.end <- failed })
				err := d.follow(ctx, s)
				if err != c.want || time.Since(began) != time.Minute+min(c.after, sourceEndsWithin) {
					t.Errorf("%v after %v", err, time.Since(began))
				}
				time.Sleep(2 * time.Hour)
			})
		})
	}
}
