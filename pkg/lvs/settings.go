package lvs

import (
	"net/netip"
	"time"

	"github.com/kactl/kactl/pkg/command"
	"github.com/kactl/kactl/pkg/health"
)

// Settings is the LVS part of a configuration, decoded, with every default
// filled in.
type Settings struct {
	Services []VirtualServer
	// InitNotifies runs NotifyUp of each real server when it is first added
	// (rs_init_notifies).
	InitNotifies bool
}

// A VirtualServer is one configured service (virtual_server).
type VirtualServer struct {
	Key ServiceKey
	// Scheduler is the kernel's name of it, "rr".
	Scheduler string
	// Persistence is how long a client stays with its real server; 0 is off.
	Persistence time.Duration
	// Netmask groups clients for persistence; the zero Addr is one by one.
	Netmask netip.Addr
	// Sorry takes over while no real server is up. Nil is none.
	Sorry *RealServer
	Reals []RealServer
}

// A RealServer is one configured server behind a service (real_server).
type RealServer struct {
	Addr    netip.AddrPort
	Forward Forward
	// Weight is 0 to 65535; 0 takes no new connections.
	Weight int
	// Inhibit keeps a failed server in the table with weight 0.
	Inhibit bool
	// NotifyUp and NotifyDown are run when the verdict of the checks changes.
	NotifyUp, NotifyDown *command.Command
	// Checks must all pass for the server to be up. Without one it always is.
	Checks []health.Check
}
