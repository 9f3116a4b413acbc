package probe

import (
	"errors"
	"fmt"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/health"
)

func TestLate(t *testing.T) {
	for _, tt := range []struct {
		timeout, after time.Duration
		want           bool
	}{
		{time.Second, -time.Millisecond, false},
		{time.Second, 0, false},
		{time.Second, 100 * time.Millisecond, false},
		{time.Second, 101 * time.Millisecond, true},
		{30 * time.Millisecond, 50 * time.Millisecond, false},
		{30 * time.Millisecond, 101 * time.Millisecond, true},
		{5 * time.Second, 500 * time.Millisecond, false},
		{5 * time.Second, 501 * time.Millisecond, true},
		{time.Hour, time.Minute, false},
		{0, 101 * time.Millisecond, true},
	} {
		deadline := time.Unix(1000, 0)
		if got := late(deadline, deadline.Add(tt.after), tt.timeout); got != tt.want {
			t.Errorf("%v after a time-out of %v: %t", tt.after, tt.timeout, got)
		}
	}
}

// A slow is a connection whose calls return err after a time.
type slow struct {
	net.Conn
	takes time.Duration
	err   error
}

func (s slow) Read([]byte) (int, error)         { time.Sleep(s.takes); return 0, s.err }
func (s slow) Write([]byte) (int, error)        { time.Sleep(s.takes); return 0, s.err }
func (s slow) SetReadDeadline(time.Time) error  { return nil }
func (s slow) SetWriteDeadline(time.Time) error { return nil }

// Only the end of a wait, and only one that is seen late, is this machine's.
func TestBlameLate(t *testing.T) {
	out := fmt.Errorf("read: %w", os.ErrDeadlineExceeded)
	for _, tt := range []struct {
		takes time.Duration
		err   error
		want  bool
	}{
		{time.Second, out, false},
		{1090 * time.Millisecond, out, false},
		{1200 * time.Millisecond, out, true},
		{time.Hour, out, true},
		{time.Hour, nil, false},
		{time.Hour, unix.ECONNRESET, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			conn := &timed{Conn: slow{takes: tt.takes, err: tt.err}, each: time.Second, whole: overall, end: time.Now().Add(overall)}
			_, read := conn.Read(nil)
			conn.end = time.Now().Add(overall)
			_, write := conn.Write(nil)
			for _, err := range []error{read, write} {
				var own *health.Trouble
				if errors.As(err, &own) != tt.want || !errors.Is(err, tt.err) {
					t.Errorf("%v after %v is %v", tt.err, tt.takes, err)
				}
			}
		})
	}
}
