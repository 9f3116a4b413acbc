package lab

import "golang.org/x/sys/unix"

// Pause stops all of the director's processes (SIGSTOP): none does anything until
// Resume.
func (d *Director) Pause() { d.signalAll(unix.SIGSTOP) }

// Resume lets them go on.
func (d *Director) Resume() { d.signalAll(unix.SIGCONT) }

func (d *Director) signalAll(s unix.Signal) {
	if !d.Running() {
		return
	}
	pid := d.PID()
	for _, p := range append([]int{pid}, descendants(pid)...) {
		_ = unix.Kill(p, s) // one may have ended meanwhile
	}
}
