package ipvs

import (
	"bufio"
	"fmt"
	"io"
	"net/netip"
	"time"

	"github.com/kactl/kactl/pkg/escape"
	"github.com/kactl/kactl/pkg/lvs"
)

// PrintTimeouts writes what ipvsadm -L --timeout writes.
func PrintTimeouts(w io.Writer, t Timeouts) error {
	_, err := fmt.Fprintf(w, "Timeout (tcp tcpfin udp): %d %d %d\n",
		t.TCP/time.Second, t.TCPFin/time.Second, t.UDP/time.Second)
	return err
}

// PrintDaemons writes what ipvsadm -L --daemon writes, nothing if there are
// none.
func PrintDaemons(w io.Writer, daemons []Daemon) error {
	b := bufio.NewWriter(w)
	for _, d := range daemons {
		fmt.Fprintf(b, "%s sync daemon (mcast=%s, syncid=%d", d.State(), escape.Line(d.Interface), d.SyncID)
		if d.MaxLength > 0 {
			fmt.Fprintf(b, ", maxlen=%d", d.MaxLength)
		}
		if a := d.Group.Addr(); a.IsValid() {
			fmt.Fprintf(b, ", group=%s", numericAddr(a))
		}
		if port := d.Group.Port(); port > 0 {
			fmt.Fprintf(b, ", port=%d", port)
		}
		if d.TTL > 0 {
			fmt.Fprintf(b, ", ttl=%d", d.TTL)
		}
		b.WriteString(")\n")
	}
	return b.Flush()
}

// State is "master" or "backup".
func (d Daemon) State() string {
	if d.Backup {
		return "backup"
	}
	return "master"
}

// A ConnectionPrinter writes what ipvsadm -L -c writes: the head, and each
// connection that is added.
type ConnectionPrinter struct {
	b *bufio.Writer
	// engines says to show what the persistence engines keep, where they do.
	engines bool
	name    func(lvs.Protocol, netip.AddrPort) string
}

// PrintConnections writes the head. With engines each line has what the
// persistence engine keeps. Name is that of a [Printer].
func PrintConnections(w io.Writer, engines bool, name func(lvs.Protocol, netip.AddrPort) string) *ConnectionPrinter {
	p := &ConnectionPrinter{b: bufio.NewWriterSize(w, 64<<10), engines: engines, name: name}
	p.b.WriteString("IPVS connection entries\n")
	if engines {
		p.b.WriteString("pro expire state       source             virtual            destination        pe name          pe_data\n")
	} else {
		p.b.WriteString("pro expire state       source             virtual            destination\n")
	}
	return p
}

// Add writes a connection.
func (p *ConnectionPrinter) Add(c Connection) error {
	protocol, write := protocols[c.Protocol], numeric
	if p.name != nil {
		write = func(a netip.AddrPort) string { return p.name(protocol, a) }
	}
	seconds := int(c.Expires / time.Second)
	expire := fmt.Sprintf("%02d:%02d", seconds/60, seconds%60)
	var err error
	if p.engines && c.Engine != "" {
		_, err = fmt.Fprintf(p.b, "%-3s %-6s %-11s %-18s %-18s %-16s %-18s %s\n", escape.Line(c.Protocol), expire, escape.Line(c.State),
			write(c.Client), write(c.Virtual), write(c.Address), escape.Line(c.Engine), escape.Line(c.EngineData))
	} else {
		_, err = fmt.Fprintf(p.b, "%-3s %-6s %-11s %-18s %-18s %s\n", escape.Line(c.Protocol), expire, escape.Line(c.State),
			write(c.Client), write(c.Virtual), write(c.Address))
	}
	return err
}

// Flush ends the output.
func (p *ConnectionPrinter) Flush() error { return p.b.Flush() }
