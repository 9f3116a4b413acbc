package lvs

import (
	"net/netip"

	"github.com/kactl/kactl/pkg/command"
)

// ServiceOptions are what a virtual_server says that is not acted on yet.
type ServiceOptions struct {
	// Family is the address family of a service by mark, 4 or 6; 0 leaves it to
	// the real servers.
	Family int
	// Flags are flag-1 to flag-3 of the scheduler, bit 0 being the first; those
	// of sh and mh by name are the first two of them.
	Flags uint8
	// Hashed is the flag of that name.
	Hashed bool
	// OnePacket schedules each datagram by itself (ops).
	OnePacket bool
	// PersistenceEngine is the kernel's name of it, "sip", or empty.
	PersistenceEngine string
	// Alpha takes all real servers for down at the start, and Omega runs their
	// notify scripts at the stop.
	Alpha, Omega bool
	// HASuspend stops the checks while the address is not on this machine.
	HASuspend bool
	// Quorum is the weight that the real servers that are up must have, and
	// Hysteresis how far it must be exceeded or missed before that changes.
	Quorum, Hysteresis int
	// QuorumUp and QuorumDown are run when the quorum is gained or lost.
	QuorumUp, QuorumDown *command.Command
	// SorryInhibit keeps the sorry server in the table with weight 0.
	SorryInhibit bool
	// SMTPAlert sends mails about the quorum; nil leaves that to global_defs.
	SMTPAlert *bool
	// SNMPName is shown by SNMP.
	SNMPName string
}

// SchedulerFlags returns the names of the scheduler's flags that are set, bit 0
// being flag-1, as ipvsadm takes them: "sh-port", "flag-3".
func SchedulerFlags(scheduler string, set uint8) []string {
	names := [...]string{"flag-1", "flag-2", "flag-3"}
	if scheduler == "sh" || scheduler == "mh" {
		names[0], names[1] = scheduler+"-fallback", scheduler+"-port"
	}
	list := []string{}
	for i, name := range names {
		if set&(1<<i) != 0 {
			list = append(list, name)
		}
	}
	return list
}

// RealOptions are what a real_server says that is not acted on yet.
type RealOptions struct {
	Tunnel Tunnel
	// UpperThreshold stops new connections, and LowerThreshold lets them come
	// again; 0 is no limit.
	UpperThreshold, LowerThreshold int
	// Alpha takes the server for down until its checks succeeded.
	Alpha bool
	// SMTPAlert sends mails about the server; nil leaves that to global_defs.
	SMTPAlert *bool
	// SNMPName is shown by SNMP.
	SNMPName string
}

// A Tunnel is how packets are wrapped where the method is TUN. The zero Tunnel
// is IP in IP.
type Tunnel struct {
	Type TunnelType
	// Port is the destination of GUE packets.
	Port     uint16
	Checksum Checksum
}

// TunnelType is the kind of a tunnel.
type TunnelType uint8

// The tunnels.
const (
	IPIP TunnelType = iota
	GUE
	GRE
)

// String returns the type as lvs_method has it.
func (t TunnelType) String() string { return [...]string{"ipip", "gue", "gre"}[t%3] }

// Checksum is what a tunnel does about checksums.
type Checksum uint8

// The ways.
const (
	NoChecksum Checksum = iota
	WithChecksum
	RemoteChecksum
)

// String returns the way as lvs_method has it.
func (c Checksum) String() string { return [...]string{"nocsum", "csum", "remcsum"}[c%3] }

// A Group is a virtual_server_group.
type Group struct {
	Name    string
	Entries []Entry
}

// An Entry is one line of a group: a range of addresses, or a firewall mark.
type Entry struct {
	// First and Last are the ends of the range; invalid for a mark.
	First, Last netip.Addr
	// Port is 0 for all ports.
	Port uint16
	Mark uint32
	// Family is 4 or 6 where a mark has one, else 0.
	Family int
}
