package peers

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/vrrp"
	"github.com/kactl/kactl/test/lab"
)

// An eavesdropper is a third host that hears all adverts by multicast, and can send
// them again.
type eavesdropper struct {
	t    *testing.T
	host *lab.Host
	fd   int

	mu    sync.Mutex
	heard []heardFrame // guarded by mu
}

// A heardFrame is an advert as it was on the wire.
type heardFrame struct {
	at       time.Time
	src, dst netip.Addr
	payload  []byte // of the IP packet
	frame    []byte
	advert   vrrp.Advert
	rest     []byte // what follows the message
}

func newEavesdropper(t *testing.T, p *peering) *eavesdropper {
	t.Helper()
	e := &eavesdropper{t: t, host: p.lab.Host("eve", p.segment, "198.51.100.66/24")}
	index := 0
	err := e.host.Do(func() (err error) {
		if e.fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0); err != nil {
			return err
		}
		ifr, err := unix.NewIfreq("eth0")
		if err != nil {
			return err
		}
		if err := unix.IoctlIfreq(e.fd, unix.SIOCGIFINDEX, ifr); err != nil {
			return err
		}
		index = int(ifr.Uint32())
		// What it sends itself it does not hear.
		if err := unix.SetsockoptInt(e.fd, unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, 1); err != nil {
			return err
		}
		all := &unix.PacketMreq{Ifindex: int32(index), Type: unix.PACKET_MR_PROMISC}
		if err := unix.SetsockoptPacketMreq(e.fd, unix.SOL_PACKET, unix.PACKET_ADD_MEMBERSHIP, all); err != nil {
			return err
		}
		timeout := unix.NsecToTimeval(int64(100 * time.Millisecond))
		if err := unix.SetsockoptTimeval(e.fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &timeout); err != nil {
			return err
		}
		return unix.Bind(e.fd, &unix.SockaddrLinklayer{Protocol: unix.ETH_P_IP<<8&0xffff | unix.ETH_P_IP>>8, Ifindex: index})
	})
	if err != nil {
		t.Fatal(err)
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for b := make([]byte, 4096); ; {
			select {
			case <-stop:
				return
			default:
			}
			if n, _, err := unix.Recvfrom(e.fd, b, 0); err == nil {
				e.hear(slices.Clone(b[:n]))
			}
		}
	}()
	t.Cleanup(func() {
		close(stop)
		<-stopped
		unix.Close(e.fd)
	})
	return e
}

func (e *eavesdropper) hear(frame []byte) {
	const ether, ip = 14, 20
	if len(frame) < ether+ip {
		return
	}
	b := frame[ether:]
	f := heardFrame{at: time.Now(), frame: frame, src: netip.AddrFrom4([4]byte(b[12:])), dst: netip.AddrFrom4([4]byte(b[16:]))}
	total := min(int(binary.BigEndian.Uint16(b[2:])), len(b))
	if b[9] != vrrp.Protocol && b[9] != vrrp.ProtocolAH || total < ip {
		return
	}
	f.payload = b[ip:total]
	rest, err := f.advert.DecodePartial(vrrp.Within(b[9], f.payload), f.src, f.dst)
	if err != nil {
		return
	}
	f.rest = rest
	e.mu.Lock()
	defer e.mu.Unlock()
	e.heard = append(e.heard, f)
}

// last is the last advert from an address; of priority 0 only if that is wanted.
func (e *eavesdropper) last(src netip.Addr) (heardFrame, bool) {
	return e.find(src, func(priority uint8) bool { return priority > 0 })
}

func (e *eavesdropper) find(src netip.Addr, wanted func(priority uint8) bool) (heardFrame, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, f := range slices.Backward(e.heard) {
		if f.src == src && wanted(f.advert.Priority) {
			return f, true
		}
	}
	return heardFrame{}, false
}

// signedBy says whether the advert has a right signature.
func (f *heardFrame) signedBy(s *vrrp.HMACSigner) bool {
	var t vrrp.HMACTrailer
	return t.DecodeFromBytes(f.rest) == nil && t.KeyID == s.KeyID() && s.Verify(f.payload[:len(f.payload)-len(f.rest)], f.rest, f.src)
}

// replay sends an advert again and again until it is stopped.
func (e *eavesdropper) replay(f heardFrame, every time.Duration) (stop func()) {
	frame := slices.Clone(f.frame)
	copy(frame[6:12], e.host.Port().MAC) // it is not the master's port that it comes from
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			if _, err := unix.Write(e.fd, frame); err != nil {
				e.t.Errorf("replay: %v", err)
			}
			select {
			case <-done:
				return
			case <-tick.C:
			}
		}
	}()
	return func() {
		close(done)
		<-ended
	}
}

// TestReplay plays adverts again that were right once. A backup does not believe that
// the master has resigned, and does not take a dead master for a live one.
func TestReplay(t *testing.T) {
	t.Parallel()
	ah := mode{Version: 2, Interval: time.Second, AH: true}
	hmac := mode{Version: 3, Interval: time.Second, HMAC: keyLine(1)}
	monotonic := hmac
	monotonic.HMAC += "anti_replay monotonic"
	self := lab.DefaultKind()
	for _, tt := range []struct {
		name string
		mode
		pair [2]lab.Kind
	}{
		{"AH", ah, [2]lab.Kind{self, self}},
		{"AH keepalived first", ah, [2]lab.Kind{lab.Keepalived, self}},
		{"AH keepalived second", ah, [2]lab.Kind{self, lab.Keepalived}},
		{"HMAC", hmac, [2]lab.Kind{self, self}},
		{"HMAC without a clock", monotonic, [2]lab.Kind{self, self}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if tt.HMAC != "" {
				needsKactl(t)
			}
			p := newPeering(t, tt.pair, tt.mode, high, low)
			eve := newEavesdropper(t, p)
			down := p.downTime(low) + slack
			p.turn(time.Time{}, p.lb1)
			lab.Eventually(t, settle, "lb1 advertises", func() bool { _, ok := eve.last(addr1); return ok })

			now := time.Now()
			p.d1.Stop()
			p.moves(t, now, p.lb2, p.lb1, p.skew(low)+slack)
			p.comesBack(t)
			resigned, ok := eve.find(addr1, func(priority uint8) bool { return priority == 0 })
			if !ok {
				t.Fatal("lb1 did not resign")
			}
			now = time.Now()
			stop := eve.replay(resigned, 50*time.Millisecond)
			p.keeps(t, now, p.lb1, p.lb2, 2*time.Second)
			stop()

			alive, _ := eve.last(addr1)
			now = time.Now()
			p.lb1.Cut()
			stop = eve.replay(alive, 50*time.Millisecond)
			p.moves(t, now, p.lb2, p.lb1, down)
			now = time.Now()
			p.lb1.Heal()
			p.moves(t, now, p.lb1, p.lb2, down)
			stop()
			refused := map[bool]string{true: "already processed", false: "is not newer than the last one"}[tt.AH]
			if p.d2.CountLog(time.Time{}, refused) == 0 {
				t.Error("nothing was refused on lb2")
			}
			for _, d := range []*lab.Director{p.d1, p.d2} {
				if n := d.CountLog(time.Time{}, refused); d.Kind == lab.Kactl && n > 10 {
					t.Errorf("%d lines of refused adverts on %s", n, d.Host.Name)
				}
			}
		})
	}
}
