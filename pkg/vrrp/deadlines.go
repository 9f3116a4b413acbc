package vrrp

import (
	"container/heap"
	"time"
)

// deadlines is a heap of the members that wait for a time, the earliest first.
type deadlines []*member

func (d deadlines) Len() int           { return len(d) }
func (d deadlines) Less(i, j int) bool { return d[i].deadline < d[j].deadline }
func (d deadlines) Swap(i, j int) {
	d[i], d[j] = d[j], d[i]
	d[i].heapIndex, d[j].heapIndex = i, j
}

// Push and Pop are for package heap alone.
func (d *deadlines) Push(x any) {
	m := x.(*member)
	m.heapIndex = len(*d)
	*d = append(*d, m)
}

func (d *deadlines) Pop() any {
	last := len(*d) - 1
	m := (*d)[last]
	m.heapIndex = notInHeap
	(*d)[last] = nil
	*d = (*d)[:last]
	return m
}

const notInHeap = -1

// horizon is how far ahead deadlines that have moved on are put right.
const horizon = 50 * time.Millisecond

// update puts the member where its machine's deadline belongs. One that has
// moved on stays where it is until its old place is at the front, see first: with
// every advert that a backup hears its deadline moves on, and hardly ever comes.
func (d *deadlines) update(m *member) {
	at, ok := m.machine.Deadline()
	switch {
	case !ok && m.heapIndex != notInHeap:
		heap.Remove(d, m.heapIndex)
	case !ok:
	case m.heapIndex == notInHeap:
		m.deadline = at
		heap.Push(d, m)
	case at < m.deadline:
		m.deadline = at
		heap.Fix(d, m.heapIndex)
	}
}

// first returns the member with the earliest deadline, nil if none waits. The
// places of all that are before now and the horizon are put right: the deadline of
// what is returned is its machine's if it is earlier than that.
func (d *deadlines) first(now Time) *member {
	until := now.Add(horizon)
	for len(*d) > 0 {
		m := (*d)[0]
		at, _ := m.machine.Deadline()
		if m.deadline > until || at <= m.deadline {
			return m
		}
		m.deadline = at
		heap.Fix(d, 0)
	}
	return nil
}

// backup returns the earliest deadline of a backup that ends by a time.
func (d deadlines) backup(until Time) (at Time, ok bool) { return d.backupBelow(0, until) }

// backupBelow does so for a place of the heap and those below it, none of which is
// earlier.
func (d deadlines) backupBelow(n int, until Time) (at Time, ok bool) {
	if n >= len(d) || d[n].deadline > until {
		return 0, false
	}
	if m := d[n].machine; m.State() == Backup {
		at, ok = m.Deadline()
		ok = ok && at <= until
	}
	for _, child := range [2]int{2*n + 1, 2*n + 2} {
		if other, has := d.backupBelow(child, until); has && (!ok || other < at) {
			at, ok = other, true
		}
	}
	return at, ok
}
