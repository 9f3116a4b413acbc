package lint

import (
	"net/netip"

	"github.com/kactl/kactl/pkg/command"
)

// A Host answers what rules ask of the machine that a file is for. What it does
// not know, it does not say: a rule then keeps still.
type Host interface {
	// Interfaces are the names of its network interfaces.
	Interfaces() []string
	// Addresses are those of an interface, or of all if device is empty.
	Addresses(device string) []netip.Addr
	// Sysctl returns a kernel parameter by the name that sysctl(8) has for it.
	// It reports false if there is none, or it cannot be read.
	Sysctl(name string) (value string, ok bool)
	// LacksModule reports whether the kernel has no module of that name: neither
	// loaded nor built in nor to be loaded.
	LacksModule(name string) bool
	// Script returns the text of the script that c runs. It reports false for a
	// program, and for what cannot be found or read.
	Script(c command.Command) (text string, ok bool)
	// Startable returns why the kernel could not start the script that c runs: its
	// first line names no interpreter that is there. It is nil for a program, and
	// for what cannot be found or read.
	Startable(c command.Command) error
	// Drops names the chain of the firewall that drops p as it comes in. It
	// reports false where it lets p pass, and where that is not certain.
	Drops(p Packet) (chain string, ok bool)
}

// A Packet comes in from another machine.
type Packet struct {
	// Device is where it arrives.
	Device string
	// Source is the zero Addr where it is not known.
	Source, Dest netip.Addr
	// Protocol is its IP protocol, Port the destination port of UDP and TCP.
	Protocol uint8
	Port     uint16
}
