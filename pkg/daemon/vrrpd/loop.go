package vrrpd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/netio"
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
	start    time.Time

	instances map[string]*instance
	ports     map[string]*port
	sockets   map[int]*port // by descriptor
	links     map[string]linkState
	virtual   map[netip.Addr]bool // every virtual address of every instance
	scripts   map[string]bool     // verdicts, of those that have one
	executors map[string]*executor
	due       deadlines

	settings vrrp.Settings
	synced   bool // all interfaces that there are have been reported
	stopping bool

	// Room that is used again and again.
	packet  netio.Packet
	advert  vrrp.Advert
	effects []vrrp.Effect
}

func newLoop(sys System, notifier Notifier, log *slog.Logger) (*loop, error) {
	p, err := newPoller()
	if err != nil {
		return nil, fmt.Errorf("set up the VRRP loop: %w", err)
	}
	l := &loop{
		sys: sys, log: log, notifier: notifier, poll: p, start: time.Now(),
		instances: map[string]*instance{},
		ports:     map[string]*port{},
		sockets:   map[int]*port{},
		links:     map[string]linkState{},
		scripts:   map[string]bool{},
		executors: map[string]*executor{},
	}
	l.mail.wake = p.wake
	return l, nil
}

// now reads the monotonic clock.
func (l *loop) now() vrrp.Time { return vrrp.Time(time.Since(l.start)) + 1 }

// run is the loop. It returns after stop, with every instance shut down.
func (l *loop) run() error {
	// The thread is ours until the goroutine ends: a goroutine that is moved
	// between threads wakes up later.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer l.closePorts()
	for !l.stopping {
		if err := l.arm(); err != nil {
			return err
		}
		if err := l.poll.wait(l.drain); err != nil {
			return err
		}
		for _, f := range l.mail.take() {
			f()
		}
		l.fire()
	}
	return nil
}

// arm sets the timer to the earliest deadline.
func (l *loop) arm() error {
	if len(l.due) == 0 {
		return l.poll.arm(-1)
	}
	return l.poll.arm(max(0, l.due[0].deadline.Sub(l.now())))
}

// fire gives every instance whose time has come its Timer event. All sockets
// have been read by then, so that being late is never taken for silence.
func (l *loop) fire() {
	for now := l.now(); len(l.due) > 0 && l.due[0].deadline <= now; {
		l.step(l.due[0], vrrp.Event{Kind: vrrp.Timer})
	}
}

