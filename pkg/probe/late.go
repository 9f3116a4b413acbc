package probe

import (
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/kactl/kactl/pkg/health"
)

// late says that now is so long after deadline, which ended a wait of timeout,
// that this process cannot have run in between: the machine is too busy, or it
// was stopped.
func late(deadline, now time.Time, timeout time.Duration) bool {
	return now.Sub(deadline) > max(timeout/10, 100*time.Millisecond)
}

// blameLate returns err, as a [health.Trouble] where it says that a wait of
// timeout ended at deadline and this process took note of that late. What came
// from the server in time may wait to be read then.
func blameLate(err error, deadline time.Time, timeout time.Duration) error {
	var out net.Error
	now := time.Now()
	if !errors.As(err, &out) || !out.Timeout() || !late(deadline, now, timeout) {
		return err
	}
	return &health.Trouble{
		Text: "this process did not get the processor in time: the machine is too busy, or was stopped",
		Err:  fmt.Errorf("%w, which was seen %v late", err, now.Sub(deadline).Round(time.Millisecond)),
	}
}
