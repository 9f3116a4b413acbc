package vrrpd

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/event"
	"github.com/kactl/kactl/pkg/netio"
	"github.com/kactl/kactl/pkg/netstate"
	"github.com/kactl/kactl/pkg/vrrp"
)

// A waiter is what a loop sleeps on: a [poller], unless a test has a clock of its
// own.
type waiter interface {
	watch(fd int) error
	unwatch(fd int)
	wake()
	arm(at vrrp.Time) error
	wait(patience time.Duration, ready func(fd int)) error
	poll(ready func(fd int)) error
	close()
}

// A loop is the one thread that everything about VRRP happens on: nothing
// stands between a message or a deadline and the router.
type loop struct {
	sys   System
	log   *slog.Logger
	poll  waiter
	tasks taskQueue
	// drainReady is drain, kept so that no turn of the loop allocates.
	drainReady func(fd int)

	router    *vrrp.Router
	instances map[string]*instance // by name
	last      lastInstance
	sockets   map[socketKey]*ifaceSocket
	byFD      map[int]*port        // by the descriptor of the socket
	tapByFD   map[int]*ifaceSocket // by that of the tap
	net       *netstate.State      // the addresses
	carriers  carriers
	closing   sync.WaitGroup

	coalescer coalescer
	stallLog  limiter
	unknown   unknown
	// addressLimits bound the events of addresses.
	addressLimits addressLimits
	// spare says that there is a processor for somebody else to be awake on.
	spare bool

	// static is what is there whatever happens, and staticOwners own it.
	static       vrrp.Static
	staticOwners map[string]bool
	// hostKept says that there are addresses of the host's own to keep.
	hostKept   bool
	promotions promotions
	localIGMP  localIGMP
	own        ownLinks
	// lostWithPrimary is why the address is gone that was reported last.
	lostWithPrimary bool

	delays   startDelays
	synced   bool     // all interfaces that there are have been reported
	unsynced []func() // what waits for that
	stopping bool
	// ending says that all instances end; tellLower is of the settings.
	ending, tellLower bool
	// starting says that the settings are applied for the first time; then
	// failed is what keeps the daemon from starting.
	starting bool
	failed   error
	// keep leaves the addresses at the end.
	keep bool

	// Room that is used again and again.
	packet  netio.Packet
	effects []vrrp.Effect
	// following are events that follow from what was done.
	following []vrrp.RouterEvent

	out  outbox
	news []event.Event // of the effects that are being carried out
	// deferring says that events wait: a take-over goes on.
	deferring bool
}

// newLoop returns a loop that waits by p, which it closes at its end.
func newLoop(p waiter, sys System, events func(event.Event), log *slog.Logger) *loop {
	l := &loop{
		sys: sys, log: log, poll: p, out: outbox{emit: events},
		router: vrrp.NewRouter(), promotions: newPromotions(), staticOwners: map[string]bool{},
		instances: map[string]*instance{},
		sockets:   map[socketKey]*ifaceSocket{},
		byFD:      map[int]*port{},
		tapByFD:   map[int]*ifaceSocket{},
		carriers:  carriers{known: map[string]*carrier{}},
		own:       ownLinks{before: map[string]string{}},
	}
	var cpus unix.CPUSet
	l.spare = unix.SchedGetaffinity(0, &cpus) == nil && cpus.Count() > 1
	l.drainReady = l.drain
	l.tasks.wake = p.wake
	l.addressLimits.limits = map[addressLimit]*limiter{}
	l.net = netstate.New(netstate.Config{System: sys, Report: l.addressReport})
	return l
}

// run is the loop. It returns after stop, or with an error, and either way with
// every instance shut down.
func (l *loop) run() error {
	// The thread is ours until the goroutine ends: a goroutine that is moved
	// between threads wakes up later.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer l.closeSockets()
	defer l.flushEvents()
	defer l.stop()
	for !l.stopping {
		if err := l.arm(); err != nil {
			return err
		}
		delay := l.coalescer.delay(monotonic())
		if l.deferring {
			delay = max(delay, deferEvents)
		}
		if err := l.poll.wait(delay, l.drainReady); err != nil {
			return err
		}
		l.flushEvents()
		if err := l.spinUntilDue(); err != nil {
			return err
		}
		if err := l.fire(); err != nil {
			return err
		}
		for _, f := range l.tasks.take() {
			if l.stopping {
				break
			}
			f()
			if l.failed != nil {
				return l.failed
			}
			// However many there are, and however long they take, the adverts
			// come first.
			if err := l.fire(); err != nil {
				return err
			}
		}
	}
	return nil
}

