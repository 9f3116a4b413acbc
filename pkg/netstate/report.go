package netstate

import (
	"net/netip"
	"time"
)

// A ReportKind is what a Report is about.
type ReportKind uint8

// What is reported.
const (
	// Failed: items of the owner could not be added or removed, because of Err.
	// It is tried again after Again.
	Failed ReportKind = iota + 1
	// Changed: the owner's Trouble began, goes on or is over.
	Changed
	// Restored: Item had been removed by somebody else, or by the kernel with what
	// it depends on if Kernel is set, and is there again.
	Restored
	// Announcing: Addr, which the owner has just been given, is announced.
	Announcing
	// Unannounced: Addr could not be announced, because of Err.
	Unannounced
)

// A Report is what happened on an interface to what an owner wants there.
type Report struct {
	Kind          ReportKind
	Owner, Device string
	Item          Item
	Kernel        bool
	Addr          netip.Addr
	Err           error
	Again         time.Duration
}
