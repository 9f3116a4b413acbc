package ipvs

import (
	"github.com/vishvananda/netlink/nl"

	"github.com/kactl/kactl/pkg/nlconn"
)

// The commands and attributes of linux/ip_vs.h that only reading takes; see
// apply.go for the others.
const (
	cmdGetService, cmdGetDaemon, cmdGetInfo = 4, 11, 15

	attrDaemon = 3

	svcMark, svcStats, svcEngine, svcStats64 = 5, 10, 11, 12

	destActive, destInactive, destPersistent = 7, 8, 9
	destStats, destStats64                   = 10, 12
	destTunType, destTunPort, destTunFlags   = 13, 14, 15

	daemonState, daemonInterface, daemonSyncID, daemonMaxLength = 1, 2, 3, 4
	daemonGroup, daemonGroup6, daemonPort, daemonTTL            = 5, 6, 7, 8

	statsConns, statsInPkts, statsOutPkts, statsInBytes, statsOutBytes = 1, 2, 3, 4, 5
	statsCPS, statsInPPS, statsOutPPS, statsInBPS, statsOutBPS         = 6, 7, 8, 9, 10

	infoVersion, infoSize = 1, 2
)

var errMalformed = nlconn.ErrMalformed

// command returns a request without attributes.
func (h *Handle) command(cmd uint8) *nl.NetlinkRequest {
	req := nl.NewNetlinkRequest(int(h.family), 0)
	req.AddData(&nl.Genlmsg{Command: cmd, Version: 1})
	return req
}

// A decoder reads attributes and keeps the first thing that was wrong with
// them.
type decoder struct{ err error }

func (d *decoder) malformed() { d.err = errMalformed }

// message calls f with each attribute of a generic netlink message.
func (d *decoder) message(msg []byte, f func(kind uint16, v []byte)) {
	if len(msg) < nl.SizeofGenlmsg {
		d.malformed()
		return
	}
	d.each(msg[nl.SizeofGenlmsg:], f)
}

// each calls f with each attribute of b.
func (d *decoder) each(b []byte, f func(kind uint16, v []byte)) {
	if err := nlconn.Attributes(b, f); err != nil {
		d.err = err
	}
}

// fixed returns the first n bytes of v, zeros if it has fewer.
func (d *decoder) fixed(v []byte, n int) []byte {
	if len(v) < n {
		d.malformed()
		return make([]byte, n)
	}
	return v[:n]
}

func (d *decoder) u8(v []byte) uint8   { return d.fixed(v, 1)[0] }
func (d *decoder) u16(v []byte) uint16 { return native.Uint16(d.fixed(v, 2)) }
func (d *decoder) u32(v []byte) uint32 { return native.Uint32(d.fixed(v, 4)) }

// number reads a counter, which has 32 or 64 bits.
func (d *decoder) number(v []byte) uint64 {
	if len(v) == 4 {
		return uint64(native.Uint32(v))
	}
	return native.Uint64(d.fixed(v, 8))
}

func (d *decoder) stats(b []byte) (s Stats) {
	d.each(b, func(kind uint16, v []byte) {
		var to *uint64
		switch kind {
		case statsConns:
			to = &s.Total.Connections
		case statsInPkts:
			to = &s.Total.InPackets
		case statsOutPkts:
			to = &s.Total.OutPackets
		case statsInBytes:
			to = &s.Total.InBytes
		case statsOutBytes:
			to = &s.Total.OutBytes
		case statsCPS:
			to = &s.Rate.Connections
		case statsInPPS:
			to = &s.Rate.InPackets
		case statsOutPPS:
			to = &s.Rate.OutPackets
		case statsInBPS:
			to = &s.Rate.InBytes
		case statsOutBPS:
			to = &s.Rate.OutBytes
		default:
			return
		}
		*to = d.number(v)
	})
	return s
}
