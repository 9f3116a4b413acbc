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
	// Others are services by firewall mark, of a group, or over SCTP. Nothing
	// balances them yet.
	Others []VirtualServer
	// Groups are what the Others of a group refer to.
	Groups []Group
	// InitNotifies runs NotifyUp of each real server when it is first added
	// (rs_init_notifies).
	InitNotifies bool
}

// A VirtualServer is one configured service (virtual_server).
type VirtualServer struct {
	Key ServiceKey
	// Mark is the firewall mark of a service by mark, and Group the name of the
	// group of one by group; one of them takes the place of Key.Addr.
	Mark  uint32
	Group string
	// Scheduler is the kernel's name of it, "rr".
	Scheduler string
	// Persistence is how long a client stays with its real server; 0 is off.
	Persistence time.Duration
	// Netmask groups clients for persistence, that of IPv6 by the leading ones of
	// an address; the zero Addr is one by one.
	Netmask netip.Addr
	// Sorry takes over while no real server is up. Nil is none.
	Sorry *RealServer
	Reals []RealServer
	// Options are what is not acted on yet.
	Options ServiceOptions
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
	// Unprobed are checks of kinds that nothing runs yet. See KeptOut.
	Unprobed []health.Check
	// Options are what is not acted on yet.
	Options RealOptions
}

// KeptOut reports whether r does not enter the table: it is to be checked, and
// nothing runs any of its checks yet, so that it would get clients, dead or not.
func (r RealServer) KeptOut() bool { return len(r.Checks) == 0 && len(r.Unprobed) > 0 }
