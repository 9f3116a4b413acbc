package notify

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kactl/kactl/pkg/lvs"
	"github.com/kactl/kactl/pkg/vrrp"
)

// What cannot be started for a lack of the machine is tried again, in its order, and
// the log says so once.
func TestLacking(t *testing.T) {
	for _, lack := range []error{syscall.EMFILE, syscall.ENFILE, syscall.EAGAIN, syscall.ENOMEM} {
		synctest.Test(t, func(t *testing.T) {
			r := newRunner()
			r.lacks, r.until = lack, 1500*time.Millisecond
			var log bytes.Buffer
			q := New(r, r.logTo(&log))
			q.Notify(instance("VI_1"), Master, 100)
			q.NotifyServer(lvs.RealKey{}, program("down"))
			time.Sleep(10 * time.Second)
			if err := q.Close(t.Context()); err != nil {
				t.Error(err)
			}
			want := []string{
				"0s - down", "0s - master VI_1", "1s - down", "1s - master VI_1",
				"2s + any INSTANCE VI_1 MASTER 100", "2s + down", "2s + master VI_1",
			}
			if diff := cmp.Diff(want, sorted(r.events)); diff != "" {
				t.Errorf("%v: %s", lack, diff)
			}
			lines := strings.Split(strings.TrimSpace(log.String()), "\n")
			if len(lines) != 2 || !strings.Contains(log.String(), "Notify script master VI_1 of INSTANCE VI_1 cannot be run now, and is tried again") ||
				strings.Contains(log.String(), "failed") {
				t.Errorf("the log does not tell it once:\n%s", &log)
			}
		})
	}
}

// A state that is over while it cannot be told is left out; the end of an instance is
// told, though it comes back.
func TestLackingLatest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRunner()
		r.lacks, r.until = syscall.EAGAIN, 3*time.Second
		var log bytes.Buffer
		q := New(r, r.logTo(&log))
		i := &vrrp.Instance{Name: "VI_1", Notify: vrrp.Notify{Any: program("any")}}
		q.Notify(i, Backup, 100)
		time.Sleep(500 * time.Millisecond)
		q.Notify(i, Master, 100)
		time.Sleep(700 * time.Millisecond)
		q.Notify(i, Stop, 100)
		time.Sleep(100 * time.Millisecond)
		q.Notify(i, Backup, 90)
		time.Sleep(10 * time.Second)
		if err := q.Close(t.Context()); err != nil {
			t.Error(err)
		}
		want := []string{
			"0s - any INSTANCE VI_1 BACKUP 100",
			"500ms - any INSTANCE VI_1 MASTER 100",
			"1.2s - any INSTANCE VI_1 STOP 100",
			"2.2s - any INSTANCE VI_1 STOP 100",
			"3.2s + any INSTANCE VI_1 STOP 100",
			"3.2s + any INSTANCE VI_1 BACKUP 90",
		}
		if diff := cmp.Diff(want, r.events); diff != "" {
			t.Error(diff)
		}
		if n := strings.Count(log.String(), "cannot be run now"); n != 1 {
			t.Errorf("the log tells it %d times:\n%s", n, &log)
		}
		if !strings.Contains(log.String(), "2 states were over") {
			t.Errorf("the log does not count what was left out:\n%s", &log)
		}
	})
}

// The stop waits for the end to be told, for as long as it has time.
func TestLackingAtTheStop(t *testing.T) {
	for until, want := range map[time.Duration][]string{
		3500 * time.Millisecond: {"4s + stop VI_1", "4s + any INSTANCE VI_1 STOP 0"},
		time.Hour:               nil,
	} {
		synctest.Test(t, func(t *testing.T) {
			r := newRunner()
			r.lacks, r.until = syscall.ENOMEM, until
			q := New(r, quiet())
			q.Notify(instance("VI_1"), Stop, 0)
			q.NotifyLower(&vrrp.Instance{Name: "VI_1", Notify: vrrp.Notify{MasterHeardLower: program("lower")}})
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			err := q.Close(ctx)
			var got []string
			for _, e := range r.events {
				if strings.Contains(e, "+") {
					got = append(got, e)
				}
				if strings.Contains(e, "lower") && !strings.HasPrefix(e, "0s") {
					t.Errorf("there is no time for %s", e)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			if want != nil {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "2 notify scripts") || time.Since(r.begin) != 10*time.Second {
				t.Errorf("after %v: %v", time.Since(r.begin), err)
			}
		})
	}
}

// What is wrong with the program is not tried again.
func TestNotLacking(t *testing.T) {
	for _, err := range []error{syscall.ENOENT, syscall.EACCES, errors.New("exited with status 1")} {
		synctest.Test(t, func(t *testing.T) {
			r := newRunner()
			r.lacks, r.until = err, time.Hour
			q := New(r, quiet())
			q.NotifyServer(lvs.RealKey{}, program("up"))
			time.Sleep(time.Minute)
			if err := q.Close(t.Context()); err != nil {
				t.Error(err)
			}
			if diff := cmp.Diff([]string{"0s - up"}, r.events); diff != "" {
				t.Error(diff)
			}
		})
	}
}
