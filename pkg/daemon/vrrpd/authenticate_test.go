package vrrpd

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/kactl/kactl/pkg/netio"
	"github.com/kactl/kactl/pkg/secret"
	"github.com/kactl/kactl/pkg/vrrp"
)

func hmacKey(id uint8) vrrp.HMACKey {
	return vrrp.HMACKey{ID: id, Secret: secret.New(strings.Repeat(string(rune('a'+id)), 32))}
}

func withAH(cfg *vrrp.Instance) {
	cfg.Version, cfg.AdvertInterval = 2, time.Second
	cfg.Auth = vrrp.Auth{Type: vrrp.AuthAH, Password: secret.New("1111")}
}

func withHMAC(cfg *vrrp.Instance) {
	cfg.HMAC = vrrp.HMAC{Keys: []vrrp.HMACKey{hmacKey(1), hmacKey(2)}, Active: 2, Window: 5 * time.Second}
}

// What is sent is signed with the active key of the moment, each time with a later
// stamp.
func TestSignedAdverts(t *testing.T) {
	l, _, m := newHotLoop(t, vrrp.PriorityOwner, withHMAC)
	last := vrrp.Timestamp(0)
	now := monotonic()
	send := func() (trailer []byte) {
		for before := m.sent; m.sent == before; { // there are other deadlines
			now, _ = l.router.Deadline(now)
			l.handleAt(now, vrrp.RouterEvent{Kind: vrrp.DeadlineReached})
		}
		var a vrrp.Advert
		trailer, err := a.DecodePartial(m.last, ours, group)
		if err != nil {
			t.Fatal(err)
		}
		return trailer
	}
	signedBy := func(id uint8) {
		t.Helper()
		trailer := send()
		var h vrrp.HMACTrailer
		if err := h.DecodeFromBytes(trailer); err != nil {
			t.Fatal(err)
		}
		message := m.last[:len(m.last)-len(trailer)]
		if h.KeyID != id || !vrrp.NewHMACSigner(hmacKey(id)).Verify(message, trailer, ours) {
			t.Errorf("signed with key %d, want %d, or wrong", h.KeyID, id)
		}
		if h.Timestamp <= last || time.Since(h.Timestamp.Time()).Abs() > time.Minute {
			t.Errorf("a stamp of %v after %v", h.Timestamp.Time(), last.Time())
		}
		last = h.Timestamp
	}
	change := func(f func(*vrrp.Instance)) {
		cfg, _ := l.router.Instance("VI_1")
		next := *cfg
		f(&next)
		l.reload(vrrp.RouterEvent{Kind: vrrp.Reload, Settings: &vrrp.Settings{Instances: []vrrp.Instance{next}}})
		l.flushEvents()
	}
	signedBy(2)
	signedBy(2)
	change(func(i *vrrp.Instance) { i.HMAC.Active = 1 })
	signedBy(1)
	change(func(i *vrrp.Instance) {
		i.HMAC.Keys = []vrrp.HMACKey{hmacKey(1), hmacKey(3)}
		i.HMAC.Active, i.HMAC.Mode = 3, vrrp.HMACPermissive
	})
	signedBy(3)
	change(func(i *vrrp.Instance) { i.HMAC.Mode = vrrp.HMACReceiveOnly })
	if trailer := send(); len(trailer) != 0 {
		t.Errorf("signed: %x", trailer)
	}
	change(func(i *vrrp.Instance) { i.HMAC.Mode = vrrp.HMACEnforce })
	signedBy(3)
}

// sealedFor is an advert for the instance in what authenticates it, the nth.
func sealedFor(t testing.TB, i *instance, n int) netio.Packet {
	t.Helper()
	p := advertFor(t, i, 200)
	s := &netioSink{}
	other := &instance{cfg: i.cfg}
	other.authenticator.configure(i.cfg)
	for range n {
		if err := other.sendSealed(s, p.Payload(), uint32(n), theirs, group); err != nil {
			t.Fatal(err)
		}
	}
	return s.last
}

// A netioSink is a socket that keeps what is sent as it would be received.
type netioSink struct {
	Socket
	last netio.Packet
}

func (s *netioSink) Send(src, dst netip.Addr, ttl uint8, payload []byte) error {
	s.last = netio.MakePacket(payload, src, dst, ttl)
	return nil
}

func (s *netioSink) SendIdentified(id uint16, src, dst netip.Addr, ttl uint8, payload []byte) error {
	s.last = netio.MakePacket(payload, src, dst, ttl)
	s.last.Protocol, s.last.ID = vrrp.ProtocolAH, id
	return nil
}

