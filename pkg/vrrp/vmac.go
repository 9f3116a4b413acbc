package vrrp

import (
	"net/netip"

	"github.com/kactl/kactl/pkg/iproute"
)

// VMAC is the interface with the virtual router's own hardware address that an
// instance puts its addresses on (use_vmac).
type VMAC struct {
	// On makes one.
	On bool
	// Interface is its name; empty is vrrp.VRID.
	Interface string
	// MAC is its hardware address, 5 bytes of it if the VRID is the sixth. Empty
	// is that of the RFC, 00:00:5e:00:01:VRID.
	MAC string
	// BaseTransmits sends adverts on the interface below it (vmac_xmit_base).
	BaseTransmits bool
	// Addresses makes further ones for the addresses on other interfaces
	// (use_vmac_addr).
	Addresses bool
}

// IPVLAN is the ipvlan interface that an instance puts its addresses on
// (use_ipvlan).
type IPVLAN struct {
	On        bool
	Interface string
	// Address is its own.
	Address netip.Addr
	// Mode is "bridge", "private" or "vepa".
	Mode string
}

// An OwnLink is an interface that is made for an instance.
type OwnLink struct {
	iproute.Link
	// Address is its own, which is there whatever state the instance is in; the zero
	// Addr is none.
	Address netip.Addr
}
