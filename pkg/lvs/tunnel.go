package lvs

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
