// Package status says, as values, what the daemon is doing: in which state each
// virtual router is and why, and which real servers get clients. Status pages,
// metrics and dumps read these types; Write is the plain text.
package status

import (
	"net/netip"
	"time"

	"github.com/kactl/kactl/pkg/health"
	"github.com/kactl/kactl/pkg/lvs"
	"github.com/kactl/kactl/pkg/vrrp"
)

// Status is what the daemon was doing At a time. A nil part does not run.
type Status struct {
	At     time.Time
	VRRP   *VRRP
	LVS    *LVS
	Reload Reload
}

// Reload is the last time that the configuration was read. The zero Reload is
// never.
type Reload struct {
	At   time.Time
	File string
	// Err is why it was not in force when that time was over; it is empty if it was.
	// Of a file that could not be used nothing is in force, and the settings before
	// it stay. InPart says that the file was used, and only some of it is missing.
	Err    string
	InPart bool
	// Findings are what was found wrong with the file, one line each.
	Findings []string
}

// VRRP is the status of the virtual routers, in the order of the configuration.
type VRRP struct {
	Instances []Instance
	Groups    []Group
}

// An Instance is the status of one virtual router.
type Instance struct {
	Name      string
	Interface string
	VRID      uint8
	State     vrrp.State
	// Since is when it entered the state, and Why is the reason.
	Since time.Time
	Why   string
	// Master is the router whose adverts were accepted last, and MasterPriority
	// its priority. Master is the zero Addr while the instance is master itself,
	// and where no master is known.
	Master         netip.Addr
	MasterPriority uint8
	// Priority is the effective one, and Base the configured one. Tracks tell the
	// difference.
	Priority, Base uint8
	Addresses      []Address
	Routing        []Routing
	Tracks         []Track
	// Transitions counts how often the state has changed.
	Transitions int
}

// An Address is a virtual address.
type Address struct {
	Prefix netip.Prefix
	Device string
	// Present says that it is on the device, as far as is known.
	Present bool
	// Err is why it could not be added; it is empty otherwise.
	Err string
}

// Routing is a route or a rule of an instance.
type Routing struct {
	// Name is "route" or "rule", and what ip(8) would take.
	Name string
	// Present says that it is in its table, as far as is known.
	Present bool
	// Err is why it could not be added; it is empty otherwise.
	Err string
}

// A Track is a thing that the priority of an instance, or its FAULT state,
// depends on.
type Track struct {
	Kind vrrp.TrackKind
	Name string
	// Up is its verdict. It does not count before it is Known.
	Known, Up bool
	// Change is what it adds to the priority now.
	Change int
	// Fault says that it keeps the instance in FAULT now.
	Fault bool
}

// A Group is the status of a sync group.
type Group struct {
	Name    string
	State   vrrp.State
	Members []string
}

// LVS is the status of the virtual servers, in the order of the configuration.
type LVS struct {
	Services []Service
	// Trouble keeps checks from being made, or the kernel's table from being
	// written; it is empty otherwise.
	Trouble string
}

// A Service is the status of a virtual server.
type Service struct {
	// Name is that of its kind in the log: "[198.51.100.1]:tcp:80".
	Name string
	// Quorum says that it has its quorum: the weights that are up, in sum Weight,
	// suffice for Need.
	Quorum       bool
	Weight, Need int
	// Sorry is the sorry server, invalid if there is none. It has the clients if
	// SorryUsed.
	Sorry     netip.AddrPort
	SorryUsed bool
	Servers   []Server
}

// A Server is the status of a real server of a service.
type Server struct {
	Addr    netip.AddrPort
	Forward lvs.Forward
	// Up is the verdict of all its checks together, which it has had since Since.
	Up    bool
	Since time.Time
	// Weight is the one in force, and Base the configured one.
	Weight, Base int
	Checks       []Check
}

// A Check is the status of one check of a real server.
type Check struct {
	Kind health.Kind
	Up   bool
	// Probes and Failures count how often it was tried, and how often in vain.
	Probes, Failures uint64
	// LastErr is why it failed the last time that it did, at LastFailed; it is
	// empty if it never failed.
	LastErr    string
	LastFailed time.Time
	// Took is the time that the last probe took.
	Took time.Duration
	// Trouble keeps it from being made at all; it is empty otherwise.
	Trouble string
}
