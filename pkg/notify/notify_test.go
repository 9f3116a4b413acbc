package notify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/kactl/kactl/pkg/command"
	"github.com/kactl/kactl/pkg/lvs"
	"github.com/kactl/kactl/pkg/vrrp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A fakeRunner's programs take a while and write down their start and end.
type fakeRunner struct {
	takes map[string]time.Duration // by first word
	fails map[string]error

	mu     sync.Mutex // guards all following
	begin  time.Time
	events []string
	most   int
	now    int
}

func newRunner() *fakeRunner {
	return &fakeRunner{takes: map[string]time.Duration{}, fails: map[string]error{}, begin: time.Now()}
}

func (r *fakeRunner) note(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, fmt.Sprintf("%v ", time.Since(r.begin))+fmt.Sprintf(format, args...))
}

func (r *fakeRunner) Run(ctx context.Context, c command.Command, extra ...string) error {
	line := strings.Join(append(append([]string(nil), c.Words...), extra...), " ")
	r.note("+ %s", line)
	r.mu.Lock()
	r.now++
	r.most = max(r.most, r.now)
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		r.now--
		r.mu.Unlock()
	}()
	select {
	case <-time.After(r.takes[c.Words[0]]):
	case <-ctx.Done():
		r.note("killed %s", line)
		return ctx.Err()
	}
	return r.fails[c.Words[0]]
}

func program(words ...string) *command.Command { return &command.Command{Words: words} }

func instance(name string) *vrrp.Instance {
	return &vrrp.Instance{Name: name, Notify: vrrp.Notify{
		Master: program("master", name), Backup: program("backup", name),
		Fault: program("fault", name), Stop: program("stop", name), Any: program("any"),
	}}
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func TestOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRunner()
		r.takes["master"], r.takes["any"], r.takes["backup"] = 5*time.Second, time.Second, time.Second
		q := New(r, time.Minute, quiet())
		i := instance("VI_1")
		q.Notify(i, Backup, 100)
		q.Notify(i, Master, 101)
		q.Notify(i, Fault, 101)
		q.Notify(i, Master, 101) // the same again is told again
		q.Notify(i, Stop, 99)
		if err := q.Close(t.Context()); err != nil {
			t.Error(err)
		}
		want := []string{
			"0s + backup VI_1",
			"1s + any INSTANCE VI_1 BACKUP 100",
			"2s + master VI_1",
			"7s + any INSTANCE VI_1 MASTER 101",
			"8s + fault VI_1",
			"8s + any INSTANCE VI_1 FAULT 101",
			"9s + master VI_1",
			"14s + any INSTANCE VI_1 MASTER 101",
			"15s + stop VI_1",
			"15s + any INSTANCE VI_1 STOP 99",
		}
		if diff := cmp.Diff(want, r.events); diff != "" {
			t.Error(diff)
		}
	})
}

// What comes with every advert of a peer waits once, and holds up no transition.
func TestLower(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRunner()
		r.takes["lower"] = 3 * time.Second
		q := New(r, time.Minute, quiet())
		i := instance("VI_1")
		i.Notify.Any, i.Notify.MasterHeardLower = nil, program("lower")
		for range 10 {
			q.NotifyLower(i)
			time.Sleep(500 * time.Millisecond)
		}
		q.Notify(i, Backup, 100)
		if err := q.Close(t.Context()); err != nil {
			t.Error(err)
		}
		want := []string{"0s + lower", "3s + lower", "5s + backup VI_1", "6s + lower"}
		if diff := cmp.Diff(want, r.events); diff != "" {
			t.Error(diff)
		}
	})
}

func TestSideBySide(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRunner()
		r.takes["master"] = time.Second
		q := New(r, 0, quiet())
		for n := range atOnce + 10 {
			i := instance(fmt.Sprint("VI_", n))
			i.Notify.Any = nil
			q.Notify(i, Master, 100)
		}
		if err := q.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if r.most != atOnce {
			t.Errorf("%d at a time, want %d", r.most, atOnce)
		}
		if len(r.events) != atOnce+10 {
			t.Errorf("%d ran", len(r.events))
		}
	})
}

func TestFewPrograms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRunner()
		q := New(r, 0, quiet())
		q.NotifyServer(lvs.RealKey{}, &command.Command{Words: []string{"up"}})
		q.NotifyServer(lvs.RealKey{}, nil)
		q.Notify(&vrrp.Instance{Name: "G1"}, Master, 1) // it has no programs
		q.Notify(instance("x"), "INIT", 1)
		if err := q.Close(t.Context()); err != nil {
			t.Error(err)
		}
		want := map[string]bool{"0s + up": true, "0s + any INSTANCE x INIT 1": true}
		got := map[string]bool{}
		for _, e := range r.events {
			got[e] = true
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestTimeoutAndErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRunner()
		r.takes["master"] = time.Hour
		r.fails["any"] = errors.New("exited with status 7")
		var log bytes.Buffer
		q := New(r, 10*time.Second, slog.New(slog.NewTextHandler(&log, nil)))
		q.Notify(instance("VI_1"), Master, 100)
		if err := q.Close(t.Context()); err != nil {
			t.Error(err)
		}
		want := []string{"0s + master VI_1", "10s killed master VI_1", "10s + any INSTANCE VI_1 MASTER 100"}
		if diff := cmp.Diff(want, r.events); diff != "" {
			t.Error(diff)
		}
		for _, says := range []string{
			`"Notify script master VI_1 of INSTANCE VI_1 failed" error="context deadline exceeded"`,
			`"Notify script any of INSTANCE VI_1 failed" error="exited with status 7"`,
		} {
			if !strings.Contains(log.String(), says) {
				t.Errorf("the log does not say %s:\n%s", says, &log)
			}
		}
	})
}

func TestClosing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRunner()
		r.takes["stop"] = time.Minute
		var log bytes.Buffer
		q := New(r, 0, slog.New(slog.NewTextHandler(&log, nil)))
		i := instance("VI_1")
		q.Notify(i, Stop, 100)
		done := make(chan error)
		go func() { done <- q.Close(context.Background()) }()
		synctest.Wait()
		q.Notify(i, Backup, 100) // too late
		if err := <-done; err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff([]string{"0s + stop VI_1", "1m0s + any INSTANCE VI_1 STOP 100"}, r.events); diff != "" {
			t.Error(diff)
		}
		if !strings.Contains(log.String(), "Notify script backup VI_1 of INSTANCE VI_1 is not run") {
			t.Errorf("the log does not say so:\n%s", &log)
		}
	})
}

func TestCloseGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRunner()
		r.takes["master"] = time.Hour
		q := New(r, 0, quiet())
		q.Notify(instance("VI_1"), Master, 100)
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
