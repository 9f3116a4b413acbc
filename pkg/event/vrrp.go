package event

import (
	"fmt"
	"time"

	"github.com/kactl/kactl/pkg/vrrp"
)

// Instance is a transition, a note or the end of a virtual router, or a change of
// what it wants done.
type Instance struct {
	// Settings are those that were in force.
	Settings *vrrp.Instance
	// Effect is a Transition, Stopped, or a Note, with its reason and what goes
	// with that. SetAddresses comes with a transition, and so does SendAdvert of
	// priority 0, which went out.
	Effect vrrp.Effect
	// Detail is what the driver knows about the reason beyond the effect: the
	// system's error. It may be empty.
	Detail string
	// Suppressed is how many events like it were left out since the one before.
	Suppressed int
	// Often says that the state has changed too often of late for the log to have
	// each transition, and what goes with it. Flapping has their number.
	Often bool
	At    time.Time
}

// Subject is the instance.
func (e Instance) Subject() Subject { return Subject{Instances, e.Settings.Name} }

// Time is when it happened.
func (e Instance) Time() time.Time { return e.At }

func (e Instance) String() string {
	text := fmt.Sprintf("%v: %v", e.Subject(), e.Effect)
	if e.Detail != "" {
		text += " (" + e.Detail + ")"
	}
	return text + more(e.Suppressed)
}

// State reports the state that the instance has entered. It reports false where the
// event is no transition.
func (e Instance) State() (vrrp.State, bool) {
	return e.Effect.To, e.Effect.Kind == vrrp.Transition
}

// Group is a transition of a sync group: all of its members have made it.
type Group struct {
	Settings *vrrp.SyncGroup
	From, To vrrp.State
	// Member is the instance whose transition caused it; it may be empty.
	Member string
	// Often is that of the member.
	Often bool
	At    time.Time
}

// Subject is the group.
func (e Group) Subject() Subject { return Subject{Groups, e.Settings.Name} }

// Time is when it happened.
func (e Group) Time() time.Time { return e.At }

func (e Group) String() string {
	text := fmt.Sprintf("%v: %v -> %v", e.Subject(), e.From, e.To)
	if e.Member != "" {
		text += ": " + e.Member
	}
	return text
}

// Settled says that what a transition asked for has been done: the addresses of a
// master are on their interfaces, those of any other are gone. A program that is
// started now finds them so.
type Settled struct {
	Settings *vrrp.Instance
	// State is the one that was entered; where Ended, that in which it ended.
	State vrrp.State
	Ended bool
	// Deleted says that a reload has ended it.
	Deleted  bool
	Priority uint8 // effective
	At       time.Time
}

// Subject is the instance.
func (e Settled) Subject() Subject { return Subject{Instances, e.Settings.Name} }

// Time is when it happened.
func (e Settled) Time() time.Time { return e.At }

func (e Settled) String() string {
	what := e.State.String()
	if e.Ended {
		what = "the end"
	}
	return fmt.Sprintf("%v: settled in %s at priority %d", e.Subject(), what, e.Priority)
}

// GroupSettled is Settled of a sync group: all of its members are.
type GroupSettled struct {
	Settings *vrrp.SyncGroup
	// State is the one that all have entered. Ended says that it was the last one.
	State vrrp.State
	Ended bool
	At    time.Time
}

// Subject is the group.
func (e GroupSettled) Subject() Subject { return Subject{Groups, e.Settings.Name} }

// Time is when it happened.
func (e GroupSettled) Time() time.Time { return e.At }

func (e GroupSettled) String() string {
	what := e.State.String()
	if e.Ended {
		what = "the end"
	}
	return fmt.Sprintf("%v: settled in %s", e.Subject(), what)
}

// LowerAdvert says that a master heard an advert of lower priority. It is emitted
// for instances alone that have a program for it (notify_master_rx_lower_pri), or
// where a FIFO is to have it.
type LowerAdvert struct {
	Settings *vrrp.Instance
	Priority uint8 // ours, effective
	At       time.Time
}

// Subject is the instance.
func (e LowerAdvert) Subject() Subject { return Subject{Instances, e.Settings.Name} }

// Time is when it happened.
func (e LowerAdvert) Time() time.Time { return e.At }

func (e LowerAdvert) String() string {
	return fmt.Sprintf("%v: advert of lower priority", e.Subject())
}