// drain reads what has come on a socket.
func (l *loop) drain(fd int) {
	p := l.sockets[fd]
	if p == nil {
		return
	}
	for range drainAtMost {
		err := p.socket.Receive(&l.packet)
		switch {
		case err == nil:
			l.receive(p, &l.packet)
		case errors.Is(err, unix.EAGAIN):
			return
		default:
			// ENETDOWN is how a socket tells that its interface went down; the
			// monitor says so as well.
			if dropped, ok := p.unreadable.allow(l.now()); ok && !errors.Is(err, unix.ENETDOWN) {
				l.log.Warn("receive on "+p.name+": "+err.Error(), slog.Int("dropped", dropped))
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
	i := p.instances[msg[1]]
	if i == nil || !i.listensTo(packet.Dst) {
		return
	}
	if err := l.advert.DecodeFromBytes(msg); err != nil {
		text := fmt.Sprintf("discarded message from %v: %v", packet.Src, err)
		if errors.Is(err, vrrp.ErrChecksum) {
			text = "Invalid VRRPv2 checksum"
		}
		i.limited(l.now(), &i.undecodable, slog.LevelWarn, text)
		return
	}
	l.step(i, vrrp.Event{Kind: vrrp.Received, Advert: &l.advert, From: packet.Src, TTL: packet.TTL})
}

// listensTo says whether a message to dst can be for the instance.
func (i *instance) listensTo(dst netip.Addr) bool {
	if len(i.cfg.Peers) > 0 {
		return !dst.IsMulticast()
	}
	return dst == i.cfg.Group
}

// step lets an event happen to an instance and does what follows from it.
func (l *loop) step(i *instance, ev vrrp.Event) {
	now := l.now()
	l.effects = i.machine.Step(now, ev, l.effects[:0])
	l.perform(now, i, l.effects)
	l.due.update(i)
}

// perform carries out effects in their order: adverts here and now, all else
// by somebody who may take time over it.
func (l *loop) perform(now vrrp.Time, i *instance, effects []vrrp.Effect) {
	for _, e := range effects {
		if e.Kind == vrrp.Transition {
			i.explain(e) // the log says why before it says what
		}
	}
	for n, e := range effects {
		switch e.Kind {
		case vrrp.SendAdvert:
			i.send(now, e.Priority, l.sourceOf(i.cfg))
			if e.Priority == vrrp.PriorityResign {
				i.log.Info(fmt.Sprintf("(%s) sent 0 priority", i.cfg.Name))
			}
		case vrrp.AddAddresses:
			i.generation.Add(1)
			repeat := 0
			if n+1 < len(effects) && effects[n+1].Kind == vrrp.Announce {
				repeat = effects[n+1].Repeat
			}
			i.log.Debug(fmt.Sprintf("(%s) setting VIPs.", i.cfg.Name))
			l.execute(i, add, addresses(i.cfg), repeat)
		case vrrp.Announce:
			// Together with the addition each address is announced as soon as
			// it is there.
			if n == 0 || effects[n-1].Kind != vrrp.AddAddresses {
				l.execute(i, announce, addresses(i.cfg), e.Repeat)
			}
		case vrrp.RemoveAddresses:
			i.generation.Add(1)
			i.log.Debug(fmt.Sprintf("(%s) removing VIPs.", i.cfg.Name))
			l.execute(i, remove, addresses(i.cfg), 0)
		case vrrp.Transition:
			l.notifier.Notify(i.cfg, e.To.String(), e.Priority)
		case vrrp.Stopped:
			l.notifier.Notify(i.cfg, stateStop, e.Priority)
		case vrrp.Note:
			i.remark(now, e)
		}
	}
}

// stateStop is what scripts are told when an instance ends.
const stateStop = "STOP"

// execute gives the executors their parts of a job that a later decision of the
// machine may overtake.
func (l *loop) execute(i *instance, kind jobKind, addrs []vrrp.Address, repeat int) {
	l.order(i, i.generation.Load(), kind, addrs, repeat)
}

// order gives each executor the part of a job that is for its interface.
func (l *loop) order(i *instance, generation uint64, kind jobKind, addrs []vrrp.Address, repeat int) {
	byDevice := map[string][]vrrp.Address{}
	var devices []string
	for _, a := range addrs {
		if _, ok := byDevice[a.Device]; !ok {
			devices = append(devices, a.Device)
		}
		byDevice[a.Device] = append(byDevice[a.Device], a)
	}
	for _, device := range devices {
		l.executor(device).enqueue(job{
			kind: kind, owner: i, name: i.cfg.Name, generation: generation, addrs: byDevice[device],
			repeat: repeat, pause: i.cfg.GARP.Interval,
		})
	}
}

func (l *loop) executor(device string) *executor {
	x := l.executors[device]
	if x == nil {
		x = newExecutor(device, l.sys, l.log)
		l.executors[device] = x
		go x.run()
	}
	return x
}

// stop shuts every instance down and ends the loop. It runs on the loop's
// thread.
func (l *loop) stop() {
	for _, i := range l.instances {
		l.step(i, vrrp.Event{Kind: vrrp.Shutdown})
	}
	l.stopping = true
}

// close frees what the loop was made of.
func (l *loop) close() {
	l.mail.close()
	l.poll.close()
}

// finish waits until the executors have done what they were told, or ctx ends.
func (l *loop) finish(ctx context.Context) error {
	var errs []error
	for _, x := range l.executors {
		errs = append(errs, x.finish(ctx))
	}
	return errors.Join(errs...)
}
