package vrrpd

import "sync"

// A taskQueue takes what other goroutines want done on the loop's thread.
type taskQueue struct {
	wake func()

	mu     sync.Mutex
	tasks  []func() // guarded by mu
	closed bool     // guarded by mu
}

// post queues f and wakes the loop. It never blocks. After close it does
// nothing.
func (q *taskQueue) post(f func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return
	}
	q.tasks = append(q.tasks, f)
	q.wake()
}

// take empties the taskQueue.
func (q *taskQueue) take() []func() {
	q.mu.Lock()
	defer q.mu.Unlock()
	tasks := q.tasks
	q.tasks = nil
	return tasks
}

// close ends the deliveries: wake is not called any more.
func (q *taskQueue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
}
