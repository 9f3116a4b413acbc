package checkd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kactl/kactl/pkg/command"
	"github.com/kactl/kactl/pkg/event"
	"github.com/kactl/kactl/pkg/eventlog"
	"github.com/kactl/kactl/pkg/health"
	"github.com/kactl/kactl/pkg/lvs"
)

var equal = gocmp.Options{
	gocmp.Comparer(func(a, b netip.Addr) bool { return a == b }),
	gocmp.Comparer(func(a, b netip.AddrPort) bool { return a == b }),
	cmpopts.EquateEmpty(),
}

// fakeIPVS is a kernel's table in memory.
type fakeIPVS struct {
	mu      sync.Mutex // guards all following
	table   lvs.Table
	ops     []string // what was carried out since the last call of did
	applies int
	failed  int              // calls that returned an error
	refuse  error            // of Apply only
	refuses map[string]error // by what is in the operation's text
	err     error
	closed  bool
	times   lvs.Timeouts // other than the kernel's defaults
	timeErr error        // of reading and setting them
}

var defaultTimes = lvs.Timeouts{TCP: 900 * time.Second, TCPFin: 120 * time.Second, UDP: 300 * time.Second}

func (f *fakeIPVS) Timeouts(context.Context) (lvs.Timeouts, error) { return f.time(), f.timeError() }

func (f *fakeIPVS) timeError() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.timeErr
}

func (f *fakeIPVS) SetTimeouts(_ context.Context, t lvs.Timeouts) error {
	if err := f.timeError(); err != nil {
		return err
	}
	f.setTime(t)
	return nil
}

// time returns the time-outs in force.
func (f *fakeIPVS) time() lvs.Timeouts {
	f.mu.Lock()
	defer f.mu.Unlock()
	t := f.times
	return lvs.Timeouts{TCP: cmp.Or(t.TCP, defaultTimes.TCP), TCPFin: cmp.Or(t.TCPFin, defaultTimes.TCPFin), UDP: cmp.Or(t.UDP, defaultTimes.UDP)}
}

func (f *fakeIPVS) setTime(t lvs.Timeouts) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.times = lvs.Timeouts{TCP: cmp.Or(t.TCP, f.times.TCP), TCPFin: cmp.Or(t.TCPFin, f.times.TCPFin), UDP: cmp.Or(t.UDP, f.times.UDP)}
}

func (f *fakeIPVS) noTime(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.timeErr = err
}

func (f *fakeIPVS) Table(context.Context) (lvs.Table, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		f.failed++
	}
	return f.table.Clone(), f.err
}

func (f *fakeIPVS) Apply(_ context.Context, ops []lvs.Op) (refused []lvs.Refusal, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.applies++
	if err := cmp.Or(f.err, f.refuse); err != nil {
		f.failed++
		return nil, err
	}
next:
	for _, op := range ops {
		for text, err := range f.refuses {
			if strings.Contains(op.String(), text) {
				refused = append(refused, lvs.Refusal{Op: op, Err: err})
				continue next
			}
		}
		f.table.Apply(op)
		f.ops = append(f.ops, op.String())
	}
	return refused, nil
}

// refuseOnly makes operations whose text has one of texts refused for err, and no
// others; nil lets all through.
func (f *fakeIPVS) refuseOnly(err error, texts ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refuses = map[string]error{}
	for _, t := range texts {
		f.refuses[t] = err
	}
}

// failures returns how many calls have failed.
func (f *fakeIPVS) failures() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.failed
}

func (f *fakeIPVS) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	return nil
}

// fail makes all calls fail, or work again.
func (f *fakeIPVS) fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
}

// meddle changes the table behind the daemon's back.
func (f *fakeIPVS) meddle(op lvs.Op) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.table.Apply(op)
}

// did returns the operations since the last call.
func (f *fakeIPVS) did() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	ops := f.ops
	f.ops = nil
	return ops
}

