package vrrpd

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/event"
	"github.com/kactl/kactl/pkg/iproute"
	"github.com/kactl/kactl/pkg/netio"
	"github.com/kactl/kactl/pkg/netstate"
	"github.com/kactl/kactl/pkg/vrrp"
)

// A fakeSystem is a machine whose interfaces, addresses and network a test
// holds in its hands. It writes down what was done to it, in order.
type fakeSystem struct {
	t     testing.TB
	links chan Link
	// arrived has something when a socket has, for a clock that stands still
	// meanwhile.
	arrived chan struct{}
	waiter  waiter // nil for a poller
	uptime  time.Duration

	mu      sync.Mutex
	changed *sync.Cond    // uses mu
	done    []string      // guarded by mu
	emitted []event.Event // guarded by mu
	// All of these are guarded by mu.
	held     map[string][]netip.Prefix // addresses, by interface
	sockets  map[string]*fakeSocket
	hold     chan struct{} // addresses wait for it, if it is set
	refuse   error         // what addresses answer, if it is set
	noSocket error         // what sockets answer, if it is set
	noSend   error         // what sockets answer to what is sent, if it is set
	noSendTo netip.Addr    // to whom, all if it is not set
	noJoin   error         // what sockets answer to a group, if it is set
	noTap    error         // what taps answer, if it is set
	untapped int           // how often
	refuseOn string        // the interface on which addresses are refused, all if it is empty
	// What cannot be opened, if it is set.
	noAddresses, noAnnouncer error
	mtu                      int    // of eth0
	carried                  int    // addresses, by the last advert
	noRoute                  error  // what routes and rules answer, if it is set
	sysctlBefore             string // what parameters of the kernel were, 0 if it is empty
	noDrop                   error  // answers for what is to be dropped
	noLink                   error  // what interfaces that are made answer, if it is set
	// elsewhere are those that no route leads to.
	elsewhere []netip.Addr
}

func newFakeSystem(t testing.TB) *fakeSystem {
	f := &fakeSystem{t: t, links: make(chan Link, 100), arrived: make(chan struct{}, 1), held: map[string][]netip.Prefix{}, sockets: map[string]*fakeSocket{}}
	f.changed = sync.NewCond(&f.mu)
	if fakeTime {
		f.waiter = newFakeWaiter(f.arrived)
	}
	return f
}

func (f *fakeSystem) note(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.done = append(f.done, fmt.Sprintf(format, args...))
	f.changed.Broadcast()
}

// wait returns when all of want have been done, in this order, and takes them off
// the list. Other things may be done in between: what the loop does and what the
// interfaces get has no common order, and takes a wait of its own each.
func (f *fakeSystem) wait(want ...string) {
	f.t.Helper()
	end := time.Now().Add(30 * time.Second)
	defer time.AfterFunc(time.Until(end), func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.changed.Broadcast()
	}).Stop()
	f.mu.Lock()
	defer f.mu.Unlock()
	for {
		var rest []string
		found := 0
		for _, d := range f.done {
			if found < len(want) && d == want[found] {
				found++
			} else {
				rest = append(rest, d)
			}
		}
		if found == len(want) {
			f.done = rest
			return
		}
		if !time.Now().Before(end) {
			f.t.Fatalf("waited for %q\nwas done: %q", want[found], f.done)
		}
		f.changed.Wait()
	}
}

// forget clears the list of what was done.
func (f *fakeSystem) forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.done = nil
}

// never fails the test if what was done and not waited for has it.
func (f *fakeSystem) never(what string) {
	f.t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if slices.Contains(f.done, what) {
		f.t.Errorf("done: %q", what)
	}
}

// count returns how often what was done, without what was waited for.
func (f *fakeSystem) count(what string) (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, d := range f.done {
		if d == what {
			n++
		}
	}
	return n
}

func (f *fakeSystem) socket(ifname string) *fakeSocket {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.sockets[ifname]
}

// take takes an address away behind the router's back.
func (f *fakeSystem) take(ifname string, prefix netip.Prefix) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.held[ifname] = slices.DeleteFunc(f.held[ifname], func(p netip.Prefix) bool { return p == prefix })
}

// holds returns the addresses that an interface has been given.
func (f *fakeSystem) holds(ifname string) []netip.Prefix {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.held[ifname])
}

// over names what is for IPv6 otherwise.
func over(ifname string, ipv6 bool) string {
	if ipv6 {
		return ifname + "/IPv6"
	}
	return ifname
}

func (f *fakeSystem) OpenSocket(ifname string, ifindex int, ipv6, ah bool) (Socket, error) {
	ifname = over(ifname, ipv6)
	if ah {
		ifname = "AH on " + ifname
	}
	f.mu.Lock()
	err := f.noSocket
	f.mu.Unlock()
	if err != nil {
		return nil, err
	}
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK|unix.EFD_SEMAPHORE)
	if err != nil {
		return nil, err
	}
	s := &fakeSocket{sys: f, ifname: ifname, fd: fd}
	f.mu.Lock()
	f.sockets[ifname] = s
	f.mu.Unlock()
	f.note("open %s %d", ifname, ifindex)
	return s, nil
}

