package lab

import (
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// An Answer is one reply that a probe got.
type Answer struct {
	Asked, At time.Time
	By        string // the name of the host or real server
}

// A Failure is one question that got no answer, and why.
type Failure struct {
	Asked time.Time
	Err   error
}

// A Probe asks an address at a steady pace and notes who answers when.
type Probe struct {
	lab   *Lab
	began time.Time
	stop  chan struct{}
	done  sync.WaitGroup

	mu       sync.Mutex
	answers  []Answer
	failures []Failure
	ended    time.Time
}

func (l *Lab) newProbe() *Probe {
	p := &Probe{lab: l, began: time.Now(), stop: make(chan struct{})}
	l.t.Cleanup(func() { p.Stop() })
	return p
}

// every calls ask at a pace until the probe is stopped.
func (p *Probe) every(pace time.Duration, ask func()) {
	p.done.Go(func() {
		tick := time.NewTicker(pace)
		defer tick.Stop()
		for {
			ask()
			select {
			case <-p.stop:
				return
			case <-tick.C:
			}
		}
	})
}

// ProbeARP asks from the host's first interface who has an IPv4 address, as
// arping does: every answer counts, so that two owners show.
// In a guest it asks less often.
func (h *Host) ProbeARP(vip netip.Addr, often time.Duration) *Probe {
	l, port := h.lab, h.Port()
	often = pace(often)
	l.t.Helper()
	file, err := packetSocket(h.Namespace, port.link.Attrs().Index, unix.ETH_P_ARP)
	l.check(err, "%s: probe %v", h.Name, vip)
	p := l.newProbe()
	question := arpRequest(port.MAC, h.probeSource(), vip)
	p.every(often, func() { _, _ = file.Write(question) })
	p.done.Go(func() {
		readFrames(file, func(at time.Time, b []byte) {
			f, ok := decodeFrame(at, b)
			if ok && f.ARP != nil && f.ARP.Reply && f.ARP.SenderIP == vip && f.Dst == port.MAC.String() {
				p.answer(Answer{Asked: at, At: at, By: l.NameOf(f.ARP.SenderMAC)})
			}
		})
	})
	go func() { <-p.stop; file.Close() }()
	return p
}

// probeSource is the host's first IPv4 address that is not on loopback.
func (h *Host) probeSource() netip.Addr {
	for _, a := range h.Addrs() {
		if a.Is4() && !a.IsLoopback() {
			return a
		}
	}
	return netip.IPv4Unspecified()
}

func arpRequest(mac net.HardwareAddr, from, to netip.Addr) []byte {
	b := slices.Concat([]byte{255, 255, 255, 255, 255, 255}, mac, []byte{8, 6, 0, 1, 8, 0, 6, 4, 0, 1}, mac)
	b = append(b, from.AsSlice()...)
	b = append(b, 0, 0, 0, 0, 0, 0)
	return append(b, to.AsSlice()...)
}

// ProbeHTTP asks a web server from the host, each time over a new connection
// and from the next of the given source addresses (none: the kernel's choice).
// The answer's body names who answered. A slow answer does not hold the next
// question up.
func (h *Host) ProbeHTTP(to netip.AddrPort, pace, timeout time.Duration, from ...netip.Addr) *Probe {
	p := h.lab.newProbe()
	n := 0
	p.every(pace, func() {
		var src netip.Addr
		if len(from) > 0 {
			src = from[n%len(from)]
			n++
		}
		p.done.Go(func() {
			asked := time.Now()
			body, err := h.Get(to, GetOptions{From: src, Timeout: timeout})
			if err != nil {
				p.fail(Failure{Asked: asked, Err: err})
				return
			}
			p.answer(Answer{Asked: asked, At: time.Now(), By: body})
		})
	})
	return p
}

func (p *Probe) answer(a Answer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answers = append(p.answers, a)
}

func (p *Probe) fail(f Failure) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failures = append(p.failures, f)
}

// Stop ends the probe and waits for its last answers. It may be called again.
func (p *Probe) Stop() {
	p.mu.Lock()
	first := p.ended.IsZero()
	if first {
		p.ended = time.Now()
		close(p.stop)
	}
	p.mu.Unlock()
	p.done.Wait()
}

// Answers are the answers so far, in order of arrival.
func (p *Probe) Answers() []Answer {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.answers)
}

// Failures are the questions so far that a ProbeHTTP got no answer to.
func (p *Probe) Failures() []Failure {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.failures)
}

// Outage is the longest time without an answer after a moment, the time since
// the last answer included while the probe runs.
func (p *Probe) Outage(after time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	end := p.ended
	if end.IsZero() {
		end = time.Now()
	}
	var last time.Time // of the answers before the moment
	for _, a := range p.answers {
		if a.At.Before(after) && a.At.After(last) {
			last = a.At
		}
	}
	if last.IsZero() {
		last = after
	}
	return longestGap(p.answers, last, end)
}

func longestGap(answers []Answer, from, to time.Time) time.Duration {
	var longest time.Duration
	for _, a := range answers {
		if a.At.Before(from) {
			continue
		}
		longest = max(longest, a.At.Sub(from))
		from = a.At
	}
	return max(longest, to.Sub(from))
}

// Owners are those who answered at or after a time, each once, in order of
// their first answer.
func (p *Probe) Owners(after time.Time) []string {
	var out []string
	for _, a := range p.Answers() {
		if !a.At.Before(after) && !slices.Contains(out, a.By) {
			out = append(out, a.By)
		}
	}
	return out
}

// WaitOwner waits until an answer to a question asked from now on comes from
// a host, and returns how long after now that was. It ends the test after
// limit and [Slack].
func (p *Probe) WaitOwner(name string, limit time.Duration) time.Duration {
	p.lab.t.Helper()
	return p.WaitOwnerSince(time.Now(), name, limit)
}

// WaitOwnerSince is WaitOwner counted from a moment that has passed.
func (p *Probe) WaitOwnerSince(from time.Time, name string, limit time.Duration) time.Duration {
	p.lab.t.Helper()
	var took time.Duration
	Eventually(p.lab.t, limit, name+" answers", func() bool {
		for _, a := range p.Answers() {
			if !a.Asked.Before(from) && a.By == name {
				took = a.At.Sub(from)
				return true
			}
		}
		return false
	})
	return took
}
