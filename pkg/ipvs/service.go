package ipvs

import (
	"encoding/binary"
	"net/netip"
	"time"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/lvs"
)

// parseService reads one answer to GET_SERVICE.
func parseService(msg []byte) (s Service, err error) {
	var d decoder
	found := false
	d.message(msg, func(kind uint16, v []byte) {
		if kind == attrService {
			s, found = d.service(v), true
		}
	})
	if !found {
		d.malformed()
	}
	return s, d.err
}

func (d *decoder) service(b []byte) (s Service) {
	var family, port uint16
	var ip []byte
	var seconds, mask uint32
	var stats, stats64 []byte
	d.each(b, func(kind uint16, v []byte) {
		switch kind {
		case svcFamily:
			family = d.u16(v)
		case svcProtocol:
			s.Protocol = lvs.Protocol(d.u16(v))
		case svcAddr:
			ip = v
		case svcPort:
			port = binary.BigEndian.Uint16(d.fixed(v, 2))
		case svcMark:
			s.Mark = d.u32(v)
		case svcScheduler:
			s.Scheduler = unix.ByteSliceToString(v)
		case svcFlags:
			s.Flags = Flags(d.u32(v)) &^ flagHashed
		case svcTimeout:
			seconds = d.u32(v)
		case svcNetmask:
			mask = d.u32(v)
		case svcEngine:
			s.Engine = unix.ByteSliceToString(v)
		case svcStats:
			stats = v
		case svcStats64:
			stats64 = v
		}
	})
	if s.Mark != 0 {
		s.Protocol, s.Family = 0, 4
		if family == unix.AF_INET6 {
			s.Family = 6
		}
	} else {
		s.Addr = netip.AddrPortFrom(d.address(ip, family), port)
	}
	s.Netmask = fromNetmask(mask, sampleAddr(s.ServiceID))
	if s.Flags&FlagPersistent != 0 {
		s.Persistence = time.Duration(seconds) * time.Second
	}
	if stats64 == nil {
		stats64 = stats // a kernel before 4.1
	}
	s.Stats = d.stats(stats64)
	return s
}

// address reads the kernel's union nf_inet_addr.
func (d *decoder) address(b []byte, family uint16) netip.Addr {
	if family == unix.AF_INET6 {
		return netip.AddrFrom16([16]byte(d.fixed(b, 16)))
	}
	return netip.AddrFrom4([4]byte(d.fixed(b, 4)))
}

// sampleAddr returns an address of a service's family.
func sampleAddr(id lvs.ServiceID) netip.Addr {
	if id.Is6() {
		return netip.IPv6Unspecified()
	}
	return netip.IPv4Unspecified()
}

// idAttr names a service in a request.
func idAttr(id lvs.ServiceID) *nl.RtAttr {
	addr := sampleAddr(id)
	a := nl.NewRtAttr(attrService|unix.NLA_F_NESTED, nil)
	a.AddRtAttr(svcFamily, nl.Uint16Attr(familyOf(addr)))
	if id.Mark != 0 {
		a.AddRtAttr(svcMark, nl.Uint32Attr(id.Mark))
		return a
	}
	a.AddRtAttr(svcProtocol, nl.Uint16Attr(uint16(id.Protocol)))
	a.AddRtAttr(svcAddr, union(id.Addr.Addr()))
	a.AddRtAttr(svcPort, binary.BigEndian.AppendUint16(nil, id.Addr.Port()))
	return a
}
