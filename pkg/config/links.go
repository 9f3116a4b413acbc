package config

import (
	"strings"
	"time"

	"github.com/kactl/kactl/pkg/syntax"
	"github.com/kactl/kactl/pkg/vrrp"
)

// Links is what is said of network interfaces, whoever uses them.
type Links struct {
	// Polling asks every interface for its state instead of listening for
	// changes (linkbeat_use_polling).
	Polling bool
	// Polled are the interfaces to ask where Polling does not say so.
	Polled []Polled
	// Delays are the times that a change of state must last.
	Delays []LinkDelay
	// GARPGroups are the interfaces that announcements share their pauses on.
	GARPGroups []GARPGroup
}

// Polled is an interface that is asked for its state.
type Polled = vrrp.PolledLink

// LinkDelay is how long an interface must be down or up before it counts.
type LinkDelay = vrrp.LinkDelay

// A GARPGroup is a set of interfaces behind one switch, with the pause between
// two gratuitous ARP messages, and two neighbour advertisements, on any of them
// (garp_group).
type GARPGroup struct {
	Interfaces []string
	GARP, GNA  time.Duration
}

// linksDecoder is what reading them takes.
type linksDecoder struct {
	garp    *garpGroup      // that is open
	grouped map[string]bool // interfaces of garp_groups
	awaited map[string]bool // interfaces that are not there yet
}

func linkKeywords() []Keyword {
	return counted([]Keyword{
		{Name: "linkbeat_use_polling", Effect: true, decode: func(d *decoder, _ *Keyword, _ *syntax.Statement) { d.config.Links.Polling = true },
			Doc: "ask interfaces for their state instead of listening for changes"},
		{Name: "linkbeat_interfaces", Shape: syntax.List, Effect: true, decode: (*decoder).linkbeat, repeats: true,
			Doc: "interfaces to ask for their state: INTERFACE [MII|ETHTOOL|IOCTL]", Inside: []Keyword{
				{Name: "MII", Effect: true, Doc: "read the transceiver's registers"},
				{Name: "ETHTOOL", Effect: true, Doc: "ask by ethtool's call"},
				{Name: "IOCTL", Effect: true, Doc: "read the interface's flags"},
			}},
		{Name: "interface_up_down_delays", Shape: syntax.List, Effect: true, decode: (*decoder).linkDelays, repeats: true,
			Default: "0", Unit: "s", Limits: decimal(0, 255),
			Doc: "times that an interface must be down or up before it counts: INTERFACE DOWN [UP]"},
		garpGroupKeyword(),
	})
}

func (d *decoder) linkbeat(k *Keyword, s *syntax.Statement) {
	for _, l := range s.Body() {
		if !d.linkExists(l) {
			continue
		}
		p := Polled{Interface: l.Name()}
		switch method := l.Arg(0); {
		case len(l.Args()) > 1, method != "" && k.block.byName[method] == nil:
			x := d.fault("extra-words", l.AtArg(0), "%q behind the interface; keepalived ignores it", clip(join(l.Args())))
			x.Hint = "write MII, ETHTOOL or IOCTL, or nothing"
			if k.block.byName[strings.ToUpper(method)] != nil {
				x.Hint = "write it in capitals"
			}
		default:
			p.Method = method
		}
		d.config.Links.Polled = append(d.config.Links.Polled, p)
	}
}

// linkExists reports a missing interface of a line. keepalived takes it less
// seriously than that of an instance.
func (d *decoder) linkExists(l *syntax.Statement) bool {
	if d.host == nil || d.host.InterfaceExists(l.Name()) || d.mayCome(l.AtName(), l.Name()) {
		return true
	}
	d.doubt(l.AtName(), "no interface %s; keepalived ignores the line", clip(l.Name()))
	return false
}

func (d *decoder) linkDelays(k *Keyword, s *syntax.Statement) {
	for _, l := range s.Body() {
		if !d.linkExists(l) {
			continue
		}
		delay := LinkDelay{Interface: l.Name()}
		if len(l.Args()) == 0 {
			d.warn("missing-value", l.Range(), "no delay behind %s; keepalived uses 0", clip(l.Name())).Hint = "write INTERFACE SECONDS"
		}
		for i, field := range []*time.Duration{&delay.Down, &delay.Up} {
			if i >= len(l.Args()) {
				break
			}
			n, ok := d.numberAt(k.Limits, l.AtArg(i), "the delay", l.Arg(i), "uses 0")
			if *field = seconds(n); !ok {
				break
			}
		}
		if len(l.Args()) == 1 {
			delay.Up = delay.Down
		}
		if len(l.Args()) > 2 {
			d.warn("extra-words", l.AtArg(2), "keepalived takes no notice of what is behind the two delays").Hint = "write a comment behind #"
		}
		d.config.Links.Delays = append(d.config.Links.Delays, delay)
	}
}
