package flood

import (
	"math/rand/v2"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/kactl/kactl/pkg/secret"
	"github.com/kactl/kactl/pkg/vrrp"
	"github.com/kactl/kactl/test/bench/vrrp/tap"
	"github.com/kactl/kactl/test/lab"
)

// The secrets of the masters under these floods. A generator makes wrong ones of
// them, or old adverts.
var (
	password = vrrp.Auth{Type: vrrp.AuthAH, Password: secret.New("k7Tq2xWd")}
	hmacKey  = vrrp.HMACKey{ID: 7, Secret: secret.New(strings.Repeat("k", 40))}
)

const forgedPerSec = 25_000

// The hardware addresses of 224.0.0.18 and ff02::12.
var (
	allRouters  = net.HardwareAddr{0x01, 0, 0x5e, 0, 0, 0x12}
	allRouters6 = net.HardwareAddr{0x33, 0x33, 0, 0, 0, 0x12}
)

// plainConfig is the part of config that the others take the place of.
const plainConfig = `
    version 3
    advert_int 0.1`

const ahConfig = `
    advert_int 1
    authentication {
        auth_type AH
        auth_pass k7Tq2xWd
    }`

const hmacConfig = `
    version 3
    advert_int 0.1
    auth_hmac {
        key 7 kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk
    }`

// TestFloodForged sends masters that authenticate adverts, and one of IPv6, a million
// that would depose them, or make them answer, were they not forged, unsigned, old or
// broken.
func TestFloodForged(t *testing.T) {
	if lab.DefaultKind() != lab.Kactl {
		t.Skip("keepalived 2.2.7 has no auth_hmac, and puts its adverts off")
	}
	for _, tt := range []struct {
		name, config string
		vips         string
		interval     time.Duration
		make         func(*generator) *packet
		to           net.HardwareAddr
		logged       []string // that shows that the packets arrived
	}{
		{
			"AH", ahConfig, "203.0.113.16", time.Second, forgedAH, allRouters,
			[]string{"already processed", "invalid IPSEC HMAC-MD5", "invalid IPSEC SPI", "without an authentication header"},
		},
		{
			"HMAC", hmacConfig, "203.0.113.16", interval, forgedHMAC, allRouters,
			[]string{"wrong signature of key 7", "time_window is 5 s", "signature of key 8", "without a signature"},
		},
		{
			"IPv6", plainConfig, "fe80::16\n        2001:db8::16", interval, broken6, allRouters6,
			[]string{"invalid TTL/HL", "ip address associated with VRID"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			total := howMany(t)
			l := lab.New(t)
			lan := l.Segment("lan")
			master := l.Host("master", lan, masterAddr.String()+"/24", "2001:db8::1/64")
			other := l.Host("other", lan, "198.51.100.2/24", "2001:db8::2/64")
			text := strings.Replace(config, plainConfig, tt.config, 1)
			d := master.Start(lab.Config{Text: strings.Replace(text, vip.String(), tt.vips, 1)})
			d.WaitLog("Entering MASTER STATE", 10*time.Second)

			s := newSender(other, forgedPerSec)
			g := &generator{Rand: rand.New(rand.NewPCG(51, 51))}
			s.packets, s.to = made(func() *packet { return tt.make(g) }), tt.to
			if err := s.send(min(warmUp, total)); err != nil {
				t.Fatal(err)
			}
			before, began := memory(t, d), time.Now()
			capture, err := tap.Open(other, "eth0", master.Port().MAC, 16<<20)
			if err != nil {
				t.Fatal(err)
			}
			defer capture.Close()
			machine := lab.NewWitness()
			if err := s.send(total); err != nil {
				t.Fatal(err)
			}
			took, stalled := time.Since(began), machine.Stalled()
			frames, err := capture.Frames()
			if err != nil {
				t.Fatal(err)
			}
			lines, growth := d.CountLog(began, ""), memory(t, d)-before
			t.Logf("%d packets in %v; %d log lines, %+d KiB", total, took.Round(time.Millisecond), lines, growth>>10)
			checkAdverts(t, frames, took, stalled, tt.interval)
			if lines >= maxLines || growth > maxGrowth {
				t.Errorf("%d lines logged, memory grew by %d KiB; the log:\n%s", lines, growth>>10, d.Dump())
			}
			for _, text := range tt.logged {
				if d.CountLog(time.Time{}, text) == 0 {
					t.Errorf("no packet was refused with %q; the log:\n%s", text, d.Dump())
				}
			}
			if log := d.Dump(); strings.Contains(log, password.Password.Reveal()) || strings.Contains(log, hmacKey.Secret.Reveal()) {
				t.Error("a secret is in the log")
			}
		})
	}
}

// made is a source of packets.
type made func() *packet

func (m made) next() *packet { return m() }

// forgedAH would be right, but for one thing.
func forgedAH(g *generator) *packet {
	p := g.signed(advert2(vrid, g.weight(), 1, vip))
	p.message[4] = byte(vrrp.AuthAH)
	p.sign(false)
	auth, number := password, g.Uint32()
	ip := vrrp.IPHeader{TTL: p.ttl, Src: p.src, Dst: p.dst}
	kind := g.IntN(7)
	switch kind {
	case 0: // no header
		return p
	case 1: // one that is used up
		number = uint32(g.IntN(2))
	case 2: // of another sender
		ip.Src = ip.Src.Next()
	case 3: // the password of somebody else
		auth.Password = secret.New("k7Tq2xWe")
	}
	p.protocol = vrrp.ProtocolAH
	p.message = vrrp.NewAHSigner(auth).Append(nil, p.message, number, ip)
	switch kind {
	case 4: // changed on its way
		p.message[g.IntN(vrrp.AHLen-12)+12] ^= 1 << g.IntN(8)
	case 5: // of any kind
		copy(p.message, g.bytes(vrrp.AHLen))
	case 6: // cut short
		p.message = p.message[:g.IntN(len(p.message))]
	}
	return p
}

// forgedHMAC would be right, but for one thing.
func forgedHMAC(g *generator) *packet {
	p := g.deposing()
	p.sign(true)
	key, at := hmacKey, time.Now()
	kind := g.IntN(7)
	switch kind {
	case 0: // no signature
		return p
	case 1: // the key of somebody else
		key.Secret = secret.New(strings.Repeat("l", 40))
	case 2: // too old, or too new
		at = at.Add(time.Duration(g.IntN(1000)-500) * time.Minute)
		if d := time.Since(at).Abs(); d < time.Minute {
			at = at.Add(-time.Hour)
		}
	case 3: // another key
		key.ID = 8
	}
	size := len(p.message)
	p.message = vrrp.NewHMACSigner(key).Append(p.message, p.src, vrrp.TimestampAt(at))
	switch kind {
	case 4: // changed on its way
		p.message[size+g.IntN(vrrp.HMACTrailerLen)] ^= 1 << g.IntN(8)
	case 5: // the signature of another advert
		p.message[2] ^= 0xff
		p.message = append(p.message[:0:0], p.message...)
		trailer := append([]byte(nil), p.message[size:]...)
		p.message = p.message[:size]
		p.sign(true)
		p.message = append(p.message, trailer...)
	case 6: // cut short
		p.message = p.message[:g.IntN(len(p.message)-size)+size+1]
		if len(p.message) == size+vrrp.HMACTrailerLen {
			p.message = p.message[:size+1]
		}
	}
	return p
}
