package track

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/kactl/kactl/pkg/command"
	"github.com/kactl/kactl/pkg/script"
	"github.com/kactl/kactl/pkg/vrrp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// An end is how long a run takes and what becomes of it.
type end struct {
	takes time.Duration
	err   error
	stuck bool
}

var (
	ok     = end{}
	fail   = end{err: &script.ExitError{Code: 1}}
	killed = end{err: &script.ExitError{Signal: syscall.SIGKILL}}
	hangs  = end{takes: time.Hour}
	// stuck does not end when it is killed, but in an hour.
	stuck = end{takes: time.Hour, stuck: true}
	// What the machine lacks, and what is wrong with the script.
	broken = end{err: fmt.Errorf("run chk: fork/exec: %w", syscall.EAGAIN)}
	absent = end{err: fmt.Errorf("run chk: %w: no such file", script.ErrNotExecutable)}
	unsafe = end{err: fmt.Errorf("script chk: %w: /srv/u belongs to 1000", script.ErrInsecure)}
)

func exits(code int) end { return end{err: &script.ExitError{Code: code}} }

// A fakeRunner ends the runs of each script, by its first word, as it is told;
// the last end holds for all that follow.
type fakeRunner struct {
	begin time.Time

	mu      sync.Mutex // guards all following
	ends    map[string][]end
	starts  map[string][]time.Duration
	running map[string]int
}

func (r *fakeRunner) Run(ctx context.Context, c command.Command, extra ...string) error {
	name := c.Words[0]
	r.mu.Lock()
	r.starts[name] = append(r.starts[name], time.Since(r.begin))
	e := r.ends[name][0]
	if len(r.ends[name]) > 1 {
		r.ends[name] = r.ends[name][1:]
	}
	r.running[name]++
	if r.running[name] > 1 {
		panic(name + " runs twice")
	}
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.running[name]--
	}()
	kill := ctx.Done()
	if e.stuck {
		kill = nil
	}
	select {
	case <-time.After(e.takes):
		return e.err
	case <-kill:
		time.Sleep(time.Millisecond) // until it is dead
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return fmt.Errorf("run %s: %w", name, script.ErrTimeout)
		}
		return ctx.Err()
	}
}

// A bench runs scripts in a bubble and writes down what comes of it.
type bench struct {
	*fakeRunner
	stuck   bool // a run is not expected to end
	scripts *Scripts
	stop    func()

	mu    sync.Mutex
	lines []string
}

func newBench(t *testing.T, list ...vrrp.Script) *bench {
	b := &bench{fakeRunner: &fakeRunner{
		begin: time.Now(), ends: map[string][]end{}, starts: map[string][]time.Duration{}, running: map[string]int{},
	}}
	b.scripts = New(list, b, slog.New(slog.NewTextHandler(b, &slog.HandlerOptions{
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key != slog.MessageKey {
				return slog.Attr{}
			}
			return a
		},
	})))
	return b
}

func (b *bench) run(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() {
		done <- b.scripts.Run(ctx, func(name string, up bool) { b.add(fmt.Sprintf("report %s %v", name, up)) })
	}()
	b.stop = func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
		for name, n := range b.running {
			if n != 0 && !b.stuck {
				t.Errorf("%s still runs", name)
			}
		}
	}
}

func (b *bench) Write(p []byte) (int, error) {
	line := string(bytes.TrimSpace(p))
	line = strings.TrimPrefix(line, "msg=")
	b.add(strings.Trim(line, `"`))
	return len(p), nil
}

func (b *bench) add(line string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lines = append(b.lines, fmt.Sprintf("%v %s", time.Since(b.begin), line))
}

// at waits until the clock shows d, and a little more.
func (b *bench) at(d time.Duration) {
	time.Sleep(d + 10*time.Millisecond - time.Since(b.begin))
	synctest.Wait()
}

// take returns what was written down since the last time.
func (b *bench) take() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	lines := b.lines
	b.lines = nil
	return lines
}

func chk(change func(*vrrp.Script)) vrrp.Script {
	s := vrrp.Script{
		Name: "chk", Command: command.Command{Words: []string{"chk"}},
		Interval: time.Second, Timeout: time.Second, Rise: 1, Fall: 1,
	}
	if change != nil {
		change(&s)
	}
	return s
}

