package health

// A Trouble is the error of a probe that could not be made for a reason on this
// machine: it has no descriptor left, lacks the source address, may not set the
// firewall mark. It says nothing about the server, whose verdict stays.
type Trouble struct {
	// Text says what is wrong and what to do about it. It names no server, so
	// that all probes that one cause keeps from being made have the same text.
	Text string
	// Err is the error of the system.
	Err error
}

// Error returns the text.
func (t *Trouble) Error() string { return t.Text }

// Unwrap returns the error of the system.
func (t *Trouble) Unwrap() error { return t.Err }
