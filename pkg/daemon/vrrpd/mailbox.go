package vrrpd

import "sync"

// A mailbox takes what other goroutines want done on the loop's thread.
type mailbox struct {
	wake func()

	mu     sync.Mutex
	mails  []func() // guarded by mu
	closed bool     // guarded by mu
}

// post queues f and wakes the loop. It never blocks. After close it does
// nothing.
func (m *mailbox) post(f func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return
	}
	m.mails = append(m.mails, f)
	m.wake()
}

// take empties the mailbox.
func (m *mailbox) take() []func() {
	m.mu.Lock()
	defer m.mu.Unlock()
	mails := m.mails
	m.mails = nil
	return mails
}

// close ends the deliveries: wake is not called any more.
func (m *mailbox) close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
}
