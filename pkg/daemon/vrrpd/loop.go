package vrrpd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"runtime"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/netio"
	"github.com/kactl/kactl/pkg/netstate"
	"github.com/kactl/kactl/pkg/vrrp"
)

// drainAtMost bounds how many messages of one socket are read before the timers
// get their turn: a flood must not stop our adverts.
const drainAtMost = 4096

// A loop is the one thread that everything about VRRP happens on: nothing
// stands between a message or a deadline and the state machine.
type loop struct {
	sys      System
	log      *slog.Logger
	notifier Notifier
	poll     *poller
	mail     mailbox

	instances map[string]*instance
	ports     map[string]*port
	sockets   map[int]*port // by descriptor
	taps      map[int]*port // by descriptor
	links     map[string]linkState
	dropped   map[int]string      // names that interfaces had, by index
	local     map[netip.Addr]int  // on how many interfaces an address is
	virtual   map[netip.Addr]bool // every virtual address of every instance
	scripts   map[string]bool     // verdicts, of those that have one
	net       *netstate.State     // their addresses
	closing   sync.WaitGroup
	due       deadlines

	traffic traffic
	heldUp  limiter // for the log
	// addressLog is what is logged of addresses.
	addressLog addressLog
	// spare says that there is a processor for somebody else to be awake on.
	spare bool

	settings vrrp.Settings
	synced   bool     // all interfaces that there are have been reported
	unsynced []func() // what waits for that
	stopping bool
	// starting says that the settings are applied for the first time; then
	// failed is what keeps the router from starting.
	starting bool
	failed   error
	// keep leaves the addresses at the end, leave is that it is now.
	keep, leave bool

	// Room that is used again and again.
	packet  netio.Packet
	advert  vrrp.Advert
	effects []vrrp.Effect

	untold []telling // in the order in which it happened
}

func newLoop(sys System, notifier Notifier, log *slog.Logger) (*loop, error) {
	p, err := newPoller()
	if err != nil {
		return nil, fmt.Errorf("set up the VRRP loop: %w", err)
	}
	l := &loop{
		sys: sys, log: log, notifier: notifier, poll: p,
		instances: map[string]*instance{},
		ports:     map[string]*port{},
		sockets:   map[int]*port{},
		taps:      map[int]*port{},
		local:     map[netip.Addr]int{},
		links:     map[string]linkState{},
		dropped:   map[int]string{},
		scripts:   map[string]bool{},
	}
	var cpus unix.CPUSet
	l.spare = unix.SchedGetaffinity(0, &cpus) == nil && cpus.Count() > 1
	l.mail.wake = p.wake
	l.addressLog = addressLog{log: log, limits: map[addressLimit]*limiter{}}
	l.net = netstate.New(netstate.Config{System: sys, Report: l.addressReport})
	return l, nil
}

