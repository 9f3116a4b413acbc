package rssetup

import (
	"cmp"
	"slices"
)

// Kind is what a Thing is.
type Kind string

// The kinds, with what their names and values are.
const (
	// Sysctl is a file below /proc/sys: "net/ipv4/conf/lo/arp_ignore", "1".
	Sysctl Kind = "sysctl"
	// Switch is whether an interface is "up" or "down".
	Switch Kind = "link"
	// Address is an address with its prefix length on a device; its value is its
	// label, empty if it has none.
	Address Kind = "address"
	// File is a file with its text, and Symlink a link with where it leads.
	File    Kind = "file"
	Symlink Kind = "symlink"
)

// A Thing is what can be set.
type Thing struct {
	Kind Kind   `json:"kind"`
	Name string `json:"name"`
	// Device is that of an address.
	Device string `json:"device,omitempty"`
}

// A System is a machine, or what stands in for one.
type System interface {
	// State reads what there is.
	State() (State, error)
	// Set gives a thing a value; nil takes it away. It is no error if that is so
	// already. It is one that wraps fs.ErrNotExist or unix.ENODEV if there is
	// nothing to set it on.
	Set(t Thing, value *string) error
	// Boot names the life of the network namespace: what was set without being
	// written to disk is gone in another one.
	Boot() (string, error)
	// Trust is an error unless the path leads to a program that only root can
	// change.
	Trust(program string) error
}

// A State is what there is.
type State struct {
	// Values has all things that rssetup knows of and that are there.
	Values map[Thing]string
	Links  []Link
	// Gateways are those of the routes, and Sources the addresses that packets by
	// the default routes leave with, as text without a prefix length.
	Gateways, Sources []string
	// Foreign is that the caller is in another network namespace than the
	// machine's own.
	Foreign bool
	// Systemd is that the machine has units.
	Systemd bool
}

// A Link is a network interface.
type Link struct {
	Name string
	// Index is the kernel's number of it, which stays when it is renamed.
	Index    int
	Loopback bool
	// Silent is that it has no ARP and no neighbour discovery: a loopback, a
	// tunnel, a dummy.
	Silent bool
	// Tunnel is that it unpacks IP in IP.
	Tunnel bool
}

func (s State) link(name string) (Link, bool) {
	i := slices.IndexFunc(s.Links, func(l Link) bool { return l.Name == name })
	if i < 0 {
		return Link{}, false
	}
	return s.Links[i], true
}

// talkers are the interfaces whose neighbours ask who has an address.
func (s State) talkers() []string {
	var names []string
	for _, l := range s.Links {
		if !l.Silent {
			names = append(names, l.Name)
		}
	}
	return names
}

func compareThings(a, b Thing) int {
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Device, b.Device), cmp.Compare(a.Name, b.Name))
}
