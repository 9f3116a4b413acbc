package vrrpd

import (
	"container/heap"

	"github.com/kactl/kactl/pkg/vrrp"
)

// deadlines is a heap of the instances that wait for a time, the earliest
// first.
type deadlines []*instance

func (d deadlines) Len() int           { return len(d) }
func (d deadlines) Less(i, j int) bool { return d[i].deadline < d[j].deadline }
func (d deadlines) Swap(i, j int) {
	d[i], d[j] = d[j], d[i]
	d[i].heapIndex, d[j].heapIndex = i, j
}

// Push and Pop are for package heap alone.
func (d *deadlines) Push(x any) {
	i := x.(*instance)
	i.heapIndex = len(*d)
	*d = append(*d, i)
}

func (d *deadlines) Pop() any {
	last := len(*d) - 1
	i := (*d)[last]
	i.heapIndex = notInHeap
	(*d)[last] = nil
	*d = (*d)[:last]
	return i
}

const notInHeap = -1

// update puts the instance where its machine's deadline belongs. One that has
// moved on stays where it is until its old place is at the front, see first: with
// every advert that a backup hears its deadline moves on, and hardly ever comes.
func (d *deadlines) update(i *instance) {
	at, ok := i.machine.Deadline()
	switch {
	case !ok && i.heapIndex != notInHeap:
		heap.Remove(d, i.heapIndex)
	case !ok:
	case i.heapIndex == notInHeap:
		i.deadline = at
		heap.Push(d, i)
	case at < i.deadline:
		i.deadline = at
		heap.Fix(d, i.heapIndex)
	}
}

// first returns the instance with the earliest deadline, nil if none waits. The
// places of all that are before until are put right: the deadline of what is
// returned is its machine's if it is earlier than that.
func (d *deadlines) first(until vrrp.Time) *instance {
	for len(*d) > 0 {
		i := (*d)[0]
		at, _ := i.machine.Deadline()
		if i.deadline > until || at <= i.deadline {
			return i
		}
		i.deadline = at
		heap.Fix(d, 0)
	}
	return nil
}

// remove forgets the instance.
func (d *deadlines) remove(i *instance) {
	if i.heapIndex != notInHeap {
		heap.Remove(d, i.heapIndex)
	}
}
