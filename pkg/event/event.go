// Package event says, as values, what happened: to virtual routers, to sync groups,
// to real and virtual servers, and to the configuration. Whoever runs these things
// emits events; log, scripts and mail are made from them elsewhere.
//
// An advert that changes nothing is no event. What a peer can cause with every
// packet is limited before it becomes one.
package event

import (
	"time"

	"github.com/kactl/kactl/pkg/vrrp"
)

// An Event is something that happened to one object. It is a value that nobody
// changes once it has been emitted: what it points to stays as it is as well.
type Event interface {
	// Subject is the object that it happened to. Events of one subject keep
	// their order.
	Subject() Subject
	// Time is when it happened.
	Time() time.Time
	// String describes it in one line, for tests and debugging.
	String() string
}

// A Kind is what sort of object an event is about.
type Kind uint8

// The kinds of subjects. There is one Configuration, which has no name.
const (
	Instances Kind = iota + 1
	Groups
	RealServers
	VirtualServers
	Interfaces
	Configuration
)

// String returns the kind in keepalived's words, as notify scripts and FIFOs have
// it where they have it at all.
func (k Kind) String() string {
	switch k {
	case Instances:
		return "INSTANCE"
	case Groups:
		return "GROUP"
	case RealServers:
		return "RS"
	case VirtualServers:
		return "VS"
	case Interfaces:
		return "INTERFACE"
	case Configuration:
		return "CONFIGURATION"
	}
	return "unknown kind"
}

// A Subject is an object that things happen to.
type Subject struct {
	Kind Kind
	Name string
}

// String returns kind and name: "INSTANCE VI_1".
func (s Subject) String() string {
	if s.Name == "" {
		return s.Kind.String()
	}
	return s.Kind.String() + " " + s.Name
}

// Last reports whether e is the end of its subject. No later event replaces it: it
// must not be dropped.
func Last(e Event) bool {
	switch e := e.(type) {
	case Settled:
		return e.Ended
	case Instance:
		return e.Effect.Kind == vrrp.Stopped
	case RealServer:
		return e.Removed
	case VirtualServer:
		return e.Removed
	}
	return false
}

// Minor reports whether e changes no state: the log alone has use for it. There may
// be as many of them at a time as there are servers or addresses.
func Minor(e Event) bool {
	switch e := e.(type) {
	case Instance:
		return e.Effect.Kind == vrrp.SendAdvert || e.Effect.Kind == vrrp.SetAddresses
	case Address:
		return e.What == Announcing
	case Activated, Probe, Membership:
		return true
	}
	return false
}