// What is authenticated costs no memory, sent, received or refused.
func TestAuthenticatedAdvertsDoNotAllocate(t *testing.T) {
	for name, with := range map[string]func(*vrrp.Instance){"AH": withAH, "HMAC": withHMAC} {
		t.Run(name+" sent", func(t *testing.T) {
			l, _, m := newHotLoop(t, vrrp.PriorityOwner, with)
			before, now := m.sent, monotonic()
			n := leastAllocs(100, func() {
				now, _ = l.router.Deadline(now)
				l.handleAt(now, vrrp.RouterEvent{Kind: vrrp.DeadlineReached})
			})
			if n != 0 || m.sent < before+80 { // a master listens now and then
				t.Errorf("%v allocations for an advert; %d were sent", n, m.sent-before)
			}
		})
		t.Run(name+" received", func(t *testing.T) {
			l, i, _ := newHotLoop(t, 100, with)
			packets := make([]netio.Packet, 110)
			for n := range packets {
				packets[n] = sealedFor(t, i, n+1)
			}
			next := 0
			receive := func() {
				l.receive(vrrp.MessageReceived, l.sockets[socketKey{name: "eth0"}], &packets[next])
				next++
			}
			receive()
			receive()
			if n := testing.AllocsPerRun(100, receive); n != 0 {
				t.Errorf("%v allocations for a message", n)
			}
			for reason, n := range i.refused {
				if n > 0 {
					t.Errorf("%d refused: %v", n, vrrp.RejectReason(reason))
				}
			}
			n := testing.AllocsPerRun(50, func() { l.receive(vrrp.MessageReceived, l.sockets[socketKey{name: "eth0"}], &packets[50]) })
			if replayed := i.refused[vrrp.RejectSequence] + i.refused[vrrp.RejectReplay]; n != 0 || replayed != 51 {
				t.Errorf("%v allocations for a replay, %d refused", n, replayed)
			}
			if i.state != vrrp.Backup {
				t.Errorf("in %v", i.state)
			}
		})
	}
}

// Authentication headers have a socket of their own, which comes and goes with the
// instances that need it. What comes on the other is refused, and logged.
func TestSocketForAH(t *testing.T) {
	cfg, other := owner("VI_1", 51, "198.51.100.1/24"), owner("VI_2", 52, "198.51.100.2/24")
	cfg.Priority, other.Priority = 200, 200
	r := start(t, other)
	r.wait("open eth0 2", "join 224.0.0.18 on eth0", "notify VI_2 BACKUP 200")
	r.never("open AH on eth0 2")
	withAH(&cfg)
	r.reload(vrrp.Settings{Instances: []vrrp.Instance{other, cfg}})
	r.wait("open AH on eth0 2", "join 224.0.0.18 on AH on eth0")
	r.wait("notify VI_1 BACKUP 200")

	resigned := func(sequence uint32) (plain, sealed netio.Packet) {
		a := vrrp.NewAdvert(&cfg)
		a.Priority = vrrp.PriorityResign
		message, err := a.Append(nil, theirs, group)
		if err != nil {
			t.Fatal(err)
		}
		s, sender := &netioSink{}, &instance{cfg: &cfg}
		sender.authenticator.configure(&cfg)
		if err := sender.sendSealed(s, message, sequence, theirs, group); err != nil {
			t.Fatal(err)
		}
		return packet(message, theirs, group), s.last
	}
	plain, sealed := resigned(7)
	forged := sealed
	forged.ID++
	r.socket("eth0").deliver(plain)
	r.socket("AH on eth0").deliver(forged)
	if got := r.state("VI_1"); got != vrrp.Backup {
		t.Errorf("in %v", got)
	}
	r.socket("AH on eth0").deliver(sealed)
	r.wait("advert 192.0.2.1 to 224.0.0.18 vrid 51 priority 200", "notify VI_1 MASTER 200")
	for _, text := range []string{"received an advert without an authentication header", "invalid IPSEC HMAC-MD5 value"} {
		if r.logged.where(text) < 0 {
			t.Errorf("not logged: %s", text)
		}
	}
	r.reload(vrrp.Settings{Instances: []vrrp.Instance{other}})
	r.wait("close AH on eth0")
	r.never("close eth0")
}

// A stamp of a clock that was ahead is taken back when the clock is right, unless who
// verifies counts instead of comparing clocks.
func TestStampTakenBack(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	for _, monotonic := range []bool{false, true} {
		var a authenticator
		a.configure(&vrrp.Instance{HMAC: vrrp.HMAC{Window: 5 * time.Second, Monotonic: monotonic}})
		a.stamp = a.next(now.Add(time.Hour))
		want := vrrp.TimestampAt(now)
		if monotonic {
			want = a.stamp + 1
		}
		if got := a.next(now); got != want {
			t.Errorf("monotonic %v: %v", monotonic, got.Time())
		}
	}
}