// The wording, and what comes of each end, are keepalived's.
func TestVerdicts(t *testing.T) {
	two := func(s *vrrp.Script) { s.Rise, s.Fall = 2, 2 }
	tests := []struct {
		name   string
		script vrrp.Script
		ends   []end
		want   []string
	}{
		{"first success decides", chk(two), []end{ok}, []string{
			"0s VRRP_Script(chk) succeeded", "0s report chk true",
		}},
		{"first failure decides", chk(two), []end{fail, ok, ok}, []string{
			"0s Script `chk` now returning 1",
			"0s VRRP_Script(chk) failed (exited with status 1)", "0s report chk false",
			"1s Script `chk` now returning 0",
			"2s VRRP_Script(chk) succeeded", "2s report chk true",
		}},
		{"fall, with another status each time", chk(two), []end{ok, exits(3), exits(4), exits(4)}, []string{
			"0s VRRP_Script(chk) succeeded", "0s report chk true",
			"1s Script `chk` now returning 3",
			"2s Script `chk` now returning 4",
			"2s VRRP_Script(chk) failed (exited with status 4)", "2s report chk false",
		}},
		{"one failure is none", chk(two), []end{ok, fail, ok, fail, ok}, []string{
			"0s VRRP_Script(chk) succeeded", "0s report chk true",
			"1s Script `chk` now returning 1", "2s Script `chk` now returning 0",
			"3s Script `chk` now returning 1", "4s Script `chk` now returning 0",
		}},
		{"init_fail", chk(func(s *vrrp.Script) { s.InitFail, s.Rise = true, 2 }), []end{ok}, []string{
			"0s VRRP_Script(chk) succeeded", "0s report chk true",
		}},
		{"signal", chk(two), []end{ok, exits(3), killed, exits(3), ok, ok}, []string{
			"0s VRRP_Script(chk) succeeded", "0s report chk true",
			"1s Script `chk` now returning 3",
			"2s VRRP_Script(chk) failed (due to signal 9)", "2s report chk false",
			"4s Script `chk` now returning 0",
			"5s VRRP_Script(chk) succeeded", "5s report chk true",
		}},
		{"time-out", chk(two), []end{ok, hangs, hangs, ok, ok}, []string{
			"0s VRRP_Script(chk) succeeded", "0s report chk true",
			"3.001s VRRP_Script(chk) timed_out", "3.001s report chk false",
			"4s VRRP_Script(chk) succeeded", "4s report chk true",
		}},
		{"no processes, before the first result", chk(nil), []end{broken, broken, fail}, []string{
			"0s VRRP_Script(chk) cannot be run now, and its state stays",
			"0s VRRP_Script(chk) considered successful", "0s report chk true",
			"2s Script `chk` now returning 1",
			"2s VRRP_Script(chk) failed (exited with status 1)", "2s report chk false",
		}},
		{"no processes, init_fail", chk(func(s *vrrp.Script) { s.InitFail = true }), []end{broken, ok}, []string{
			"0s VRRP_Script(chk) cannot be run now, and its state stays",
			"0s VRRP_Script(chk) failed (not run)", "0s report chk false",
			"1s VRRP_Script(chk) succeeded", "1s report chk true",
		}},
		{"no processes, later", chk(nil), []end{fail, broken, broken, fail, broken, fail}, []string{
			"0s Script `chk` now returning 1",
			"0s VRRP_Script(chk) failed (exited with status 1)", "0s report chk false",
			"1s VRRP_Script(chk) cannot be run now, and its state stays",
			"4s VRRP_Script(chk) cannot be run now, and its state stays",
		}},
		{"no processes, while it is up", chk(nil), []end{ok, broken}, []string{
			"0s VRRP_Script(chk) succeeded", "0s report chk true",
			"1s VRRP_Script(chk) cannot be run now, and its state stays",
		}},
		{"cannot be started, from the first", chk(func(s *vrrp.Script) { s.Fall = 3 }), []end{absent}, []string{
			"0s VRRP_Script(chk) cannot be run",
			"2s VRRP_Script(chk) failed (run chk: not found or not executable: no such file)", "2s report chk false",
		}},
		{"cannot be started, later, and then it can", chk(two), []end{ok, absent, absent, ok, ok}, []string{
			"0s VRRP_Script(chk) succeeded", "0s report chk true",
			"1s VRRP_Script(chk) cannot be run",
			"2s VRRP_Script(chk) failed (run chk: not found or not executable: no such file)", "2s report chk false",
			"4s VRRP_Script(chk) succeeded", "4s report chk true",
		}},
		{"cannot be started while it is replaced", chk(two), []end{ok, absent, ok, absent, ok}, []string{
			"0s VRRP_Script(chk) succeeded", "0s report chk true",
			"1s VRRP_Script(chk) cannot be run", "3s VRRP_Script(chk) cannot be run",
		}},
		{"others could have replaced it", chk(two), []end{ok, unsafe}, []string{
			"0s VRRP_Script(chk) succeeded", "0s report chk true",
			"1s VRRP_Script(chk) cannot be run",
			"2s VRRP_Script(chk) failed (script chk: insecure: a user other than root can change it: /srv/u belongs to 1000)", "2s report chk false",
		}},
		{"stuck, and cannot be killed", chk(func(s *vrrp.Script) { s.Fall = 3 }), []end{ok, stuck}, []string{
			"0s VRRP_Script(chk) succeeded", "0s report chk true",
			"4s VRRP_Script(chk) timed_out", "4s report chk false",
		}},
		{"stuck with a long time-out", chk(func(s *vrrp.Script) { s.Timeout, s.Fall = 3*time.Second, 2 }), []end{ok, stuck}, []string{
			"0s VRRP_Script(chk) succeeded", "0s report chk true",
			"2s Track script chk is already running, expect idle - skipping run",
			"5s VRRP_Script(chk) timed_out", "5s report chk false",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, tt.script)
				b.ends["chk"] = tt.ends
				b.stuck = tt.ends[len(tt.ends)-1].stuck
				b.run(t)
				b.at(6 * time.Second)
				got := b.take()
				b.stop()
				if took := time.Since(b.begin); took > 10*time.Second {
					t.Errorf("the stop took until %v", took)
				}
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Error(diff)
				}
				time.Sleep(2 * time.Hour) // until the stuck one has ended
			})
		})
	}
}

