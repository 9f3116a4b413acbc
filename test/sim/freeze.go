package sim

import (
	"time"
)

// backlogAtMost is what waits in the sockets of a host that is frozen. The rest is
// dropped.
const backlogAtMost = 200

// freeze stops the process for a time, or the whole machine and its clock with it.
func (h *host) freeze(d time.Duration, suspend bool) {
	if h.router == nil || h.frozen {
		return
	}
	h.frozen, h.wakes = true, false
	if suspend {
		h.suspended = h.w.now
	}
	to := h.w.queue.add(h.w.now.Add(d))
	to.to, to.life, to.outside, to.do = h.number, h.life, true, h.thaw
}

// keep puts what arrives aside for later.
func (h *host) keep(slot int32) {
	packet := h.w.queue.slots[slot].packet.message != nil
	if packet && (len(h.backlog) >= backlogAtMost || h.suspended > 0) {
		h.w.queue.release(slot)
		return
	}
	h.backlog = append(h.backlog, slot)
}

// thaw lets the process go on: it reads what has come before it looks at its timers.
func (h *host) thaw() {
	if !h.frozen {
		return
	}
	h.frozen = false
	if h.suspended > 0 {
		h.clock.behind += h.clock.local(h.w.now).Sub(h.clock.local(h.suspended))
		h.suspended = 0
	}
	h.excuse(h.now())
	backlog := h.backlog
	h.backlog = nil
	for _, slot := range backlog {
		h.w.arrive(slot)
	}
	if h.router != nil {
		at, ok := h.router.Deadline(h.now())
		h.sleep(at, ok)
	}
}

// forget drops what waits for a process that is no more.
func (h *host) forget() {
	for _, slot := range h.backlog {
		h.w.queue.release(slot)
	}
	h.backlog, h.suspended = nil, 0
}
