package main

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/kactl/kactl/test/bench/vrrp/tap"
)

// tapBuffer takes several seconds of all that a director sends on one link.
const tapBuffer = 64 << 20

// A witness sees a take-over of all instances from a host of its own.
type witness struct {
	run             *run
	master, subject [links]*tap.Tap

	last      map[instance]time.Time   // advert of the master
	announced map[netip.Addr]time.Time // first by the subject
}

type instance struct{ link, vrid int }

func (r *run) witness(on host, p pair) *witness {
	w := &witness{run: r, last: map[instance]time.Time{}, announced: map[netip.Addr]time.Time{}}
	for link := range links {
		w.master[link] = r.tap(on, link, p.active)
		w.subject[link] = r.tap(on, link, p.passive)
	}
	return w
}

func (r *run) tap(on host, link int, from host) *tap.Tap {
	t, err := tap.Open(on, fmt.Sprintf("eth%d", link), from.macs[link], tapBuffer)
	if err != nil {
		r.Fatalf("%v", err)
	}
	r.Cleanup(t.Close)
	return t
}

func (w *witness) frames(t *tap.Tap) []tap.Frame {
	frames, err := t.Frames()
	if err != nil {
		w.run.Fatalf("%v", err)
	}
	return frames
}

// lateness is the longest time from the end of an instance's master down timer,
// counted from the master's last advert, to the first announcement of its
// address, and how many instances have not been announced yet.
func (w *witness) lateness() (longest time.Duration, missing int) {
	for link := range links {
		for _, f := range w.frames(w.master[link]) {
			if !f.Announced.IsValid() {
				w.last[instance{link, int(f.VRID)}] = f.At
			}
		}
		for _, f := range w.frames(w.subject[link]) {
			if _, seen := w.announced[f.Announced]; f.Announced.IsValid() && !seen {
				w.announced[f.Announced] = f.At
			}
		}
	}
	if len(w.last) != instances {
		w.run.Fatalf("the master sent adverts for %d instances, want %d", len(w.last), instances)
	}
	for i, at := range w.last {
		if owned, ok := w.announced[vip(i.link, i.vrid)]; ok {
			longest = max(longest, owned.Sub(at)-downTimer(low, massInterval))
		} else {
			missing++
		}
	}
	return longest, missing
}

// downTimer is a backup's master down timer (RFC 9568 section 6.1).
func downTimer(priority int, interval time.Duration) time.Duration {
	return 3*interval + time.Duration(256-priority)*interval/256
}