// A run that lasts longer than the interval is not joined by another one.
func TestOverrun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, chk(func(s *vrrp.Script) { s.Timeout = 4 * time.Second }))
		slow := end{takes: 2500 * time.Millisecond}
		b.ends["chk"] = []end{ok, slow, slow, ok}
		b.run(t)
		b.at(8 * time.Second)
		b.stop()
		want := []time.Duration{0, time.Second, 3500 * time.Millisecond, 6 * time.Second, 7 * time.Second, 8 * time.Second}
		if diff := cmp.Diff(want, b.starts["chk"]); diff != "" {
			t.Error(diff)
		}
		lines := []string{
			"0s VRRP_Script(chk) succeeded", "0s report chk true",
			"2s Track script chk is already running, expect idle - skipping run",
		}
		if diff := cmp.Diff(lines, b.take()); diff != "" {
			t.Error(diff)
		}
	})
}

// With time-out and interval alike, as is the default, a script that hangs is
// still judged once an interval.
func TestTimeoutKeepsInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, chk(nil))
		b.ends["chk"] = []end{hangs}
		b.run(t)
		b.at(3 * time.Second)
		b.stop()
		ms := time.Millisecond
		if diff := cmp.Diff([]time.Duration{0, 1001 * ms, 2002 * ms, 3003 * ms}, b.starts["chk"]); diff != "" {
			t.Error(diff)
		}
	})
}

func TestReload(t *testing.T) {
	named := func(name string, interval time.Duration) vrrp.Script {
		return vrrp.Script{Name: name, Command: command.Command{Words: []string{name}}, Interval: interval, Rise: 2, Fall: 2}
	}
	synctest.Test(t, func(t *testing.T) {
		same, changed, gone := named("same", 10*time.Second), named("changed", time.Second), named("gone", time.Second)
		b := newBench(t)
		b.ends["same"], b.ends["gone"], b.ends["new"] = []end{ok}, []end{ok}, []end{ok}
		b.ends["changed"] = []end{fail, fail, fail, hangs, fail, ok}
		b.scripts.Reload([]vrrp.Script{same, changed, gone}) // before Run
		b.run(t)
		b.at(3 * time.Second)
		b.take()

		// The old run of "changed" is under way and is killed for it.
		b.scripts.Reload([]vrrp.Script{same, named("changed", 2*time.Second), named("new", time.Second)})
		b.at(9 * time.Second)
		want := []string{
			"3.01s VRRP_Script(same) considered successful on reload",
			"3.01s VRRP_Script(changed) considered unsuccessful on reload",
			"3.01s report same true", "3.01s report changed false",
			"3.01s VRRP_Script(new) succeeded", "3.01s report new true",
			"5.01s Script `changed` now returning 0",
			"7.01s VRRP_Script(changed) succeeded", "7.01s report changed true",
		}
		if diff := cmp.Diff(want, b.take()); diff != "" {
			t.Error(diff)
		}
		if got := len(b.starts["gone"]); got != 4 {
			t.Errorf("the one that is gone ran %d times", got)
		}

		// What came back is as new; what stayed was never disturbed.
		b.scripts.Reload([]vrrp.Script{same, gone})
		b.at(12 * time.Second)
		b.stop()
		want = []string{
			"9.01s VRRP_Script(same) considered successful on reload", "9.01s report same true",
			"9.01s VRRP_Script(gone) succeeded", "9.01s report gone true",
		}
		if diff := cmp.Diff(want, b.take()); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]time.Duration{0, 10 * time.Second}, b.starts["same"]); diff != "" {
			t.Error(diff)
		}
	})
}