// run is the loop. It returns after stop, or with an error, and either way with
// every instance shut down.
func (l *loop) run() error {
	// The thread is ours until the goroutine ends: a goroutine that is moved
	// between threads wakes up later.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer l.closePorts()
	defer l.tellRest()
	defer l.stop()
	for !l.stopping {
		if err := l.arm(); err != nil {
			return err
		}
		patience := l.traffic.patience(monotonic())
		if len(l.untold) > 0 {
			patience = max(patience, tellAfter)
		}
		if err := l.poll.wait(patience, l.drain); err != nil {
			return err
		}
		l.tellRest()
		if err := l.await(); err != nil {
			return err
		}
		if err := l.fire(); err != nil {
			return err
		}
		for _, f := range l.mail.take() {
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

// horizon is how far ahead deadlines that have moved on are put right.
const horizon = 50 * time.Millisecond

// lead is the time by which the loop is awake before a backup takes over: to wake
// up takes a good part of the time that the take-over does.
const lead = 300 * time.Microsecond

// arm sets the timer to the earliest deadline.
func (l *loop) arm() error {
	first := l.due.first(monotonic().Add(horizon))
	switch {
	case first == nil:
		return nil
	case first.machine.State() == vrrp.Backup:
		return l.poll.arm(first.deadline.Add(-lead))
	}
	return l.poll.arm(first.deadline)
}

// await spends the last moment before a take-over awake, and has whoever is to
// add the addresses awake too. A backup mostly hears the next advert long before
// its deadline, and then this costs nothing.
func (l *loop) await() error {
	var told *instance
	for {
		now := monotonic()
		i := l.due.first(now.Add(horizon))
		if i == nil || i.machine.State() != vrrp.Backup {
			return nil
		}
		if left := i.deadline.Sub(now); left <= 0 || left > lead {
			return nil
		}
		if told == nil && len(i.held) > 0 && l.spare {
			told = i
			l.net.StandBy(i.cfg.Name, 2*lead)
		}
		if err := l.poll.poll(l.drain); err != nil {
			return err
		}
	}
}

// fire gives every instance whose time has come its Timer event. What arrived
// up to that time is read first, so that being late is never taken for silence.
func (l *loop) fire() error {
	now := monotonic()
	first := l.due.first(now)
	if first == nil || first.deadline > now {
		return nil
	}
	if late := now.Sub(first.deadline); late > first.cfg.AdvertInterval {
		if dropped, ok := l.heldUp.allow(now); ok {
			l.log.Warn(fmt.Sprintf("held up for %v: adverts were neither sent nor read%s", late.Round(time.Microsecond), andMore(dropped)))
		}
	}
	if err := l.poll.poll(l.drain); err != nil {
		return err
	}
	for {
		first := l.due.first(now)
		if first == nil || first.deadline > now {
			return nil
		}
		l.step(first, vrrp.Event{Kind: vrrp.Timer})
	}
}

// drain reads what has come on a socket.
func (l *loop) drain(fd int) {
	p := l.sockets[fd]
	if p == nil {
		if p = l.taps[fd]; p != nil {
			l.drainTap(p)
		}
		return
	}
	for range drainAtMost {
		err := p.socket.Receive(&l.packet)
		switch {
		case err == nil:
			l.traffic.count++
			l.receive(p, &l.packet)
		case errors.Is(err, unix.EAGAIN):
			return
		default:
			// ENETDOWN is how a socket tells that its interface went down; the
			// monitor says so as well.
			if errors.Is(err, unix.ENETDOWN) {
				return
			}
			if dropped, ok := p.unreadable.allow(monotonic()); ok {
				l.log.Warn(fmt.Sprintf("receive on %s: %v%s", p.name, err, andMore(dropped)))
			}
			return
		}
	}
}

// receive hands a message to the instance that it is for. One for nobody costs
// no more than looking that up.
func (l *loop) receive(p *port, packet *netio.Packet) {
	msg := packet.Payload()
	if len(msg) < 2 {
		return
	}
	on := p.instances[msg[1]]
	for _, i := range on {
		if i.listensTo(packet.Src, packet.Dst, len(on) == 1) {
			l.hear(vrrp.Received, i, packet)
			return
		}
	}
}

// hear decodes a message and lets the instance step, at the time at which the
// message arrived. kind is Received or Overheard.
func (l *loop) hear(kind vrrp.EventKind, i *instance, packet *netio.Packet) {
	err := l.advert.DecodeFromBytes(packet.Payload(), packet.Src, packet.Dst)
	l.stepAt(monotonic().Add(-packet.Age), i, vrrp.Event{
		Kind: kind, Advert: &l.advert, Malformed: vrrp.Malformed(err), From: packet.Src, TTL: packet.TTL,
	})
}

// step lets an event happen to an instance now and does what follows from it.
func (l *loop) step(i *instance, ev vrrp.Event) { l.stepAt(monotonic(), i, ev) }

// stepAt is step for an event that happened a moment ago. The time of an
// instance never goes back.
func (l *loop) stepAt(at vrrp.Time, i *instance, ev vrrp.Event) {
	i.now = max(i.now, at)
	l.effects = i.machine.Step(i.now, ev, l.effects[:0])
	l.follow(i)
}

// follow does what a step has brought about.
func (l *loop) follow(i *instance) {
	l.perform(i, l.effects)
	l.due.update(i)
	l.followListening(i)
	if tried := i.tried; tried {
		i.tried = false
		if !i.sent || i.unsent {
			i.unsent = !i.sent
			l.step(i, vrrp.Event{Kind: vrrp.SendChanged, Up: i.sent})
		}
	}
}

// perform carries out effects in their order: adverts here and now, all else by
// somebody who may take time over it. The log comes last, for it takes time too.
func (l *loop) perform(i *instance, effects []vrrp.Effect) {
	resigned := false
	i.quiet = slices.ContainsFunc(effects, isTransition) && !l.logFlap(i)
	for _, e := range effects {
		if e.Kind == vrrp.SendAdvert && i.send(e.Priority, i.machine.Source()) && e.Priority == vrrp.PriorityResign {
			resigned = true
		}
	}
	for n, e := range effects {
		switch e.Kind {
		case vrrp.AddAddresses:
			repeat := 0
			if n+1 < len(effects) && effects[n+1].Kind == vrrp.Announce {
				repeat = effects[n+1].Repeat
			}
			l.setAddresses(i, true, repeat)
		case vrrp.Announce:
			// Together with the addition each address is announced as soon as
			// it is there.
			if n == 0 || effects[n-1].Kind != vrrp.AddAddresses {
				l.net.Announce(i.cfg.Name, e.Repeat)
			}
		case vrrp.RemoveAddresses:
			if !l.leave {
				l.setAddresses(i, false, 0)
			}
		case vrrp.Probe:
			i.probe(i.machine.Source())
		case vrrp.TryAddresses:
			l.tryAddresses(i)
		case vrrp.Transition:
			l.notify(i, e.To.String(), e.Priority)
		case vrrp.Stopped:
			l.notify(i, stateStop, e.Priority)
		case vrrp.Note:
			if cfg := i.cfg; e.Reason == vrrp.ReasonNewElection && cfg.Notify.MasterHeardLower != nil {
				l.whenDone(i, func() { l.notifier.NotifyLower(cfg) })
			}
		}
	}
	l.tell(i, effects, resigned)
}

func isTransition(e vrrp.Effect) bool { return e.Kind == vrrp.Transition }

// stateStop is what scripts are told when an instance ends.
const stateStop = "STOP"

// notify tells the scripts of a state when its addresses are there, or gone: a
// server that they start has to find its address.
func (l *loop) notify(i *instance, state string, priority uint8) {
	cfg := i.cfg
	l.whenDone(i, func() { l.notifier.Notify(cfg, state, priority) })
}

// whenDone calls f when the addresses are as the instance has wanted them by now,
// or could not be made so. It keeps the order.
func (l *loop) whenDone(i *instance, f func()) { l.net.After(i.cfg.Name, f) }

// stop shuts every instance down and ends the loop. It runs on the loop's
// thread. A second one does nothing.
func (l *loop) stop() {
	if l.stopping {
		return
	}
	l.leave = l.keep
	for _, i := range l.instances {
		l.step(i, vrrp.Event{Kind: vrrp.Shutdown})
	}
	l.stopping = true
}

// close frees what the loop was made of.
func (l *loop) close() {
	l.mail.close()
	l.poll.close()
	l.closing.Wait()
}

// finish waits until the addresses are as they should be, or ctx ends.
func (l *loop) finish(ctx context.Context) error { return l.net.Close(ctx) }
