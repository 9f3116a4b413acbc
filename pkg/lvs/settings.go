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
	// Groups are what services of a group refer to.
	Groups []Group
	// InitNotifies runs NotifyUp of each real server when it is first added
	// (rs_init_notifies).
	InitNotifies bool
	// Timeouts are those of idle connections (lvs_timeouts).
	Timeouts Timeouts
}

// Timeouts are how long the kernel keeps connections without traffic, in whole
// seconds. In settings 0 leaves what the kernel has.
type Timeouts struct {
	TCP, TCPFin, UDP time.Duration
}

// A VirtualServer is one configured service (virtual_server).
type VirtualServer struct {
	// ID has the protocol alone where there is a Group. The family of one by
	// mark is 0 where that is left to the real servers.
	ID ServiceID
	// Group is the name of the group that the service balances, or empty.
	Group string

	// Scheduler is the kernel's name of it, "rr".
	Scheduler string
	// Flags and OnePacket are as in a [Service]. Hashed is the flag of that name,
	// which the kernel sets by itself.
	Flags     uint8
	OnePacket bool
	Hashed    bool
	// Persistence is how long a client stays with its real server; 0 is off.
	Persistence time.Duration
	// Netmask groups clients for persistence, that of IPv6 by the leading ones of
	// an address; the zero Addr is one by one.
	Netmask netip.Addr
	// Engine is the kernel's name of the persistence engine, "sip", or empty.
	Engine string

	// Quorum is the weight that the real servers that are up must have, and
	// Hysteresis how far it must be exceeded or missed before that changes.
	Quorum, Hysteresis int
	// QuorumUp and QuorumDown are run when the quorum is gained or lost.
	QuorumUp, QuorumDown *command.Command
	// Sorry takes over while the quorum is lost. Nil is none. SorryInhibit keeps
	// it in the table with weight 0 otherwise.
	Sorry        *RealServer
	SorryInhibit bool
	Reals        []RealServer

	// Alpha takes all real servers for down at the start, and Omega runs their
	// notify scripts at the stop.
	Alpha, Omega bool
	// HASuspend stops the checks while the address is not on this machine.
	HASuspend bool
	// SMTPAlert sends mails about the quorum; nil leaves that to global_defs.
	SMTPAlert *bool
	// SNMPName is shown by SNMP.
	SNMPName string
}

// Key returns what v is found by.
func (v VirtualServer) Key() VirtualKey { return VirtualKey{v.ID, v.Group} }

// A RealServer is one configured server behind a service (real_server).
type RealServer struct {
	Addr    netip.AddrPort
	Forward Forward
	// Tunnel is how packets are wrapped where Forward is TUN.
	Tunnel Tunnel
	// Weight is 0 to 65535; 0 takes no new connections.
	Weight int
	// UpperThreshold and LowerThreshold are as in a [Destination].
	UpperThreshold, LowerThreshold int
	// Inhibit keeps a failed server in the table with weight 0.
	Inhibit bool
	// Alpha takes the server for down until its checks succeeded.
	Alpha bool
	// NotifyUp and NotifyDown are run when the verdict of the checks changes.
	NotifyUp, NotifyDown *command.Command
	// Checks must all pass for the server to be up. Without one it always is.
	Checks []health.Check
	// SMTPAlert sends mails about the server; nil leaves that to global_defs.
	SMTPAlert *bool
	// SNMPName is shown by SNMP.
	SNMPName string
}