// Two reloads at once, of which the first has no script: whoever is reported to has
// forgotten the verdict, and it is reported again.
func TestTwoReloads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sc := chk(func(s *vrrp.Script) { s.Interval = time.Hour })
		b := newBench(t, sc)
		b.ends["chk"] = []end{ok}
		b.run(t)
		b.at(time.Second)
		b.take()
		b.scripts.mu.Lock()
		b.scripts.wanted = nil
		b.scripts.mu.Unlock()
		b.scripts.Reload([]vrrp.Script{sc})
		b.at(2 * time.Second)
		b.stop()
		if diff := cmp.Diff([]string{"1.01s VRRP_Script(chk) considered successful on reload", "1.01s report chk true"}, b.take()); diff != "" {
			t.Error(diff)
		}
	})
}

// A reload waits for no script: that which hangs is judged by the new time-out, and
// nothing is started beside it, though it be gone from the configuration between.
func TestReloadWhileStuck(t *testing.T) {
	for _, between := range [][]vrrp.Script{nil, {}} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, chk(func(s *vrrp.Script) { s.Timeout = time.Minute }))
			b.ends["chk"] = []end{ok, stuck, ok}
			b.stuck = true
			b.run(t)
			b.at(1500 * time.Millisecond)
			want := []string{"0s VRRP_Script(chk) succeeded", "0s report chk true"}
			if between != nil {
				b.scripts.Reload(between)
				b.at(1700 * time.Millisecond)
			} else {
				want = append(want, "1.51s VRRP_Script(chk) considered successful on reload", "1.51s report chk true")
			}
			began := time.Since(b.begin)
			b.scripts.Reload([]vrrp.Script{chk(nil)})
			b.at(5 * time.Second)
			want = append(want, fmt.Sprintf("%v VRRP_Script(chk) timed_out", began+time.Second), fmt.Sprintf("%v report chk false", began+time.Second))
			if diff := cmp.Diff(want, b.take()); diff != "" {
				t.Error(diff)
			}
			if got := len(b.starts["chk"]); got != 2 {
				t.Errorf("it was started %d times", got)
			}
			b.at(time.Hour + 2*time.Second) // it has ended, and is run again
			if got := b.take(); len(got) == 0 || !strings.HasSuffix(got[len(got)-1], "report chk true") {
				t.Errorf("it is not up again: %v", got)
			}
			b.stop()
		})
	}
}

// One that catches SIGTERM is judged at its time-out, and not when it is dead.
func TestVerdictBelongsToTheTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, chk(nil))
		b.ends["chk"] = []end{ok, {takes: 2500 * time.Millisecond, stuck: true}, ok}
		b.run(t)
		b.at(6 * time.Second)
		b.stop()
		want := []string{
			"0s VRRP_Script(chk) succeeded", "0s report chk true",
			"2s VRRP_Script(chk) timed_out", "2s report chk false",
			"3.5s VRRP_Script(chk) succeeded", "3.5s report chk true",
		}
		if diff := cmp.Diff(want, b.take()); diff != "" {
			t.Error(diff)
		}
		want2 := []time.Duration{0, time.Second, 3500 * time.Millisecond, 4 * time.Second, 5 * time.Second, 6 * time.Second}
		if diff := cmp.Diff(want2, b.starts["chk"]); diff != "" {
			t.Error(diff)
		}
	})
}
