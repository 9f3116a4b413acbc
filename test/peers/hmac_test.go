package peers

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kactl/kactl/pkg/secret"
	"github.com/kactl/kactl/pkg/vrrp"
	"github.com/kactl/kactl/test/lab"
)

// keepalived 2.2.7 does not sign: these are of kactl beside itself.

// The keys of the tests, by id.
func hmacKey(id uint8) vrrp.HMACKey {
	return vrrp.HMACKey{ID: id, Secret: secret.New(strings.Repeat(string(rune('a'+id)), 40))}
}

// keyLine gives a key in the configuration.
func keyLine(id uint8) string { return fmt.Sprintf("key %d %s\n", id, hmacKey(id).Secret.Reveal()) }

func needsKactl(t *testing.T) {
	t.Helper()
	if lab.DefaultKind() != lab.Kactl {
		t.Skip("keepalived 2.2.7 has no auth_hmac")
	}
}

// TestHMAC takes over and back with signed adverts.
func TestHMAC(t *testing.T) {
	needsKactl(t)
	t.Parallel()
	logs := &logbook{}
	t.Run("stories", func(t *testing.T) {
		m := mode{Version: 3, Interval: time.Second, HMAC: keyLine(1)}
		stories(t, logs, m, true, [2]lab.Kind{lab.Kactl, lab.Kactl})
		m.HMAC += "anti_replay monotonic"
		m.Unicast = true
		stories(t, logs, m, true, [2]lab.Kind{lab.Kactl, lab.Kactl})
	})
	logs.judge(t)
}

// A signer's advert that is not signed, or signed with another key, is nobody's: the
// routers are two masters, until they have a key in common.
func TestHMACWrongKey(t *testing.T) {
	needsKactl(t)
	t.Parallel()
	p := newPeering(t, [2]lab.Kind{lab.Kactl, lab.Kactl}, mode{Version: 3, Interval: time.Second, HMAC: keyLine(1)}, high, low)
	both := func() bool { return p.lb1.HasAddr(vip) && p.lb2.HasAddr(vip) }
	down := startLimit + p.downTime(low) + slack
	for _, tt := range []struct{ hmac, log string }{
		{"key 1 " + strings.Repeat("x", 40), "received a wrong signature of key 1"},
		{keyLine(2), "received a signature of key 1, which auth_hmac does not have"},
		{"", "message is longer than its header says"},
	} {
		p.configure(p.d2, low, tt.hmac)
		lab.Eventually(t, down, "both have the address", both)
		p.d2.WaitLog(tt.log, down)
		p.configure(p.d2, low, keyLine(2)+keyLine(1)+"active_key 1")
		lab.Eventually(t, down, "lb1 alone has the address", func() bool { return p.placed(p.lb1, p.lb2) })
	}
	p.d1.WaitLog("received an advert without a signature", down)
	for _, d := range []*lab.Director{p.d1, p.d2} {
		if log := d.Dump(); strings.Contains(log, hmacKey(1).Secret.Reveal()) || strings.Contains(log, hmacKey(2).Secret.Reveal()) {
			t.Error("a key is in the log")
		}
	}
}

// configure gives a router other signatures, and lets it read them.
func (p *peering) configure(d *lab.Director, priority byte, hmac string) {
	p.write(d, priority, hmac)
	d.Reload()
}

func (p *peering) write(d *lab.Director, priority byte, hmac string) {
	d.Configure(config, node{
		Router:  lab.Router{VRID: vrid, Priority: priority, Interval: p.Interval, VIP: netip.PrefixFrom(vip, 24)},
		Version: 3, HMAC: hmac, State: "BACKUP",
	})
}

// TestHMACRotation changes the key of two routers step by step, the new one in a file:
// not one advert is refused, and the master is the master all the time.
func TestHMACRotation(t *testing.T) {
	needsKactl(t)
	t.Parallel()
	p := newPeering(t, [2]lab.Kind{lab.Kactl, lab.Kactl}, mode{Version: 3, Interval: 200 * time.Millisecond, HMAC: keyLine(1)}, high, low)
	eve := newEavesdropper(t, p)
	file := filepath.Join(p.lab.Dir(), "key2")
	write := func(id uint8) string {
		if err := os.WriteFile(file, []byte(hmacKey(id).Secret.Reveal()+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		return "key 2 file:" + file + "\n"
	}
	began := time.Now()
	signedWith := func(id uint8, key vrrp.HMACKey) {
		t.Helper()
		signer := vrrp.NewHMACSigner(vrrp.HMACKey{ID: id, Secret: key.Secret})
		since := time.Now()
		lab.Eventually(t, startLimit, fmt.Sprintf("lb1 signs with key %d", id), func() bool {
			f, ok := eve.last(addr1)
			return ok && f.at.After(since) && f.signedBy(signer)
		})
	}
	signedWith(1, hmacKey(1))
	for _, step := range []struct {
		hmac string
		id   uint8
		key  vrrp.HMACKey
	}{
		{keyLine(1) + write(2) + "active_key 1", 1, hmacKey(1)},
		{keyLine(1) + write(2) + "active_key 2", 2, hmacKey(2)},
		{write(2), 2, hmacKey(2)},
	} {
		for _, d := range []*lab.Director{p.d2, p.d1} {
			priority := byte(high)
			if d == p.d2 {
				priority = low
			}
			since := time.Now()
			p.configure(d, priority, step.hmac)
			d.WaitLogSince(since, "Reload complete", startLimit)
		}
		signedWith(step.id, step.key)
	}
	if !p.placed(p.lb1, p.lb2) {
		t.Error("lb1 has lost the address")
	}
	for _, d := range []*lab.Director{p.d1, p.d2} {
		if n := d.CountLog(began, "Entering"); n > 0 {
			t.Errorf("%d transitions on %s", n, d.Host.Name)
		}
		for _, word := range []string{"signature", "rejected", "refused"} {
			if n := d.CountLog(began, word); n > 0 {
				t.Errorf("%d times %q in the log of %s", n, word, d.Host.Name)
			}
		}
	}
	// The file has another key, and is read again.
	since := time.Now()
	write(3)
	p.d1.Reload()
	signedWith(2, hmacKey(3))
	p.d2.WaitLogSince(since, "received a wrong signature of key 2", startLimit)
}
