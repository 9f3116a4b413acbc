package watch

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/kactl/kactl/pkg/vrrp"
)

// began is when every scenario begins.
var began = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

// TestScenarios runs the files of testdata/scenario. A file is what an observer
// sees; below each line is what it says, with the time since the beginning.
func TestScenarios(t *testing.T) {
	datadriven.Walk(t, "testdata/scenario", func(t *testing.T, path string) {
		s := &scenario{}
		s.reset()
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			s.out.Reset()
			s.run(t, d)
			return s.out.String()
		})
	})
}

type scenario struct {
	o   *Observer
	now time.Time
	out strings.Builder
}

func (s *scenario) reset() { s.o, s.now = NewObserver(), began }

// run handles one command. Every command takes after=DURATION, the time that
// passes first.
func (s *scenario) run(t *testing.T, d *datadriven.TestData) {
	if d.HasArg("after") {
		s.pass(argDuration(t, d, "after", 0))
	}
	switch d.Cmd {
	case "new": // another observer
		s.reset()
	case "pass":
	case "advert": // from=NAME[,NAME...] [times=N every=D], in turn and evenly; and what differs from a plain one
		var names []string
		for _, a := range d.CmdArgs {
			if a.Key == "from" {
				names = a.Vals
			}
		}
		times, every := argInt(t, d, "times", 1), argDuration(t, d, "every", time.Second)
		for i := range times * len(names) {
			if i > 0 {
				s.pass(every / time.Duration(len(names)))
			}
			s.show(s.o.See(s.advert(t, d, names[i%len(names)])))
		}
	case "claim": // addr=ADDR by=NAME|MAC [on=INTERFACE]
		var addr, by string
		d.ScanArgs(t, "addr", &addr)
		d.ScanArgs(t, "by", &by)
		p := &Packet{Time: s.now, Interface: "eth0", Kind: GratuitousARP, Announced: netip.MustParseAddr(addr), Claimant: hardware(by)}
		if d.HasArg("on") {
			d.ScanArgs(t, "on", &p.Interface)
		}
		if p.Announced.Is6() {
			p.Kind = UnsolicitedNA
		}
		s.show(s.o.See(p))
	case "status":
		for _, v := range s.o.Statuses() {
			fmt.Fprintf(&s.out, "%v: %v", v.Router, v.State)
			if v.Master != nil {
				fmt.Fprintf(&s.out, " %v", v.Master)
			}
			if v.Rival != nil {
				fmt.Fprintf(&s.out, " and %v", v.Rival)
			}
			fmt.Fprintf(&s.out, " for %v, %d adverts, %d missed, %d addresses, last %s\n", s.now.Sub(v.Since), v.Adverts, v.Missed, len(v.Addresses), v.Event)
		}
	case "link": // on=INTERFACE, down or up
		name := "eth0"
		if d.HasArg("on") {
			d.ScanArgs(t, "on", &name)
		}
		s.show(s.o.Link(s.now, name, d.HasArg("up")))
	case "clock": // back=D: it is set back
		s.now = s.now.Add(-argDuration(t, d, "back", 0))
	default:
		d.Fatalf(t, "no such command")
	}
}

// pass lets time go by, from one deadline to the next.
func (s *scenario) pass(by time.Duration) {
	end := s.now.Add(by)
	for range 10_000 {
		at, ok := s.o.Deadline()
		if !ok || at.After(end) {
			s.now = end
			return
		}
		if at.After(s.now) {
			s.now = at
		}
		s.show(s.o.Tick(s.now))
	}
	s.out.WriteString("its deadlines never end\n")
}

func (s *scenario) show(events []Event) {
	for i := range events {
		e := &events[i]
		fmt.Fprintf(&s.out, "%7.3fs %v %v: %s: %s\n", e.Time.Sub(began).Seconds(), e.Severity, e, e.where(nil), e.Message)
	}
}

// hosts are the senders of the scenarios: a, b, c ... in order of rank by
// address, the last being the highest.
func hardware(name string) net.HardwareAddr {
	if len(name) == 1 {
		return net.HardwareAddr{2, 0, 0, 0, 0, name[0] - 'a' + 1}
	}
	mac, err := net.ParseMAC(name)
	if err != nil {
		panic(err)
	}
	return mac
}

// priorities of the senders, where none is given.
var priorities = map[string]int{"a": 150, "b": 100, "c": 50}

func (s *scenario) advert(t *testing.T, d *datadriven.TestData, name string) *Packet {
	n := name[0] - 'a' + 1
	p := &Packet{
		Time: s.now, Interface: "eth0", SourceMAC: hardware(name), Kind: Advert, TTL: uint8(argInt(t, d, "ttl", 255)),
		Source: netip.AddrFrom4([4]byte{192, 0, 2, n}), Destination: netip.MustParseAddr("224.0.0.18"),
	}
	vips := []string{"198.51.100.1", "198.51.100.2"}
	if d.HasArg("ipv6") {
		p.Source, p.Destination = netip.AddrFrom16([16]byte{0xfe, 0x80, 15: n}), netip.MustParseAddr("ff02::12")
		vips = []string{"fe80::100"}
	}
	a := &p.Advert
	a.Version, a.VRID, a.Checksum = uint8(argInt(t, d, "version", 3)), uint8(argInt(t, d, "vrid", 51)), vrrp.ChecksumPseudoHeader
	if a.Version == 2 {
		a.Checksum = vrrp.ChecksumMessage
	}
	a.Checksum = vrrp.Checksum(argInt(t, d, "checksum", int(a.Checksum)))
	a.Priority = uint8(argInt(t, d, "priority", priorities[name]))
	a.Interval = argDuration(t, d, "interval", time.Second)
	p.Fault = vrrp.RejectReason(argInt(t, d, "fault", 0))
	for _, arg := range d.CmdArgs {
		switch arg.Key {
		case "vips":
			vips = arg.Vals
		case "no-vips":
			vips = nil
		case "password":
			a.AuthType = vrrp.AuthPassword
			copy(a.Key[:], arg.Vals[0])
		case "auth":
			a.AuthType = vrrp.AuthType(argInt(t, d, "auth", 0))
		case "unicast":
			p.Destination = netip.MustParseAddr("192.0.2.9")
		case "to": // =NAME, by unicast
			p.Destination = netip.AddrFrom4([4]byte{192, 0, 2, arg.Vals[0][0] - 'a' + 1})
		case "on": // =INTERFACE
			p.Interface = arg.Vals[0]
		case "vlan":
			p.VLANs = []uint16{uint16(argInt(t, d, "vlan", 0))}
		case "mac":
			p.SourceMAC = hardware(arg.Vals[0])
		case "signed": // =valid | forged | unverified
			p.HMAC = &HMAC{Verdict: map[string]Verdict{"valid": Valid, "forged": Forged}[arg.Vals[0]]}
		}
	}
	for _, v := range vips {
		a.Addresses = append(a.Addresses, netip.MustParseAddr(v))
	}
	return p
}

func argDuration(t *testing.T, d *datadriven.TestData, key string, otherwise time.Duration) time.Duration {
	if !d.HasArg(key) {
		return otherwise
	}
	var text string
	d.ScanArgs(t, key, &text)
	v, err := time.ParseDuration(text)
	if err != nil {
		d.Fatalf(t, "%s: %v", key, err)
	}
	return v
}

func argInt(t *testing.T, d *datadriven.TestData, key string, otherwise int) int {
	if d.HasArg(key) {
		d.ScanArgs(t, key, &otherwise)
	}
	return otherwise
}
