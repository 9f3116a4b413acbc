package vrrp

import (
	"net/netip"
	"slices"
	"testing"
	"time"
)

// capturedInstance is the backup of the router that the captures are of.
func capturedInstance() Instance {
	cfg := testInstance(100)
	cfg.Group = netip.MustParseAddr("224.0.0.18")
	cfg.Addresses = []Address{{Prefix: netip.MustParsePrefix("192.0.2.100/24")}, {Prefix: netip.MustParsePrefix("192.0.2.101/24")}}
	return cfg
}

func capturedAH() Instance {
	cfg := capturedInstance()
	cfg.Auth = ahAuth("1111")
	return cfg
}

func capturedHMAC() Instance {
	cfg := capturedInstance()
	cfg.Version, cfg.Auth, cfg.HMAC = 3, Auth{}, HMAC{Keys: []HMACKey{vectorKey()}, Active: 1, Monotonic: true}
	return cfg
}

// capturedEvent is a packet of a capture, on its way to the backup.
func capturedEvent(payload []byte) RouterEvent {
	return RouterEvent{
		Kind: MessageReceived, Interface: "eth0", From: netip.MustParseAddr("192.0.2.1"), To: netip.MustParseAddr("224.0.0.18"), TTL: 255, Message: payload,
	}
}

// A backup takes what keepalived sent, once.
func TestCapturesAreTaken(t *testing.T) {
	ah, hmac, timed := capturedAH(), capturedHMAC(), capturedHMAC()
	timed.HMAC.Monotonic, timed.HMAC.Window = false, 5*time.Second
	var headers, signed []RouterEvent
	for _, p := range readAH(t) {
		ev := capturedEvent(p.payload)
		ev.Protocol, ev.ID = ProtocolAH, p.ip.ID
		headers = append(headers, ev)
	}
	for _, m := range readVector(t, "v3-hmac") {
		ev := capturedEvent(m.payload)
		ev.Wall = time.Date(2026, 11, 20, 12, 16, 15, 0, time.UTC)
		signed = append(signed, ev)
	}
	late := slices.Clone(signed)
	for n := range late {
		late[n].Wall = late[n].Wall.Add(time.Hour)
	}
	for _, tt := range []struct {
		name          string
		cfg           Instance
		events        []RouterEvent
		taken, played RejectReason
	}{
		{"AH", ah, headers, Accepted, RejectSequence},
		{"HMAC", hmac, signed, Accepted, RejectReplay},
		{"HMAC, an hour later", hmac, late, Accepted, RejectReplay},
		{"HMAC by time", timed, signed, Accepted, RejectReplay},
		{"HMAC by time, an hour later", timed, late, RejectTime, RejectTime},
		{"HMAC where nothing is signed", ah, signed, RejectLong, RejectLong},
	} {
		r := fuzzedRouter(&tt.cfg)
		for round, want := range []RejectReason{tt.taken, tt.played} {
			for n, ev := range tt.events {
				got := Accepted
				for _, e := range r.Step(Time(2*time.Hour), ev, nil) {
					if e.Kind == Note && e.Reason == ReasonRejected {
						got = e.Reject.Reason
					}
				}
				if got != want {
					t.Errorf("%s, time %d: packet %d: %v, want %v", tt.name, round+1, n, got, want)
				}
			}
		}
	}
}

// FuzzHMAC gives an instance any signed message: none is taken that was not made with
// a key, and no length makes it fall.
func FuzzHMAC(f *testing.F) {
	cfg := capturedHMAC()
	genuine := map[string]bool{}
	for _, m := range readVector(f, "v3-hmac") {
		f.Add(m.payload)
		genuine[string(m.payload)] = true
	}
	f.Add([]byte{0x31, 51, 0, 0, 0, 100, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		r := fuzzedRouter(&cfg)
		effects := r.Step(Time(2*time.Hour), capturedEvent(b), nil)
		if accepted(r, effects) && !genuine[string(b)] {
			t.Errorf("taken for genuine: %x", b)
		}
	})
}

// FuzzAH does the same with authentication headers.
func FuzzAH(f *testing.F) {
	cfg := capturedAH()
	genuine := map[string]bool{}
	for _, p := range readAH(f) {
		f.Add(p.payload, uint8(ProtocolAH), p.ip.ID, p.ip.TTL)
		genuine[string(p.payload)] = true
	}
	f.Add([]byte{0x21, 51, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, uint8(Protocol), uint16(0), uint8(255))
	f.Fuzz(func(t *testing.T, b []byte, protocol uint8, id uint16, ttl uint8) {
		r := fuzzedRouter(&cfg)
		ev := capturedEvent(b)
		ev.TTL, ev.Protocol, ev.ID = ttl, protocol, id
		effects := r.Step(Time(2*time.Hour), ev, nil)
		if accepted(r, effects) && !genuine[string(b)] {
			t.Errorf("taken for genuine: %x", b)
		}
	})
}

// fuzzedRouter returns a router with one instance, a backup.
func fuzzedRouter(cfg *Instance) *Router {
	r := NewRouter()
	for _, ev := range []RouterEvent{
		{Kind: LinkChanged, Link: &Link{Name: "eth0", Index: 2, Up: true, Addrs: []netip.Prefix{netip.MustParsePrefix("192.0.2.9/24")}}},
		{Kind: Reload, Settings: &Settings{Instances: []Instance{*cfg}}},
		{Kind: LinksKnown},
		{Kind: SocketChanged, Interface: "eth0", Index: 2, Up: true},
	} {
		r.Step(Time(time.Hour), ev, nil)
	}
	return r
}

// accepted says whether the instance has taken a message.
func accepted(r *Router, effects []Effect) bool {
	_, m := r.Instance("VI_1")
	if master, _ := m.Master(); master.IsValid() {
		return true
	}
	for _, e := range effects {
		if e.Kind == Note && e.Reason != ReasonRejected {
			return true
		}
	}
	return false
}