// OpenSender opens one of which "open NAME to send INDEX" is said.
func (f *fakeSystem) OpenSender(ifname string, ifindex int, ipv6, ah bool) (Socket, error) {
	name := over(ifname, ipv6)
	if ah {
		name = "AH on " + name
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.noSocket != nil {
		return nil, f.noSocket
	}
	s := &fakeSocket{sys: f, ifname: name, fd: -1}
	f.sockets[name] = s
	f.done = append(f.done, fmt.Sprintf("open %s to send %d", name, ifindex))
	f.changed.Broadcast()
	return s, nil
}

func (f *fakeSystem) OpenTap(ifname string, ifindex int, ipv6 bool) (Tap, error) {
	ifname = over(ifname, ipv6)
	f.mu.Lock()
	err := f.noTap
	if err != nil {
		f.untapped++
		f.done = append(f.done, "no tap of "+ifname)
		f.changed.Broadcast()
	}
	f.mu.Unlock()
	if err != nil {
		return nil, err
	}
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK|unix.EFD_SEMAPHORE)
	if err != nil {
		return nil, err
	}
	s := &fakeSocket{sys: f, ifname: "tap of " + ifname, fd: fd}
	f.mu.Lock()
	f.sockets[s.ifname] = s
	f.mu.Unlock()
	f.note("open %s %d", s.ifname, ifindex)
	return s, nil
}

func (f *fakeSystem) OpenRoutes() (Routes, error) { return fakeRoutes{f}, nil }

func (f *fakeSystem) OpenAnnouncer(ifname string) (netstate.Announcer, error) {
	return fakeAnnouncer{f, ifname}, f.noAnnouncer
}
func (f *fakeSystem) OpenAddresses() (netstate.Addresses, error) {
	f.note("open addresses")
	return fakeAddresses{f}, f.noAddresses
}
func (f *fakeSystem) SetSysctl(path, value string) (string, error) {
	f.note("%s = %s", path, value)
	if f.sysctlBefore != "" {
		return f.sysctlBefore, nil
	}
	return "0", nil
}

func (f *fakeSystem) Uptime() time.Duration { return f.uptime }

func (f *fakeSystem) OpenTables() (netstate.Tables, error) { return fakeTables{f}, nil }

func (f *fakeSystem) OpenFilter() (netstate.Filter, error) { return fakeFilter{f}, nil }

func (f *fakeSystem) OpenLinks() (Links, error) { return fakeLinks{f}, nil }

// A fakeSocket is a socket whose messages come from the test. Its descriptor is
// a counter of those that wait.
type fakeSocket struct {
	sys    *fakeSystem
	ifname string
	fd     int

	mu    sync.Mutex
	queue []netio.Packet // guarded by mu
}

func (s *fakeSocket) deliver(p netio.Packet) {
	s.mu.Lock()
	s.queue = append(s.queue, p)
	s.mu.Unlock()
	if _, err := unix.Write(s.fd, []byte{1, 0, 0, 0, 0, 0, 0, 0}); err != nil {
		s.sys.t.Error(err)
	}
	select {
	case s.sys.arrived <- struct{}{}:
	default:
	}
}

func (s *fakeSocket) FD() int { return s.fd }
func (s *fakeSocket) Join(group netip.Addr) error {
	s.sys.mu.Lock()
	err := s.sys.noJoin
	s.sys.mu.Unlock()
	if err != nil {
		return err
	}
	s.sys.note("join %v on %s", group, s.ifname)
	return nil
}
func (s *fakeSocket) Leave(group netip.Addr) error {
	s.sys.note("leave %v on %s", group, s.ifname)
	return nil
}

func (s *fakeSocket) Receive(p *netio.Packet) error {
	var buf [8]byte
	if _, err := unix.Read(s.fd, buf[:]); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	*p = s.queue[0]
	s.queue = s.queue[1:]
	return nil
}

func (s *fakeSocket) SendIdentified(_ uint16, src, dst netip.Addr, ttl uint8, payload []byte) error {
	return s.Send(src, dst, ttl, vrrp.Within(vrrp.ProtocolAH, payload))
}

func (s *fakeSocket) Send(src, dst netip.Addr, _ uint8, payload []byte) error {
	s.sys.mu.Lock()
	err := s.sys.noSend
	if to := s.sys.noSendTo; to.IsValid() && to != dst {
		err = nil
	}
	s.sys.mu.Unlock()
	if err != nil {
		return err
	}
	var a vrrp.Advert
	if err := a.DecodeFromBytes(payload, src, dst); err != nil {
		s.sys.t.Errorf("sent %x: %v", payload, err)
	}
	s.sys.mu.Lock()
	s.sys.carried = len(a.Addresses)
	s.sys.mu.Unlock()
	s.sys.note("advert %v to %v vrid %d priority %d", src, dst, a.VRID, a.Priority)
	return nil
}

