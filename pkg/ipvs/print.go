package ipvs

import (
	"bufio"
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/kactl/kactl/pkg/lvs"
)

// View is what a listing shows of each destination.
type View uint8

// The views, named as ipvsadm's options are. All but Plain take a full
// [Query].
const (
	Plain View = iota
	ViewStats
	ViewRate
	ViewThresholds
	ViewPersistent
	ViewTunnel
)

// A Printer writes what ipvsadm writes of the same table, byte for byte.
type Printer struct {
	View View
	// Title says to write the version first, as is done for the whole table.
	Title bool
	// Exact writes counters in full; otherwise large ones are cut, "12345K".
	Exact bool
	// Name writes an address and port in other words; nil writes the numbers.
	// Protocol is 0 for the destinations of a mark.
	Name func(lvs.Protocol, netip.AddrPort) string
}

// heads are the lines above a listing, without their first words.
var heads = map[View]string{
	Plain: "Prot LocalAddress:Port Scheduler Flags\n" +
		"  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n",
	ViewTunnel: "Prot LocalAddress:Port Scheduler Flags\n" +
		"  -> RemoteAddress:Port           Forward TunnelInfo    Weight ActiveConn InActConn\n",
	ViewStats: "Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes\n" +
		"  -> RemoteAddress:Port\n",
	ViewRate: "Prot LocalAddress:Port                 CPS    InPPS   OutPPS    InBPS   OutBPS\n" +
		"  -> RemoteAddress:Port\n",
	ViewThresholds: "Prot LocalAddress:Port            Uthreshold Lthreshold ActiveConn InActConn \n" +
		"  -> RemoteAddress:Port\n",
	ViewPersistent: "Prot LocalAddress:Port            Weight    PersistConn ActiveConn InActConn \n" +
		"  -> RemoteAddress:Port\n",
}

// Print writes l, in its order.
func (p Printer) Print(w io.Writer, l *Listing) error {
	b := bufio.NewWriterSize(w, 64<<10)
	if p.Title {
		fmt.Fprintf(b, "IP Virtual Server version %s (size=%d)\n", l.Version, l.Size)
	}
	b.WriteString(heads[p.View])
	for i := range l.Services {
		s := &l.Services[i]
		b.Write(p.service(b.AvailableBuffer(), s))
		for j := range s.Destinations {
			b.Write(p.destination(b.AvailableBuffer(), s.Protocol, &s.Destinations[j]))
		}
	}
	return b.Flush()
}

// service appends the line of a service to b, which is at its start.
func (p Printer) service(b line, s *Service) line {
	if s.Mark == 0 {
		b = p.address(b.text(s.Protocol.String(), 4).space(), s.Protocol, s.Addr)
	} else {
		b = b.text("FWM  ", 0).number(int64(int32(s.Mark)), 0) // as ipvsadm has it, signed
		if s.Is6() {
			b = b.text(" IPv6", 0)
		}
	}
	switch p.View {
	case ViewStats:
		b = p.counters(b.fill(33), s.Stats.Total)
	case ViewRate:
		b = p.counters(b.fill(33), s.Stats.Rate)
	default:
		b = b.space().text(s.Scheduler, 0).text(s.options(), 0)
	}
	return append(b, '\n')
}

// options is what a listing has behind the scheduler, "" or with a space in
// front.
func (s *Service) options() string {
	var b strings.Builder
	if s.Flags&schedFlags != 0 {
		fmt.Fprintf(&b, " (%s)", strings.Join(s.shownFlags(), ","))
	}
	if s.Flags&FlagPersistent != 0 {
		fmt.Fprintf(&b, " persistent %d", s.Persistence/time.Second)
		if mask := s.mask(); mask != "" {
			b.WriteString(" mask " + mask)
		}
	}
	if s.Engine != "" {
		b.WriteString(" pe " + s.Engine)
	}
	if s.Flags&FlagOnePacket != 0 {
		b.WriteString(" ops")
	}
	return b.String()
}

// destination appends the line of a destination to b, which is at its start.
func (p Printer) destination(b line, protocol lvs.Protocol, d *Destination) line {
	b = p.address(b.text("  -> ", 0), protocol, d.Addr).fill(33)
	switch p.View {
	case ViewStats:
		return append(p.counters(b, d.Stats.Total), '\n')
	case ViewRate:
		return append(p.counters(b, d.Stats.Rate), '\n')
	}
	b = b.space()
	weight := int64(d.Weight)
	switch p.View {
	case ViewThresholds:
		b = b.number(int64(d.UpperThreshold), 10).space().number(int64(d.LowerThreshold), 10)
	case ViewPersistent:
		b = b.number(weight, 9).space().number(int64(d.Persistent), 11)
	case ViewTunnel:
		b = b.text(d.Method.String(), 7).space().text(d.tunnelInfo(), 13).space().number(weight, 6)
	default:
		b = b.text(d.Method.String(), 7).space().number(weight, 6)
	}
	return append(b.space().number(int64(d.Active), 10).space().number(int64(d.Inactive), 10), '\n')
}

// tunnelInfo is "ipip", "gue:6080:+c" with the checksum, "r+c" the remote one.
func (d *Destination) tunnelInfo() string {
	if d.Method != Tunneling {
		return "n/a"
	}
	checksum := [...]string{"-c", "+c", "r+c"}[d.Tunnel.Checksum%3]
	switch d.Tunnel.Type {
	case lvs.GUE:
		return fmt.Sprintf("gue:%d:%s", d.Tunnel.Port, checksum)
	case lvs.GRE:
		return "gre:" + checksum
	}
	return "ipip"
}

func (p Printer) address(b line, protocol lvs.Protocol, a netip.AddrPort) line {
	switch {
	case p.Name != nil:
		return b.text(p.Name(protocol, a), 0)
	case a.Addr().Is4():
		return a.AppendTo(b)
	}
	return b.text(numeric(a), 0)
}

// numeric writes an address and port as numbers.
func numeric(a netip.AddrPort) string {
	if a.Addr().Is4() {
		return a.String()
	}
	return "[" + numericAddr(a.Addr()) + "]:" + strconv.Itoa(int(a.Port()))
}

// numericAddr writes an address as the C library does, which has the last half
// of "::10.0.0.1" in decimal too.
func numericAddr(a netip.Addr) string {
	b := a.As16()
	if a.Is4() || [12]byte(b[:12]) != [12]byte{} || b[12]|b[13] == 0 {
		return a.String()
	}
	return "::" + netip.AddrFrom4([4]byte(b[12:])).String()
}
