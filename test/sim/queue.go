package sim

import "github.com/kactl/kactl/pkg/vrrp"

// A queue has what is on its way, the earliest first, and what comes at one moment in
// the order in which it was sent. What happens lies in slots, which are used again.
type queue struct {
	heap  []entry
	slots []happening
	free  []int32
	count uint64
}

type entry struct {
	at     vrrp.Time
	number uint64
	slot   int32
}

// A happening is what happens to a host in one of its lives: an event, a packet that
// arrives, or something else.
type happening struct {
	to, life int
	event    vrrp.RouterEvent
	packet   packet // if it has a message
	do       func() // if it is not nil
	outside  bool   // it happens while the host is frozen too
}

func (e entry) before(o entry) bool { return e.at < o.at || e.at == o.at && e.number < o.number }

func (q *queue) reset() {
	for _, e := range q.heap {
		q.release(e.slot)
	}
	q.heap, q.count = q.heap[:0], 0
}

// release ends a slot.
func (q *queue) release(slot int32) {
	q.slots[slot] = happening{}
	q.free = append(q.free, slot)
}

// add returns the slot of a happening, to be filled.
func (q *queue) add(at vrrp.Time) *happening {
	var slot int32
	if n := len(q.free); n > 0 {
		slot, q.free = q.free[n-1], q.free[:n-1]
	} else {
		slot = int32(len(q.slots))
		q.slots = append(q.slots, happening{})
	}
	q.count++
	q.heap = append(q.heap, entry{at, q.count, slot})
	for i := len(q.heap) - 1; i > 0; {
		up := (i - 1) / 2
		if !q.heap[i].before(q.heap[up]) {
			break
		}
		q.heap[i], q.heap[up] = q.heap[up], q.heap[i]
		i = up
	}
	return &q.slots[slot]
}

// next returns when the first happening is due; ok is false if there is none.
func (q *queue) next() (at vrrp.Time, ok bool) {
	if len(q.heap) == 0 {
		return 0, false
	}
	return q.heap[0].at, true
}

// take removes the first one. Who takes it releases the slot.
func (q *queue) take() (slot int32) {
	slot = q.heap[0].slot
	last := len(q.heap) - 1
	q.heap[0] = q.heap[last]
	q.heap = q.heap[:last]
	for i := 0; ; {
		least := i
		for _, down := range [2]int{2*i + 1, 2*i + 2} {
			if down < last && q.heap[down].before(q.heap[least]) {
				least = down
			}
		}
		if least == i {
			return slot
		}
		q.heap[i], q.heap[least] = q.heap[least], q.heap[i]
		i = least
	}
}