// content returns a copy of the table.
func (f *fakeIPVS) content() lvs.Table {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.table.Clone()
}

// fakeProber fails the targets in bad, and counts. For those in trouble it cannot
// make a probe.
type fakeProber struct {
	mu      sync.Mutex // guards all following
	trouble map[netip.AddrPort]string
	bad     map[netip.AddrPort]bool
	at      map[netip.AddrPort][]time.Duration // of each probe, since start
	start   time.Time
	takes   time.Duration
	now     int
	most    int
}

func (f *fakeProber) Probe(ctx context.Context, c health.Check) health.Result {
	return health.Result{Err: f.probe(ctx, c)}
}

func (f *fakeProber) probe(ctx context.Context, c health.Check) error {
	f.mu.Lock()
	f.now++
	f.most = max(f.most, f.now)
	f.at[c.Target] = append(f.at[c.Target], time.Since(f.start))
	bad, takes, own := f.bad[c.Target], f.takes, f.trouble[c.Target]
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		f.now--
		f.mu.Unlock()
	}()
	if own != "" {
		return fmt.Errorf("probe: %w", &health.Trouble{Text: own})
	}
	if takes > 0 {
		select {
		case <-time.After(takes):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if bad {
		return errors.New("refused")
	}
	return nil
}

func (f *fakeProber) set(bad bool, targets ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, t := range targets {
		f.bad[ap(t)] = bad
	}
}

func (f *fakeProber) setTakes(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.takes = d
}

// hold keeps probes of targets from being made for the reason text; empty lets
// them be made again.
func (f *fakeProber) hold(text string, targets ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, t := range targets {
		f.trouble[ap(t)] = text
	}
}

// probes returns when target was probed, since the start.
func (f *fakeProber) probes(target string) []time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.at[ap(target)]
}

// fakeNotifier records what it is asked to run.
type fakeNotifier struct {
	mu     sync.Mutex
	ran    []string
	events []string // all that are not minor, in words
}

func (f *fakeNotifier) take(e event.Event) {
	if event.Minor(e) {
		return
	}
	f.mu.Lock()
	f.events = append(f.events, e.String())
	f.mu.Unlock()
	s, ok := e.(event.RealServer)
	if !ok {
		return
	}
	c := s.Real.NotifyDown
	if s.Up {
		c = s.Real.NotifyUp
	}

	f.mu.Lock()
	defer f.mu.Unlock()
	if c != nil {
		f.ran = append(f.ran, c.String())
	}
}

// since returns the events since the last call.
func (f *fakeNotifier) since() (events []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	events, f.events = f.events, nil
	return events
}

func (f *fakeNotifier) scripts() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.ran
}

func ap(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }

const (
	vip1, vip2 = "198.51.100.1:80", "198.51.100.2:80"
	rs1, rs2   = "10.0.0.1:80", "10.0.0.2:80"
	rs3, sorry = "10.0.0.3:80", "10.0.0.9:80"
)

func key(vip string) lvs.ServiceID { return lvs.ServiceID{Protocol: lvs.TCP, Addr: ap(vip)} }

func realServer(addr string) lvs.RealServer {
	return lvs.RealServer{
		Addr: ap(addr), Forward: lvs.DR, Weight: 1,
		NotifyUp:   &command.Command{Words: []string{"up", addr}},
		NotifyDown: &command.Command{Words: []string{"down", addr}},
		Checks: []health.Check{{
			Kind: health.TCP, Target: ap(addr), Interval: 10 * time.Second, RetryDelay: time.Second, Retries: 2, Warmup: 10 * time.Second,
		}},
	}
}

func virtual(vip string, reals ...string) lvs.VirtualServer {
	v := lvs.VirtualServer{ID: key(vip), Scheduler: "rr", Quorum: 1}
	for _, r := range reals {
		v.Reals = append(v.Reals, realServer(r))
	}
	return v
}

