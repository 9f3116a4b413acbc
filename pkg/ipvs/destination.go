package ipvs

import (
	"encoding/binary"
	"net/netip"

	"github.com/kactl/kactl/pkg/lvs"
)

// parseDestination reads one answer to GET_DEST of a service.
func parseDestination(msg []byte, service lvs.ServiceID) (dest Destination, err error) {
	var d decoder
	found := false
	d.message(msg, func(kind uint16, v []byte) {
		if kind == attrDest {
			dest, found = d.destination(v, service), true
		}
	})
	if !found {
		d.malformed()
	}
	return dest, d.err
}

func (d *decoder) destination(b []byte, service lvs.ServiceID) (dest Destination) {
	// A kernel before 3.18 does not tell the family, which is the service's then.
	family := familyOf(sampleAddr(service))
	var port uint16
	var ip, stats, stats64 []byte
	d.each(b, func(kind uint16, v []byte) {
		switch kind {
		case destAddr:
			ip = v
		case destPort:
			port = binary.BigEndian.Uint16(d.fixed(v, 2))
		case destFamily:
			family = d.u16(v)
		case destMethod:
			dest.Method = Method(d.u32(v) & methodMask)
		case destWeight:
			dest.Weight = int(int32(d.u32(v)))
		case destUpperThreshold:
			dest.UpperThreshold = d.u32(v)
		case destLowerThreshold:
			dest.LowerThreshold = d.u32(v)
		case destActive:
			dest.Active = d.u32(v)
		case destInactive:
			dest.Inactive = d.u32(v)
		case destPersistent:
			dest.Persistent = d.u32(v)
		case destTunType:
			dest.Tunnel.Type = lvs.TunnelType(d.u8(v))
		case destTunPort:
			dest.Tunnel.Port = binary.BigEndian.Uint16(d.fixed(v, 2))
		case destTunFlags:
			dest.Tunnel.Checksum = fromTunnelFlags(d.u16(v))
		case destStats:
			stats = v
		case destStats64:
			stats64 = v
		}
	})
	dest.Addr = netip.AddrPortFrom(d.address(ip, family), port)
	if stats64 == nil {
		stats64 = stats
	}
	dest.Stats = d.stats(stats64)
	return dest
}

// The flags of a tunnel of linux/ip_vs.h.
const (
	tunnelChecksum       = 0x1
	tunnelRemoteChecksum = 0x2
)

func fromTunnelFlags(flags uint16) lvs.Checksum {
	switch {
	case flags&tunnelRemoteChecksum != 0:
		return lvs.RemoteChecksum
	case flags&tunnelChecksum != 0:
		return lvs.WithChecksum
	}
	return lvs.NoChecksum
}

func toTunnelFlags(c lvs.Checksum) uint16 {
	switch c {
	case lvs.RemoteChecksum:
		return tunnelRemoteChecksum
	case lvs.WithChecksum:
		return tunnelChecksum
	}
	return 0
}
