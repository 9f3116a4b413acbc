package machine

import (
	"net"
	"net/netip"
)

// Interfaces are the names of the network interfaces.
func (m *Machine) Interfaces() (names []string) {
	for _, i := range m.links() {
		names = append(names, i.Name)
	}
	return names
}

// Addresses are those of the interface called device, or of all interfaces if
// device is empty. There are none where it does not exist.
func (*Machine) Addresses(device string) (out []netip.Addr) {
	addrs, err := net.InterfaceAddrs()
	if device != "" {
		var i *net.Interface
		if i, err = net.InterfaceByName(device); err == nil {
			addrs, err = i.Addrs()
		}
	}
	if err != nil {
		return nil
	}
	for _, a := range addrs {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			out = append(out, p.Addr().Unmap())
		}
	}
	return out
}