// flushEvents passes on the events of a take-over.
func (l *loop) flushEvents() {
	if l.deferring {
		l.deferring = false
		l.out.flush()
	}
}

// spinLead is the time by which the loop is awake before a backup takes over: to
// wake up takes a good part of the time that the take-over does.
const spinLead = 300 * time.Microsecond

// advertSlack is how much later than its time an advert may go out, so that those of
// many masters go out together: each time that the loop wakes up costs as much as an
// advert does. It is at most a hundredth of the interval.
const advertSlack = time.Millisecond

// arm sets the timer to the earliest deadline. A take-over waits for nothing.
func (l *loop) arm() error {
	now := monotonic()
	first, ok := l.router.Deadline(now)
	if !ok {
		return nil
	}
	i, takesOver := l.router.Next(now)
	if takesOver {
		return l.poll.arm(first.Add(-spinLead))
	}
	at := first.Add(min(advertSlack, i.AdvertInterval/100))
	if next, ok := l.router.TakeOver(at.Add(spinLead)); ok {
		at = max(first, next.Add(-spinLead))
	}
	return l.poll.arm(at)
}

// spinUntilDue spends the last moment before a take-over awake, and has whoever is
// to add the addresses awake too. A backup mostly hears the next advert long before
// its deadline, and then this costs nothing.
func (l *loop) spinUntilDue() error {
	warned := false
	for {
		now := monotonic()
		at, ok := l.router.Deadline(now)
		if !ok {
			return nil
		}
		i, takesOver := l.router.Next(now)
		if left := at.Sub(now); !takesOver || left <= 0 || left > spinLead {
			return nil
		}
		if !warned && l.spare {
			warned = true
			l.net.StandBy(i.Name, 2*spinLead)
		}
		if err := l.poll.poll(l.drainReady); err != nil {
			return err
		}
	}
}

// fire lets the router act on every deadline that has come. What arrived up to that
// time is read first, so that being late is never taken for silence.
func (l *loop) fire() error {
	now := monotonic()
	at, ok := l.router.Deadline(now)
	if !ok || at > now {
		return nil
	}
	if i, _ := l.router.Next(now); now.Sub(at) > i.AdvertInterval {
		if dropped, ok := l.stallLog.allow(now); ok {
			l.log.Warn(fmt.Sprintf("held up for %v: adverts were neither sent nor read%s", now.Sub(at).Round(time.Microsecond), andMore(dropped)))
		}
	}
	if err := l.poll.poll(l.drainReady); err != nil {
		return err
	}
	for {
		if at, ok := l.router.Deadline(now); !ok || at > now {
			return nil
		}
		l.handle(vrrp.RouterEvent{Kind: vrrp.DeadlineReached})
	}
}

// stop shuts every instance down and ends the loop. It runs on the loop's
// thread. A second one does nothing.
func (l *loop) stop() {
	if l.stopping {
		return
	}
	l.ending = true
	l.handle(vrrp.RouterEvent{Kind: vrrp.Stop, Keep: l.keep})
	l.endGroups()
	l.carriers.stop()
	if l.synced && !l.keep {
		l.setStatic(false)
		l.setLocalIGMP(false)
		l.removeOwn()
	}
	l.stopping = true
}

// close frees what the loop was made of.
func (l *loop) close() {
	if !l.keep {
		l.resetAllBelow()
	}
	l.tasks.close()
	l.poll.close()
	l.closing.Wait()
}

// finish waits until the addresses are as they should be, or ctx ends.
func (l *loop) finish(ctx context.Context) error {
	err := l.net.Close(ctx)
	if !l.keep {
		l.demoteAll()
	}
	return err
}
