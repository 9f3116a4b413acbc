package sim

import "github.com/kactl/kactl/pkg/vrrp"

// A report is the last value of something tracked that the router was given.
type report struct {
	known bool
	value int
}

// reported takes note of the events that the router gets.
func (h *host) reported(ev *vrrp.RouterEvent) {
	if ev.Kind != vrrp.TrackReported {
		return
	}
	if r := (report{true, ev.Value}); ev.Track == vrrp.TrackFile {
		h.files = r
	} else {
		h.scripts = r
	}
}

// checkPriority holds the effective priority against the base one and the weights of
// what is tracked.
func (h *host) checkPriority(cfg *vrrp.Instance, m *vrrp.Machine) {
	want := int(cfg.Priority)
	if want == vrrp.PriorityOwner || m.State() == vrrp.Init {
		return // one that has not begun knows nothing yet
	}
	for _, t := range m.Tracks() {
		switch {
		case t.Kind == vrrp.TrackScript && h.scripts.known && h.scripts.value == 0:
			want += t.Weight // none is above 0
		case t.Kind == vrrp.TrackFile && h.files.known:
			want += max(min(h.files.value*t.Weight, 253), -254)
		}
	}
	if want = max(min(want, 254), 1); int(m.Priority()) != want {
		h.w.fail("host %d: %s has priority %d, want %d", h.number, cfg.Name, m.Priority(), want)
	}
}
