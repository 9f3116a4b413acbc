package netstate

import "github.com/kactl/kactl/pkg/vrrp"

// A layer is what a device changes. The lower one comes first where an owner takes its
// items, and goes last: a packet filter drops what it is to drop before an address is
// there, and a route needs an address.
type layer uint8

const (
	filterLayer layer = iota
	interfaceLayer
	tablesLayer
	layers // is how many there are
)

// filterName is the name of the device that is none: the packet filter is that of the
// whole machine. No interface has such a name.
const filterName = "/"

// layerOf is the layer of the device of a name.
func layerOf(device string) layer {
	switch device {
	case filterName:
		return filterLayer
	case tablesName:
		return tablesLayer
	}
	return interfaceLayer
}

// InFilter are addresses of an owner that take no packets, as a Part. They must not be
// changed any more.
func InFilter(drops []vrrp.Drop) Part {
	p := Part{Device: filterName}
	for n := range drops {
		p.Items = append(p.Items, DropItem(&drops[n]))
	}
	return p
}
