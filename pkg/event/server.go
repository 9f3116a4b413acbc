package event

import (
	"fmt"
	"time"

	"github.com/kactl/kactl/pkg/health"
	"github.com/kactl/kactl/pkg/lvs"
)

// Activated says that a real server has a check from now on.
type Activated struct {
	Key     lvs.RealKey
	Virtual *lvs.VirtualServer
	Real    *lvs.RealServer
	Check   health.Check
	Cause   Cause
	At      time.Time
}

// Subject is the real server.
func (e Activated) Subject() Subject { return realSubject(e.Key) }

// Time is when it happened.
func (e Activated) Time() time.Time { return e.At }

func (e Activated) String() string {
	return fmt.Sprintf("%v: %v activated by %v", e.Subject(), e.Check.Kind, e.Cause)
}

// Probe is a probe that leaves the verdict of its check as it is: one that failed,
// or the first success.
type Probe struct {
	Key     lvs.RealKey
	Virtual *lvs.VirtualServer
	Real    *lvs.RealServer
	Check   health.Check
	// Err is why it failed; nil is the first success.
	Err error
	// Again is the time until the next one.
	Again time.Duration
	At    time.Time
}

// Subject is the real server.
func (e Probe) Subject() Subject { return realSubject(e.Key) }

// Time is when it happened.
func (e Probe) Time() time.Time { return e.At }

func (e Probe) String() string {
	if e.Err == nil {
		return fmt.Sprintf("%v: %v succeeded", e.Subject(), e.Check.Kind)
	}
	return fmt.Sprintf("%v: %v failed, again after %v: %v", e.Subject(), e.Check.Kind, e.Again, e.Err)
}

// Membership says that the settings begin or cease to have a real server, or that
// the daemon stops. RealServer says what that means for its clients.
type Membership struct {
	Key     lvs.RealKey
	Virtual *lvs.VirtualServer
	Real    *lvs.RealServer
	Removed bool
	// Up is the verdict at that time.
	Up bool
	// WithVirtual says that it goes with its virtual server.
	WithVirtual bool
	Cause       Cause
	At          time.Time
}

// Subject is the real server.
func (e Membership) Subject() Subject { return realSubject(e.Key) }

// Time is when it happened.
func (e Membership) Time() time.Time { return e.At }

func (e Membership) String() string {
	what := "added"
	if e.Removed {
		what = "removed"
	}
	return fmt.Sprintf("%v: %s by %v, %s", e.Subject(), what, e.Cause, upOrDown(e.Up))
}
