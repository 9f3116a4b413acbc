package ipvs

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/kactl/kactl/pkg/escape"
	"github.com/kactl/kactl/pkg/lvs"
)

// Save writes l as lines that ipvsadm-restore takes, those of ipvsadm -Sn. It
// says more where that loses something: thresholds, a third flag of the sh and
// mh schedulers, and marks from 2^31 on. It takes a full [Query].
func Save(w io.Writer, l *Listing) error {
	b := bufio.NewWriterSize(w, 64<<10)
	for i := range l.Services {
		s := &l.Services[i]
		name := idWords(s.ServiceID)
		fmt.Fprintf(b, "-A %s -s %s%s\n", name, escape.Line(s.Scheduler), s.words())
		for j := range s.Destinations {
			d := &s.Destinations[j]
			fmt.Fprintf(b, "-a %s -r %s%s\n", name, numeric(d.Addr), d.words())
		}
	}
	return b.Flush()
}

// idWords names a service on a command line of ipvsadm.
func idWords(id lvs.ServiceID) string {
	switch {
	case id.Mark != 0 && id.Is6():
		return fmt.Sprintf("-f %d -6", id.Mark)
	case id.Mark != 0:
		return fmt.Sprintf("-f %d", id.Mark)
	}
	option := map[lvs.Protocol]string{lvs.TCP: "-t", lvs.UDP: "-u", lvs.SCTP: "--sctp-service"}[id.Protocol]
	return option + " " + numeric(id.Addr)
}

func (s *Service) words() string {
	var b strings.Builder
	if s.Flags&FlagPersistent != 0 {
		fmt.Fprintf(&b, " -p %d", s.Persistence/time.Second)
		if mask := s.mask(); mask != "" {
			b.WriteString(" -M " + mask)
		}
	}
	if s.Engine != "" {
		b.WriteString(" --pe " + escape.Line(s.Engine))
	}
	if s.Flags&FlagOnePacket != 0 {
		b.WriteString(" -o")
	}
	if flags := s.schedulerFlags(); len(flags) > 0 {
		b.WriteString(" -b " + strings.Join(flags, ","))
	}
	return b.String()
}

func (d *Destination) words() string {
	var b strings.Builder
	switch d.Method {
	case Masquerading:
		b.WriteString(" -m")
	case Tunneling:
		b.WriteString(" -i")
	default: // the kernel sees for itself that a server is local
		b.WriteString(" -g")
	}
	fmt.Fprintf(&b, " -w %d", d.Weight)
	if d.Method == Tunneling {
		b.WriteString(d.tunnelWords())
	}
	if d.UpperThreshold > 0 {
		fmt.Fprintf(&b, " -x %d", d.UpperThreshold)
	}
	if d.LowerThreshold > 0 {
		fmt.Fprintf(&b, " -y %d", d.LowerThreshold)
	}
	return b.String()
}

func (d *Destination) tunnelWords() string {
	b := " --tun-type " + d.Tunnel.Type.String()
	switch d.Tunnel.Type {
	case lvs.GUE:
		b += fmt.Sprintf(" --tun-port %d", d.Tunnel.Port)
	case lvs.GRE:
	default:
		return b
	}
	return b + " --tun-" + d.Tunnel.Checksum.String()
}
