package vrrpd

import "sync/atomic"

// barrier returns a function that calls f the n-th time that it is called. With
// n 0 it calls f at once.
func barrier(n int, f func()) func() {
	if n == 0 {
		f()
		return nil
	}
	var left atomic.Int64
	left.Store(int64(n))
	return func() {
		if left.Add(-1) == 0 {
			f()
		}
	}
}
