package health

import "time"

// A Result is the result of one probe.
type Result struct {
	// Err is nil if the probe succeeded, and else why it failed. A [Trouble] says
	// that it could not be made.
	Err error
	// Weight is the weight that the check sets for its real server; nil leaves it
	// as it is configured.
	Weight *int
	// Took is how long the probe ran.
	Took time.Duration
}
