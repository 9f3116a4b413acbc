package vrrp

import "fmt"

// State is the state of an instance (RFC 9568 section 6.4, and keepalived's
// FAULT).
type State uint8

// The states. Init is before the start and after the stop.
const (
	Init State = iota
	Backup
	Master
	Fault
)

// String returns the state as keepalived's log and scripts have it.
func (s State) String() string {
	switch s {
	case Init:
		return "INIT"
	case Backup:
		return "BACKUP"
	case Master:
		return "MASTER"
	case Fault:
		return "FAULT"
	}
	return fmt.Sprintf("STATE(%d)", uint8(s))
}
