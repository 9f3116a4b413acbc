package event

import (
	"fmt"
	"time"

	"github.com/kactl/kactl/pkg/health"
	"github.com/kactl/kactl/pkg/lvs"
)

// A Cause is why a server or a service changed.
type Cause = lvs.Cause

// The causes, as the Balancer has them.
const (
	Checked  = lvs.Checked
	Started  = lvs.Started
	Reloaded = lvs.Reloaded
	Stopped  = lvs.Stopped
)

// Check is a change of the verdict of one check of a real server.
type Check struct {
	Key lvs.RealKey
	// Virtual and Real are the settings of the service and of the server.
	Virtual *lvs.VirtualServer
	Real    *lvs.RealServer
	Check   health.Check
	Up      bool
	// ServerUp is the verdict about the server that follows: all its checks must
	// be up.
	ServerUp bool
	// Retries is how many times the check was repeated before it counted as failed.
	Retries int
	// Err is why it failed.
	Err error
	At  time.Time
}

// Subject is the real server.
func (e Check) Subject() Subject { return realSubject(e.Key) }

// Time is when it happened.
func (e Check) Time() time.Time { return e.At }

func (e Check) String() string {
	text := fmt.Sprintf("%v: %v %s", e.Subject(), e.Check.Kind, upOrDown(e.Up))
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// RealServer is a change of the verdict about a real server: it was put into the
// table, or taken out.
type RealServer struct {
	Key     lvs.RealKey
	Virtual *lvs.VirtualServer
	Real    *lvs.RealServer
	Up      bool
	Cause   Cause
	// Check is the kind of the check that changed, if that is the cause.
	Check health.Kind
	// Added says that the settings have the server only now, and Removed that they
	// no longer have it.
	Added, Removed bool
	// Err is why its check failed, if that is the cause.
	Err error
	At  time.Time
}

// Subject is the real server.
func (e RealServer) Subject() Subject { return realSubject(e.Key) }

// Time is when it happened.
func (e RealServer) Time() time.Time { return e.At }

func (e RealServer) String() string {
	text := fmt.Sprintf("%v: %s by %v", e.Subject(), upOrDown(e.Up), e.Cause)
	if e.Removed {
		text += ", removed"
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Weight is a change of the weight of a real server.
type Weight struct {
	Key      lvs.RealKey
	Virtual  *lvs.VirtualServer
	Real     *lvs.RealServer
	From, To int
	Up       bool
	Cause    Cause
	At       time.Time
}

// Subject is the real server.
func (e Weight) Subject() Subject { return realSubject(e.Key) }

// Time is when it happened.
func (e Weight) Time() time.Time { return e.At }

func (e Weight) String() string {
	return fmt.Sprintf("%v: weight %d -> %d by %v", e.Subject(), e.From, e.To, e.Cause)
}

// Quorum is the gain or the loss of the quorum of a virtual server.
type Quorum struct {
	Key     lvs.VirtualKey
	Virtual *lvs.VirtualServer
	Up      bool
	// Weight is the sum of the weights that are up. Need is what it must reach, and
	// Hysteresis how far it must go beyond.
	Weight, Need, Hysteresis int
	// Added says that the service is new, and that this is what it starts with.
	Added bool
	Cause Cause
	At    time.Time
}

// Subject is the virtual server.
func (e Quorum) Subject() Subject { return Subject{VirtualServers, e.Key.String()} }

// Time is when it happened.
func (e Quorum) Time() time.Time { return e.At }

func (e Quorum) String() string {
	return fmt.Sprintf("%v: quorum %s by %v: weight %d, need %d, hysteresis %d",
		e.Subject(), upOrDown(e.Up), e.Cause, e.Weight, e.Need, e.Hysteresis)
}

// SorryServer is the change between the real servers of a service and its sorry
// server.
type SorryServer struct {
	Key     lvs.VirtualKey
	Virtual *lvs.VirtualServer
	Sorry   lvs.RealKey
	// Used says that the sorry server takes the clients now.
	Used bool
	// Quorum says that it does no longer since there is a quorum again.
	Quorum bool
	Cause  Cause
	At     time.Time
}

// Subject is the virtual server.
func (e SorryServer) Subject() Subject { return Subject{VirtualServers, e.Key.String()} }

// Time is when it happened.
func (e SorryServer) Time() time.Time { return e.At }

func (e SorryServer) String() string {
	what := "not used"
	if e.Used {
		what = "used"
	}
	return fmt.Sprintf("%v: sorry server %v %s by %v", e.Subject(), e.Sorry, what, e.Cause)
}

// VirtualServer says that the settings begin or cease to have a service.
type VirtualServer struct {
	Key     lvs.VirtualKey
	Virtual *lvs.VirtualServer
	Removed bool
	Cause   Cause
	At      time.Time
}

// Subject is the virtual server.
func (e VirtualServer) Subject() Subject { return Subject{VirtualServers, e.Key.String()} }

// Time is when it happened.
func (e VirtualServer) Time() time.Time { return e.At }

func (e VirtualServer) String() string {
	what := "added"
	if e.Removed {
		what = "removed"
	}
	return fmt.Sprintf("%v: %s by %v", e.Subject(), what, e.Cause)
}

// realSubject names a real server with its service: several services may have one
// address and port behind them.
func realSubject(k lvs.RealKey) Subject {
	return Subject{RealServers, k.String() + " of VS " + k.Service.String()}
}

func upOrDown(up bool) string {
	if up {
		return "up"
	}
	return "down"
}
