package ipvs

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"

	"golang.org/x/sys/unix"
)

// A fakeConn ends what waits for it when it is closed.
type fakeConn struct{ closed chan struct{} }

func newFakeConn() *fakeConn { return &fakeConn{closed: make(chan struct{})} }

func (c *fakeConn) Close() { close(c.closed) }

func TestBoundedExchange(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	tests := []struct {
		name string
		ctx  context.Context
		f    func(c *fakeConn) (int, error)
		want int
		err  error
	}{
		{"answered", t.Context(), func(*fakeConn) (int, error) { return 3, nil }, 3, nil},
		{"refused", t.Context(), func(*fakeConn) (int, error) { return 0, unix.EPERM }, 0, unix.EPERM},
		{"no answer", t.Context(), func(c *fakeConn) (int, error) { <-c.closed; return 3, nil }, 0, context.DeadlineExceeded},
		{"cancelled", ended, func(c *fakeConn) (int, error) { <-c.closed; return 3, nil }, 0, context.Canceled},
		{"an empty answer", t.Context(), func(*fakeConn) (int, error) { return [][]int{}[0][0], nil }, 0, errMalformed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newFakeConn()
				ctx, cancel := context.WithCancel(context.WithoutCancel(tt.ctx)) // of the bubble
				defer cancel()
				if tt.ctx.Err() != nil {
					cancel()
				}
				got, err := bounded(ctx, c, func() (int, error) { return tt.f(c) })
				if got != tt.want || !errors.Is(err, tt.err) {
					t.Errorf("%d, %v, want %d, %v", got, err, tt.want, tt.err)
				}
				<-c.closed // always
			})
		})
	}
}

func TestModprobeOfOthersIsRefused(t *testing.T) {
	program := filepath.Join(t.TempDir(), "modprobe")
	if err := os.WriteFile(program, []byte("#!/bin/sh\n"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(program, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := checkModprobe(program); err == nil {
		t.Error("a program that everybody can write is run as root")
	}
	if err := checkModprobe("/bin/sh"); err != nil {
		t.Error(err)
	}
}
