package status

import (
	"fmt"
	"io"
	"net/netip"
	"strings"
	"time"

	"github.com/kactl/kactl/pkg/escape"
	"github.com/kactl/kactl/pkg/vrrp"
)

// Write writes s as plain text: a line for each object, what belongs to one
// indented below it. Text from outside, such as the error of a check, cannot add
// lines.
func Write(w io.Writer, s Status) error {
	p := &printer{at: s.At}
	p.reload(s.Reload)
	if s.VRRP == nil && s.LVS == nil {
		p.line(0, "nothing runs")
	}
	if s.VRRP != nil {
		p.vrrp(s.VRRP)
	}
	if s.LVS != nil {
		p.lvs(s.LVS)
	}
	if _, err := io.WriteString(w, p.String()); err != nil {
		return fmt.Errorf("write the status: %w", err)
	}
	return nil
}

// A printer collects the lines of a status.
type printer struct {
	strings.Builder
	at time.Time
}

func (p *printer) line(indent int, format string, args ...any) {
	fmt.Fprintf(p, "%s%s\n", strings.Repeat("  ", indent), escape.Line(fmt.Sprintf(format, args...)))
}

// ago words how long ago t was.
func (p *printer) ago(t time.Time) string { return p.age(t).String() + " ago" }

// age is how long ago t was, to a tenth of a second, or to a second if that is long.
func (p *printer) age(t time.Time) time.Duration {
	d := max(0, p.at.Sub(t))
	if d < time.Minute {
		return d.Truncate(time.Second / 10)
	}
	return d.Truncate(time.Second)
}

func (p *printer) reload(r Reload) {
	switch {
	case r.At.IsZero():
		return
	case r.InPart:
		p.line(0, "configuration %s: read %s, not all in force: %s", r.File, p.ago(r.At), r.Err)
	case r.Err != "":
		p.line(0, "configuration %s: read %s, not in force: %s", r.File, p.ago(r.At), r.Err)
	default:
		p.line(0, "configuration %s: read %s, in force", r.File, p.ago(r.At))
	}
	for _, f := range r.Findings {
		p.line(1, "%s", f)
	}
}

func (p *printer) vrrp(v *VRRP) {
	if len(v.Instances) == 0 {
		p.line(0, "no virtual routers")
	}
	for _, i := range v.Instances {
		p.instance(i)
	}
	for _, g := range v.Groups {
		p.line(0, "sync group %s: %v (%s)", g.Name, g.State, strings.Join(g.Members, ", "))
	}
}

func (p *printer) instance(i Instance) {
	on := i.Interface
	if on == "" {
		on = "no interface"
	}
	line := fmt.Sprintf("virtual router %s (%s, VRID %d): %v", i.Name, on, i.VRID, i.State)
	if !i.Since.IsZero() {
		line += ", entered " + p.ago(i.Since)
	}
	if i.Why != "" {
		line += ": " + i.Why
	}
	p.line(0, "%s", line)
	if i.Priority == i.Base {
		p.line(1, "priority %d", i.Priority)
	} else {
		p.line(1, "priority %d (configured: %d)", i.Priority, i.Base)
	}
	switch {
	case i.State == vrrp.Master:
	case i.Master.IsValid():
		p.line(1, "master %v, priority %d", i.Master, i.MasterPriority)
	default:
		p.line(1, "no master is known")
	}
	for _, a := range i.Addresses {
		p.line(1, "%s", there(fmt.Sprintf("address %v on %s", a.Prefix, a.Device), a.Present, a.Err))
	}
	for _, r := range i.Routing {
		p.line(1, "%s", there(r.Name, r.Present, r.Err))
	}
	for _, t := range i.Tracks {
		p.line(1, "%s", track(t))
	}
}

func there(what string, present bool, err string) string {
	line := what + ": not there"
	if present {
		line = what + ": there"
	}
	if err != "" {
		line += ": " + err
	}
	return line
}

var trackKinds = map[vrrp.TrackKind]string{
	vrrp.TrackInterface: "interface", vrrp.TrackScript: "script", vrrp.TrackFile: "file",
	vrrp.TrackProcess: "process", vrrp.TrackBFD: "BFD session", vrrp.TrackStatic: "track_group",
}

func track(t Track) string {
	state := "no result yet"
	if t.Known {
		state = upOrDown(t.Up)
	}
	line := fmt.Sprintf("tracked %s %s: %s", trackKinds[t.Kind], t.Name, state)
	if t.Change != 0 {
		line += fmt.Sprintf(", changes the priority by %+d", t.Change)
	}
	if t.Fault {
		line += ", causes FAULT"
	}
	return line
}

func (p *printer) lvs(l *LVS) {
	if l.Trouble != "" {
		p.line(0, "trouble: %s", l.Trouble)
	}
	if len(l.Services) == 0 {
		p.line(0, "no virtual servers")
	}
	for _, s := range l.Services {
		state := "no quorum"
		if s.Quorum {
			state = "quorum"
		}
		line := fmt.Sprintf("virtual server %s: %s, weight %d, needs %d", s.Name, state, s.Weight, s.Need)
		switch {
		case s.Sorry == netip.AddrPort{}:
		case s.SorryUsed:
			line += fmt.Sprintf(", sorry server %v has the clients", s.Sorry)
		default:
			line += fmt.Sprintf(", sorry server %v is not in use", s.Sorry)
		}
		p.line(0, "%s", line)
		for _, r := range s.Servers {
			p.server(r)
		}
	}
}

func (p *printer) server(r Server) {
	line := fmt.Sprintf("real server %v: %s, %v, weight %d", r.Addr, upOrDown(r.Up), r.Forward, r.Weight)
	if r.Weight != r.Base {
		line += fmt.Sprintf(" (configured: %d)", r.Base)
	}
	if !r.Since.IsZero() {
		line += fmt.Sprintf(", for %v", p.age(r.Since))
	}
	p.line(1, "%s", line)
	for _, c := range r.Checks {
		line := fmt.Sprintf("%v: %s, %d probes, %d failed", c.Kind, upOrDown(c.Up), c.Probes, c.Failures)
		if c.Took > 0 {
			line += fmt.Sprintf(", the last took %v", c.Took.Round(time.Microsecond))
		}
		if c.LastErr != "" {
			line += fmt.Sprintf("; failed %s: %s", p.ago(c.LastFailed), c.LastErr)
		}
		if c.Trouble != "" {
			line += "; cannot be made: " + c.Trouble
		}
		p.line(2, "%s", line)
	}
}

func upOrDown(up bool) string {
	if up {
		return "up"
	}
	return "down"
}
