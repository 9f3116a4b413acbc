package ipvs

import (
	"context"
	"encoding/binary"
	"errors"
	"net/netip"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/lvs"
)

// destinations reads the real servers of a service. moby/ipvs would cut their
// weights to 16 bits.
func (h *Handle) destinations(ctx context.Context, key lvs.ServiceKey) (map[netip.AddrPort]lvs.Destination, error) {
	req := nl.NewNetlinkRequest(int(h.family), 0)
	req.AddData(&nl.Genlmsg{Command: cmdGetDest, Version: 1})
	req.AddData(serviceAttr(key, lvs.Service{}, false))
	msgs, err := h.conn.Dump(ctx, req)
	if err != nil {
		return nil, err
	}
	m := make(map[netip.AddrPort]lvs.Destination, len(msgs))
	for _, msg := range msgs {
		addr, d, err := parseDestination(msg, key.Addr.Addr())
		if err != nil {
			return nil, err
		}
		m[addr] = d
	}
	return m, nil
}

var errMalformed = errors.New("the kernel's answer is malformed")

// parseDestination reads one message of a dump. A kernel before 3.18 does not
// tell the address family, which is the service's then.
func parseDestination(msg []byte, service netip.Addr) (netip.AddrPort, lvs.Destination, error) {
	var d lvs.Destination
	if len(msg) < nl.SizeofGenlmsg {
		return netip.AddrPort{}, d, errMalformed
	}
	outer, err := nl.ParseRouteAttr(msg[nl.SizeofGenlmsg:])
	if err != nil || len(outer) == 0 {
		return netip.AddrPort{}, d, errMalformed
	}
	attrs, err := nl.ParseRouteAttr(outer[0].Value)
	if err != nil {
		return netip.AddrPort{}, d, errMalformed
	}
	family := familyOf(service)
	var ip []byte
	var port uint16
	for _, a := range attrs {
		v := a.Value
		if len(v) < 2 {
			continue
		}
		switch a.Attr.Type {
		case destAddr:
			ip = v
		case destPort:
			port = binary.BigEndian.Uint16(v)
		case destFamily:
			family = native.Uint16(v)
		case destMethod, destWeight:
			if len(v) < 4 {
				return netip.AddrPort{}, d, errMalformed
			}
			if a.Attr.Type == destMethod {
				d.Forward = fromMethod(native.Uint32(v))
			} else {
				d.Weight = int(native.Uint32(v))
			}
		}
	}
	size := 4
	if family == unix.AF_INET6 {
		size = 16
	}
	if len(ip) < size {
		return netip.AddrPort{}, d, errMalformed
	}
	addr, _ := netip.AddrFromSlice(ip[:size])
	return netip.AddrPortFrom(addr, port), d, nil
}
