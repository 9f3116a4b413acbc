package event

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/kactl/kactl/pkg/vrrp"
)

// Flapping says how many transitions of an instance the log does not have.
type Flapping struct {
	Settings *vrrp.Instance
	Count    int
	State    vrrp.State // by now
	At       time.Time
}

// Subject is the instance.
func (e Flapping) Subject() Subject { return Subject{Instances, e.Settings.Name} }

// Time is when it happened.
func (e Flapping) Time() time.Time { return e.At }

func (e Flapping) String() string {
	return fmt.Sprintf("%v: %d more transitions, in %v", e.Subject(), e.Count, e.State)
}

// Unsent says that an advert did not go out, or not to everybody.
type Unsent struct {
	Settings *vrrp.Instance
	Err      error
	// Suppressed is how many events like it were left out since the one before.
	Suppressed int
	At         time.Time
}

// Subject is the instance.
func (e Unsent) Subject() Subject { return Subject{Instances, e.Settings.Name} }

// Time is when it happened.
func (e Unsent) Time() time.Time { return e.At }

func (e Unsent) String() string {
	return fmt.Sprintf("%v: advert not sent: %v%s", e.Subject(), e.Err, more(e.Suppressed))
}

// Refused says, at the end of an instance, how many messages it has refused for one
// reason.
type Refused struct {
	Settings *vrrp.Instance
	Reason   vrrp.RejectReason
	Count    uint64
	At       time.Time
}

// Subject is the instance.
func (e Refused) Subject() Subject { return Subject{Instances, e.Settings.Name} }

// Time is when it happened.
func (e Refused) Time() time.Time { return e.At }

func (e Refused) String() string {
	return fmt.Sprintf("%v: refused %d messages: %v", e.Subject(), e.Count, e.Reason)
}

// AddressChange is what happened to an address.
type AddressChange uint8

// What happens to the addresses of an instance.
const (
	// AddressFailed: addresses could not be added or removed, for the reason Err.
	// It is tried again after Again.
	AddressFailed AddressChange = iota + 1
	// AddressRestored: somebody else had removed Item, or the kernel with what it
	// depends on if Kernel is set, and it is there again.
	AddressRestored
	// Unannounced: Addr could not be announced, for the reason Err.
	Unannounced
	// Announcing: Addr, which is new on the device, is announced.
	Announcing
)

// Address is what happened to the addresses of an instance on an interface, or to its
// routes and rules, beside its transitions.
type Address struct {
	Instance string
	What     AddressChange
	Item     string // as ip(8) names it
	Kernel   bool
	Addr     netip.Addr
	Device   string // empty for routes and rules
	Err      error
	Again    time.Duration
	// Suppressed is how many events like it were left out since the one before.
	Suppressed int
	At         time.Time
}

// Subject is the instance.
func (e Address) Subject() Subject { return Subject{Instances, e.Instance} }

// Time is when it happened.
func (e Address) Time() time.Time { return e.At }

func (e Address) String() string {
	text := ""
	switch e.What {
	case AddressFailed:
		text = fmt.Sprintf("%v, again after %v", e.Err, e.Again)
	case AddressRestored:
		text = e.Item + " restored"
		if e.Device != "" {
			text += " on " + e.Device
		}
	case Unannounced:
		text = fmt.Sprintf("%v not announced on %s: %v", e.Addr, e.Device, e.Err)
	case Announcing:
		text = fmt.Sprintf("announcing %v on %s", e.Addr, e.Device)
	}
	return fmt.Sprintf("%v: %s%s", e.Subject(), text, more(e.Suppressed))
}

// Interface is a change of an interface that instances use.
type Interface struct {
	// Effect is a Note about it.
	Effect vrrp.Effect
	At     time.Time
}

// Subject is the interface.
func (e Interface) Subject() Subject { return Subject{Interfaces, e.Effect.Interface} }

// Time is when it happened.
func (e Interface) Time() time.Time { return e.At }

func (e Interface) String() string { return fmt.Sprintf("%v: %v", e.Subject(), e.Effect) }

// more words how many events were left out.
func more(suppressed int) string {
	if suppressed == 0 {
		return ""
	}
	return fmt.Sprintf(", %d more", suppressed)
}
