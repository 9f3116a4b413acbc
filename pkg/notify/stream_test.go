package notify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kactl/kactl/pkg/event"
	"github.com/kactl/kactl/pkg/vrrp"
)

// A slowSink takes its time, or never returns.
type slowSink struct {
	takes time.Duration
	stuck chan struct{}

	mu      sync.Mutex
	handled []string
	closed  bool
}

func (s *slowSink) Handle(e event.Event) {
	if s.stuck != nil {
		<-s.stuck
	}
	time.Sleep(s.takes)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.handled = append(s.handled, e.String())
}

func (s *slowSink) Close(context.Context) error {
	s.closed = true
	return nil
}

func (s *slowSink) got() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.handled)
}

func settled(name string, state vrrp.State, ended bool) event.Settled {
	return event.Settled{Settings: &vrrp.Instance{Name: name}, State: state, Ended: ended}
}

func TestStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewStream(quiet())
		fast, slow := &slowSink{}, &slowSink{takes: time.Minute}
		s.Add("fast", fast)
		s.Add("slow", slow)
		began := time.Now()
		var want []string
		for n := range 10 {
			e := settled(fmt.Sprint("VI_", n%3), vrrp.Master, false)
			e.Priority = uint8(n)
			want = append(want, e.String())
			s.Emit(e)
		}
		synctest.Wait()
		if time.Since(began) != 0 {
			t.Errorf("Emit took %v", time.Since(began))
		}
		if diff := cmp.Diff(want, fast.got()); diff != "" {
			t.Errorf("the slow sink delays the fast one: %s", diff)
		}
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(want, slow.got()); diff != "" {
			t.Error(diff)
		}
		if !fast.closed || !slow.closed {
			t.Error("a sink was not closed")
		}
		s.Emit(settled("late", vrrp.Master, false))
	})
}

// A full queue loses its oldest events, but not the last of an object, and the log
// has the number.
func TestStreamDrops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		s := NewStream(slog.New(slog.NewTextHandler(&log, nil)))
		sink := &slowSink{stuck: make(chan struct{})}
		other := &slowSink{}
		s.add("slow", sink, 4)
		s.Add("other", other)
		s.Emit(settled("first", vrrp.Backup, false))
		synctest.Wait() // the sink has it
		s.Emit(settled("gone", vrrp.Master, true))
		for n := range 10 {
			s.Emit(settled(fmt.Sprint("VI_", n), vrrp.Master, false))
		}
		time.Sleep(time.Minute)
		if n := strings.Count(log.String(), "slow cannot keep up: 7 events were dropped"); n != 1 {
			t.Errorf("the log says it %d times:\n%s", n, &log)
		}
		if len(other.got()) != 12 {
			t.Errorf("the other sink got %d events", len(other.got()))
		}
		close(sink.stuck)
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
		want := []string{
			"INSTANCE first: settled in BACKUP at priority 0",
			"INSTANCE gone: settled in the end at priority 0",
			"INSTANCE VI_7: settled in MASTER at priority 0",
			"INSTANCE VI_8: settled in MASTER at priority 0",
			"INSTANCE VI_9: settled in MASTER at priority 0",
		}
		if diff := cmp.Diff(want, sink.got()); diff != "" {
			t.Error(diff)
		}
	})
}

// Each last event is kept, whatever waits.
func TestStreamKeepsTheLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewStream(quiet())
		sink := &slowSink{stuck: make(chan struct{})}
		s.add("slow", sink, 4)
		for n := range 100 {
			s.Emit(settled(fmt.Sprint("VI_", n), vrrp.Master, true))
			s.Emit(settled(fmt.Sprint("VI_", n), vrrp.Backup, false))
		}
		close(sink.stuck)
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
		ends := 0
		for _, e := range sink.got() {
			if strings.Contains(e, "the end") {
				ends++
			}
		}
		if ends != 100 {
			t.Errorf("%d of 100 ends were handled", ends)
		}
	})
}

func TestStreamCloseGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewStream(quiet())
		sink, other := &slowSink{stuck: make(chan struct{})}, &slowSink{}
		s.Add("stuck", sink)
		s.Add("other", other)
		for range 3 {
			s.Emit(settled("VI_1", vrrp.Master, false))
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		began := time.Now()
		err := s.Close(ctx)
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "stuck: 2 events were not handled") {
			t.Errorf("got %v", err)
		}
		if time.Since(began) != 5*time.Second {
			t.Errorf("after %v", time.Since(began))
		}
		if len(other.got()) != 3 || !other.closed {
			t.Error("the other sink was not closed")
		}
		close(sink.stuck)
		synctest.Wait()
	})
}

// The scripts' sink runs what the queue ran before, the end of an instance in any
// case.
func TestScripts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRunner()
		s := NewStream(quiet())
		s.Add("scripts", NewScripts(New(r, quiet())))
		i := instance("VI_1")
		i.Notify.MasterHeardLower = program("lower")
		s.Emit(event.Settled{Settings: i, State: vrrp.Master, Priority: 100})
		time.Sleep(time.Second)
		s.Emit(event.Instance{Settings: i, Effect: vrrp.Effect{Kind: vrrp.Transition, To: vrrp.Fault}}) // is not settled
		s.Emit(event.LowerAdvert{Settings: i})
		time.Sleep(time.Second)
		s.Emit(event.RealServer{Real: real("", program("up"), program("down"))})
		time.Sleep(time.Second)
		s.Emit(event.RealServer{Real: real("", program("up"), program("down")), Up: true})
		s.Emit(event.Settled{Settings: i, State: vrrp.Master, Ended: true, Priority: 100})
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
		want := []string{
			"0s + any INSTANCE VI_1 MASTER 100", "0s + master VI_1", "1s + lower", "2s + down",
			"3s + any INSTANCE VI_1 STOP 100", "3s + stop VI_1", "3s + up",
		}
		if diff := cmp.Diff(want, sorted(r.events)); diff != "" {
			t.Error(diff)
		}
	})
}

// A slow or stuck sink delays no line of the log. A sink gets an event after the log
// has its lines, and nothing that is for the log alone.
func TestStreamLogsFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewStream(quiet())
		var order []string
		s.AddFirst(func(e event.Event) { order = append(order, "log "+e.String()) })
		stuck := &slowSink{stuck: make(chan struct{})}
		fast := &slowSink{}
		s.Add("stuck", stuck)
		s.Add("fast", fast)
		began := time.Now()
		cfg := &vrrp.Instance{Name: "VI_1"}
		var want, sunk []string
		for n := range 100 {
			for _, e := range []event.Event{
				event.Instance{Settings: cfg, Effect: vrrp.Effect{Kind: vrrp.Transition, To: vrrp.Master, Priority: uint8(n)}},
				event.Instance{Settings: cfg, Effect: vrrp.Effect{Kind: vrrp.SetAddresses}},
				event.Settled{Settings: cfg, State: vrrp.Master, Priority: uint8(n)},
			} {
				s.Emit(e)
				if want = append(want, "log "+e.String()); len(order) != len(want) {
					t.Fatalf("%v is not in the log when Emit returns", e)
				}
				if !event.Minor(e) {
					sunk = append(sunk, e.String())
				}
			}
		}
		if time.Since(began) != 0 {
			t.Errorf("the lines took %v", time.Since(began))
		}
		synctest.Wait()
		if diff := cmp.Diff(want, order); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(sunk, fast.got()); diff != "" {
			t.Error(diff)
		}
		close(stuck.stuck)
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// No sink has an event while the log has not.
func TestLineBeforeScript(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewStream(quiet())
		sink := new(slowSink)
		s.AddFirst(func(e event.Event) {
			time.Sleep(time.Second) // time enough for a sink
			if slices.Contains(sink.got(), e.String()) {
				t.Errorf("%v has overtaken its line", e)
			}
		})
		s.Add("scripts", sink)
		s.Emit(settled("VI_1", vrrp.Master, false))
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if len(sink.got()) != 1 {
			t.Errorf("the sink got %q", sink.got())
		}
	})
}
