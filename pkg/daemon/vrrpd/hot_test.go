package vrrpd

import (
	"context"
	"log/slog"
	"net/netip"
	"testing"
	"time"

	"github.com/kactl/kactl/pkg/event"
	"github.com/kactl/kactl/pkg/netio"
	"github.com/kactl/kactl/pkg/vrrp"
)

// A mute counts what is sent.
type mute struct {
	sent int
	last []byte
}

// A mutedSocket sends nothing.
type mutedSocket struct {
	Socket
	*mute
}

func (m mutedSocket) Send(_, _ netip.Addr, _ uint8, payload []byte) error {
	m.sent++
	m.last = payload
	return nil
}

func (m mutedSocket) SendIdentified(_ uint16, src, dst netip.Addr, ttl uint8, payload []byte) error {
	return m.Send(src, dst, ttl, payload)
}

// newHotLoop returns a loop that nobody runs, with a version 3 instance that has
// started.
func newHotLoop(t testing.TB, priority uint8, changes ...func(*vrrp.Instance)) (*loop, *instance, *mute) {
	t.Helper()
	m := new(mute)
	p, err := newPoller()
	if err != nil {
		t.Fatal(err)
	}
	l := newLoop(p, muteSystem{newFakeSystem(t), m}, func(event.Event) {}, slog.New(slog.DiscardHandler))
	t.Cleanup(func() {
		l.closeSockets()
		l.close()
		if err := l.finish(context.Background()); err != nil {
			t.Error(err)
		}
	})
	cfg := owner("VI_1", 51, "198.51.100.1/24", "198.51.100.2/24")
	cfg.Version, cfg.AdvertInterval, cfg.Priority = 3, 100*time.Millisecond, priority
	for _, change := range changes {
		change(&cfg)
	}
	l.reload(vrrp.RouterEvent{Kind: vrrp.Reload, Settings: &vrrp.Settings{Instances: []vrrp.Instance{cfg}}})
	l.linkReported(Link{Name: "eth0", Index: 2, Up: true, Addrs: []netip.Prefix{netip.PrefixFrom(ours, 24)}})
	l.linkReported(Link{Synced: true})
	l.flushEvents()
	return l, l.instances["VI_1"], m
}

// muteSystem has sockets that send nothing, and no addresses.
type muteSystem struct {
	*fakeSystem
	sent *mute
}

func (s muteSystem) OpenSocket(name string, index int, ipv6, ah bool) (Socket, error) {
	socket, err := s.fakeSystem.OpenSocket(name, index, ipv6, ah)
	return mutedSocket{socket, s.sent}, err
}

// advertFor is an advert of another router for the instance.
func advertFor(t testing.TB, i *instance, priority uint8) netio.Packet {
	t.Helper()
	a := vrrp.NewAdvert(i.cfg)
	a.Priority = priority
	msg, err := a.Append(nil, theirs, group)
	if err != nil {
		t.Fatal(err)
	}
	return packet(msg, theirs, group)
}

// leastAllocs is how often each call of f allocates. What goroutines that begin do
// meanwhile is counted too, and so the least of some measurements is right.
func leastAllocs(runs int, f func()) float64 {
	least := testing.AllocsPerRun(runs, f)
	for range 4 {
		if least == 0 {
			break
		}
		least = min(least, testing.AllocsPerRun(runs, f))
	}
	return least
}

func TestAdvertsDoNotAllocate(t *testing.T) {
	t.Run("sent", func(t *testing.T) {
		l, _, m := newHotLoop(t, vrrp.PriorityOwner)
		before, now := m.sent, monotonic()
		n := leastAllocs(100, func() {
			now, _ = l.router.Deadline(now)
			l.handleAt(now, vrrp.RouterEvent{Kind: vrrp.DeadlineReached})
		})
		if n != 0 || m.sent < before+100 {
			t.Errorf("%v allocations for an advert; %d were sent", n, m.sent-before)
		}
	})
	for _, tt := range []struct {
		name     string
		priority uint8 // of the sender
		change   func(*netio.Packet)
		rejected bool
	}{
		{"received", 200, func(*netio.Packet) {}, false},
		{"refused", 200, func(p *netio.Packet) { p.TTL = 254 }, true},
		{"malformed", 200, func(p *netio.Packet) { p.Payload()[7] ^= 1 }, true},
		{"for nobody", 200, func(p *netio.Packet) { p.Payload()[1] = 52 }, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l, i, _ := newHotLoop(t, 100)
			p := advertFor(t, i, tt.priority)
			tt.change(&p)
			l.receive(vrrp.MessageReceived, l.sockets[socketKey{name: "eth0"}], &p) // what is new is logged
			n := testing.AllocsPerRun(100, func() { l.receive(vrrp.MessageReceived, l.sockets[socketKey{name: "eth0"}], &p) })
			if n != 0 {
				t.Errorf("%v allocations for a message", n)
			}
			var refused uint64
			for _, r := range i.refused {
				refused += r
			}
			if (refused > 100) != tt.rejected {
				t.Errorf("%d messages refused", refused)
			}
			if i.state != vrrp.Backup {
				t.Errorf("in %v", i.state)
			}
		})
	}
}

func BenchmarkReceive(b *testing.B) {
	l, i, _ := newHotLoop(b, 100)
	p := advertFor(b, i, 200)
	b.ReportAllocs()
	for b.Loop() {
		l.receive(vrrp.MessageReceived, l.sockets[socketKey{name: "eth0"}], &p)
	}
}

func BenchmarkReceiveForNobody(b *testing.B) {
	l, i, _ := newHotLoop(b, 100)
	p := advertFor(b, i, 200)
	p.Payload()[1] = 52
	b.ReportAllocs()
	for b.Loop() {
		l.receive(vrrp.MessageReceived, l.sockets[socketKey{name: "eth0"}], &p)
	}
}

func BenchmarkSend(b *testing.B) {
	l, _, _ := newHotLoop(b, vrrp.PriorityOwner)
	now := monotonic()
	b.ReportAllocs()
	for b.Loop() {
		now, _ = l.router.Deadline(now)
		l.handleAt(now, vrrp.RouterEvent{Kind: vrrp.DeadlineReached})
	}
}