func (s *fakeSocket) Close() error {
	s.sys.note("close %s", s.ifname)
	if s.fd < 0 {
		return nil
	}
	return unix.Close(s.fd)
}

type fakeRoutes struct{ sys *fakeSystem }

func (r fakeRoutes) Reaches(_ context.Context, _ int, dst netip.Addr) (bool, error) {
	r.sys.mu.Lock()
	defer r.sys.mu.Unlock()
	return !slices.Contains(r.sys.elsewhere, dst), nil
}
func (r fakeRoutes) Close() error { return nil }

type fakeAnnouncer struct {
	sys    *fakeSystem
	ifname string
}

func (a fakeAnnouncer) Announce(addr netip.Addr) error {
	a.sys.note("announce %v on %s", addr, a.ifname)
	return nil
}
func (a fakeAnnouncer) Close() error { return nil }

type fakeAddresses struct{ sys *fakeSystem }

func (a fakeAddresses) change(ctx context.Context, verb string, addrs []vrrp.Address, ack netstate.Ack) error {
	a.sys.mu.Lock()
	hold, refuse := a.sys.hold, a.sys.refuse
	a.sys.mu.Unlock()
	if hold != nil {
		a.sys.note("%s waits", verb)
		select {
		case <-hold:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	for n, addr := range addrs {
		a.sys.mu.Lock()
		if refuse != nil && a.sys.refuseOn != "" && a.sys.refuseOn != addr.Device {
			a.sys.mu.Unlock()
			a.sys.note("%s %v on %s", verb, addr.Prefix, addr.Device)
			ack(n, true, nil)
			continue
		}
		was := slices.Contains(a.sys.held[addr.Device], addr.Prefix)
		have := slices.DeleteFunc(a.sys.held[addr.Device], func(p netip.Prefix) bool { return p == addr.Prefix })
		if verb == "add" && refuse == nil {
			have = append(have, addr.Prefix)
		}
		a.sys.held[addr.Device] = have
		a.sys.mu.Unlock()
		a.sys.note("%s %v on %s", verb, addr.Prefix, addr.Device)
		ack(n, was != (verb == "add"), refuse)
	}
	return nil
}

func (a fakeAddresses) AddAddresses(ctx context.Context, addrs []vrrp.Address, ack netstate.Ack) error {
	return a.change(ctx, "add", addrs, ack)
}

func (a fakeAddresses) RemoveAddresses(ctx context.Context, addrs []vrrp.Address, ack netstate.Ack) error {
	return a.change(ctx, "remove", addrs, ack)
}
func (a fakeAddresses) AddLink(_ context.Context, l iproute.Link) (bool, error) {
	return a.changeLink("make", l)
}

func (a fakeAddresses) SwitchLink(context.Context, iproute.Link, bool) error { return nil }

func (a fakeAddresses) RemoveLink(_ context.Context, l iproute.Link) (bool, error) {
	return a.changeLink("unmake", l)
}

// changeLink makes or removes an interface. The test reports it to the daemon.
func (a fakeAddresses) changeLink(verb string, l iproute.Link) (bool, error) {
	a.sys.mu.Lock()
	refuse := a.sys.noLink
	a.sys.mu.Unlock()
	a.sys.note("%s %s on %s", verb, l.Name, l.Below)
	return refuse == nil, refuse
}

func (a fakeAddresses) Close() error { return nil }

type fakeLinks struct{ sys *fakeSystem }

func (l fakeLinks) Run(ctx context.Context, report func(Link)) error {
	for {
		select {
		case k := <-l.sys.links:
			report(k)
		case <-ctx.Done():
			return nil
		}
	}
}
func (l fakeLinks) Close() error { return nil }

// events writes down what notify scripts are run for, with all else, and keeps the
// events.
func (f *fakeSystem) events(e event.Event) {
	f.mu.Lock()
	f.emitted = append(f.emitted, e)
	f.mu.Unlock()
	switch e := e.(type) {
	case event.Settled:
		state := e.State.String()
		if e.Ended {
			state = "STOP"
		}
		f.note("notify %s %s %d", e.Settings.Name, state, e.Priority)
	case event.GroupSettled:
		state := e.State.String()
		if e.Ended {
			state = "STOP"
		}
		f.note("notify group %s %s", e.Settings.Name, state)
	case event.LowerAdvert:
		f.note("notify %s lower priority", e.Settings.Name)
	}
}

// testLog writes to the test's own log.
func testLog(t testing.TB) *slog.Logger {
	return slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
}
