package notify

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// At the stop the programs of the end run first; then what goes on is ended.
func TestClosing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRunner()
		r.takes["master"], r.takes["stop"] = time.Hour, 8*time.Second
		var log bytes.Buffer
		q := New(r, r.logTo(&log))
		i := instance("VI_1")
		i.Notify.Any = nil
		q.Notify(i, Master, 100)
		time.Sleep(time.Second)
		q.Notify(i, Fault, 100) // is over before its turn
		q.Notify(i, Stop, 100)
		done := make(chan error)
		go func() { done <- q.Close(context.Background()) }()
		synctest.Wait()
		q.Notify(i, Backup, 100) // too late
		if err := <-done; err != nil {
			t.Error(err)
		}
		want := []string{"0s + master VI_1", "5s + stop VI_1", "13s killed master VI_1"}
		if diff := cmp.Diff(want, r.events); diff != "" {
			t.Error(diff)
		}
		for _, says := range []string{
			"Notify script backup VI_1 of INSTANCE VI_1 is not run: stopping",
			"Notify script master VI_1 of INSTANCE VI_1 was still running at the stop, and was ended",
			"1 states were over",
		} {
			if !strings.Contains(log.String(), says) {
				t.Errorf("the log does not say %q:\n%s", says, &log)
			}
		}
	})
}

func TestCloseGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRunner()
		r.takes["master"] = time.Hour
		q := New(r, quiet())
		q.Notify(instance("VI_1"), Master, 100)
		synctest.Wait()
		q.Notify(instance("VI_1"), Stop, 100)
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		err := q.Close(ctx)
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "3 notify scripts") {
			t.Errorf("got %v", err)
		}
		if diff := cmp.Diff([]string{"0s + master VI_1", "3s killed master VI_1"}, r.events); diff != "" {
			t.Error(diff)
		}
	})
}

// A program that does not even end when it is killed keeps nobody from stopping.
func TestCloseDoesNotWaitForTheStuck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRunner()
		r.takes["master"], r.immortal = time.Hour, true
		q := New(r, quiet())
		i := instance("VI_1")
		i.Notify.Any = nil
		q.Notify(i, Master, 100)
		time.Sleep(time.Second)
		if err := q.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if took := time.Since(r.begin); took > 10*time.Second {
			t.Errorf("the stop took %v", took)
		}
		time.Sleep(2 * time.Hour)
	})
}

func sorted(lines []string) []string {
	slices.Sort(lines)
	return lines
}
