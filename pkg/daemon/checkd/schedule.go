package checkd

import (
	"container/heap"
	"time"

	"github.com/kactl/kactl/pkg/lvs"
)

// A checker is a check with its place in the schedule.
type checker struct {
	counts
	*lvs.Check
	due       time.Time
	heapIndex int // in the schedule's heap, or -1
	// trouble kept its last probe from being made; nil is none.
	trouble *trouble
}

// A schedule holds the checks that wait for their next probe, the earliest
// first, and counts those that are being probed. It has no clock.
type schedule struct {
	waiting queue
	running int
	limit   int // of running
}

// put makes c wait until at.
func (s *schedule) put(c *checker, at time.Time) {
	c.due = at
	if c.heapIndex >= 0 {
		heap.Fix(&s.waiting, c.heapIndex)
		return
	}
	heap.Push(&s.waiting, c)
}

// drop forgets c. The result of a probe of it that runs still has to be taken.
func (s *schedule) drop(c *checker) {
	if c.heapIndex >= 0 {
		heap.Remove(&s.waiting, c.heapIndex)
	}
}

// start returns a check that is due, which then counts as running until finish;
// nil if none is due or as many run as may.
func (s *schedule) start(now time.Time) *checker {
	if s.running >= s.limit || len(s.waiting) == 0 || s.waiting[0].due.After(now) {
		return nil
	}
	s.running++
	return heap.Pop(&s.waiting).(*checker)
}

// finish takes note that a probe has ended.
func (s *schedule) finish() { s.running-- }

// next returns when start has something to return; false means not before a
// probe ends or a check is put.
func (s *schedule) next() (time.Time, bool) {
	if s.running >= s.limit || len(s.waiting) == 0 {
		return time.Time{}, false
	}
	return s.waiting[0].due, true
}

// queue is a heap.Interface.
type queue []*checker

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i].due.Before(q[j].due) }
func (q queue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].heapIndex, q[j].heapIndex = i, j
}

func (q *queue) Push(x any) {
	c := x.(*checker)
	c.heapIndex = len(*q)
	*q = append(*q, c)
}

func (q *queue) Pop() any {
	old := *q
	c := old[len(old)-1]
	old[len(old)-1] = nil
	*q = old[:len(old)-1]
	c.heapIndex = -1
	return c
}