// healthy is a state in which all real servers are up.
type healthy struct{}

func (healthy) Real(_ lvs.RealKey, r *lvs.RealServer) (int, bool) { return r.Weight, true }
func (healthy) Quorum(lvs.VirtualKey) bool                        { return true }

func settings(vs ...lvs.VirtualServer) lvs.Settings { return lvs.Settings{Services: vs} }

// checkersOf are the checks of v, none of them in a schedule.
func checkersOf(v lvs.VirtualServer) (list []*checker) {
	for _, e := range lvs.NewBalancer().Reload(settings(v), true, nil) {
		if e.Kind == lvs.CheckAdded {
			list = append(list, &checker{Check: e.Check, heapIndex: -1})
		}
	}
	return list
}

// destinations are those of vip in the fake kernel, sorted, with weights.
func (f *fakeIPVS) destinations(vip string) string {
	s, ok := f.content()[key(vip)]
	if !ok {
		return "no service"
	}
	var out []string
	for _, a := range []string{rs1, rs2, rs3, sorry} {
		if d, ok := s.Destinations[ap(a)]; ok {
			out = append(out, fmt.Sprintf("%s=%d", a, d.Weight))
		}
	}
	return strings.Join(out, " ")
}

// rig is a running daemon with everything around it faked.
type rig struct {
	*Daemon
	t        *testing.T
	ipvs     *fakeIPVS
	prober   *fakeProber
	notifier *fakeNotifier
	log      *messages
	status   []string // all that was told, by the daemon's goroutine
	stop     func() error
}

// start runs a daemon inside of a synctest bubble. Half of the warm-up passes
// before a first probe.
func start(t *testing.T, s lvs.Settings, table lvs.Table) *rig {
	r := &rig{
		t:        t,
		ipvs:     &fakeIPVS{table: table},
		prober:   &fakeProber{trouble: map[netip.AddrPort]string{}, bad: map[netip.AddrPort]bool{}, at: map[netip.AddrPort][]time.Duration{}, start: time.Now()},
		notifier: &fakeNotifier{},
		log:      &messages{},
	}
	if r.ipvs.table == nil {
		r.ipvs.table = lvs.Table{}
	}
	log := eventlog.Log{LVS: slog.New(r.log)}
	r.Daemon = New(Config{
		Settings: s,
		Open:     func() (IPVS, error) { return r.ipvs, nil },
		Prober:   r.prober,
		Events: func(e event.Event) {
			log.Handle(e)
			r.notifier.take(e)
		},
		Log:    slog.New(r.log),
		Rand:   func() float64 { return 0.5 },
		Probes: func(int) int { return 100 },
		Status: func(text string) { r.status = append(r.status, text) },
	})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- r.Run(ctx) }()
	r.stop = func() error {
		cancel()
		return <-done
	}
	synctest.Wait()
	return r
}

func (r *rig) wait(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// reloadFails demands that a reload returns an error that has text.
func (r *rig) reloadFails(s lvs.Settings, text string) {
	r.t.Helper()
	if err := r.Reload(r.t.Context(), s); err == nil || !strings.Contains(err.Error(), text) {
		r.t.Errorf("Reload returned %v, want an error with %q", err, text)
	}
}

// messages keeps the text of each record of level Info and above.
type messages struct {
	slog.Handler
	mu   sync.Mutex // guards text
	text []string
}

func (m *messages) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelInfo }

func (m *messages) Handle(_ context.Context, r slog.Record) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.text = append(m.text, r.Message)
	return nil
}

// logged returns what was logged since the last call.
func (r *rig) logged() []string {
	r.log.mu.Lock()
	defer r.log.mu.Unlock()
	text := r.log.text
	r.log.text = nil
	return text
}

func (r *rig) expect(what string, got, want any) {
	r.t.Helper()
	if d := gocmp.Diff(want, got, equal); d != "" {
		r.t.Errorf("%s: %s", what, d)
	}
}
