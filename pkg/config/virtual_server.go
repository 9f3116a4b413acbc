package config

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/kactl/kactl/pkg/lvs"
	"github.com/kactl/kactl/pkg/syntax"
)

// service is a virtual_server that is being read.
type service struct {
	lvs.VirtualServer
	statement   *syntax.Statement
	timing      timing
	method      lvs.Forward
	weight      int
	inhibit     bool
	virtualHost string
	sctp        bool
	sorryAt     *syntax.Statement
	reals       []*real
}

// schedulers are those that keepalived knows.
var schedulers = []string{"rr", "wrr", "lc", "wlc", "lblc", "sh", "mh", "dh", "fo", "ovf", "lblcr", "sed", "nq", "twos"}

var methods = map[string]lvs.Forward{"NAT": lvs.NAT, "DR": lvs.DR, "TUN": lvs.TUN}

// defaultPersistence is that of persistence_timeout without a number.
const defaultPersistence = 360 * time.Second

func serviceKeywords() []Keyword {
	ks := []Keyword{
		{Name: "lvs_sched", Args: "SCHEDULER", Need: 1, Default: "wlc", Support: Supported, decode: (*decoder).scheduler,
			Doc: "how connections are shared out: " + strings.Join(schedulers, ", ")},
		{Name: "lb_algo", Args: "SCHEDULER", Need: 1, Default: "wlc", Support: Supported, decode: (*decoder).scheduler,
			Doc: "the same as lvs_sched"},
		{Name: "lvs_method", Args: "NAT|DR|TUN", Need: 1, Default: "NAT", Support: Supported, decode: (*decoder).serviceMethod,
			Doc: "how packets reach the real servers"},
		{Name: "lb_kind", Args: "NAT|DR|TUN", Need: 1, Default: "NAT", Support: Supported, decode: (*decoder).serviceMethod,
			Doc: "the same as lvs_method"},
		{Name: "persistence_timeout", Args: "[SECONDS]", Default: "360 without a number; off without the keyword", Unit: "s", Limits: whole(1, 2678400), Support: Supported, decode: (*decoder).persistence,
			Doc: "time that a client stays with its real server"},
		{Name: "persistence_granularity", Args: "NETMASK", Need: 1, Default: "255.255.255.255", Support: Supported, decode: (*decoder).granularity,
			Doc: "mask of the clients that stay together"},
		{Name: "protocol", Args: "TCP|UDP", Need: 1, Default: "UDP", Support: Supported, decode: (*decoder).protocol,
			Doc: "protocol of the service"},
		{Name: "sorry_server", Args: "ADDRESS [PORT]", Need: 1, Support: Supported, decode: (*decoder).sorryServer,
			Doc: "server that takes over while no real server is up"},
		{Name: "virtualhost", Args: "NAME", Support: Supported, decode: (*decoder).serviceHost,
			Doc: "Host header of HTTP checks that name none"},
		{Name: "weight", Args: "NUMBER", Need: 1, Default: "1", Limits: whole(1, 2147483647), Support: Supported, decode: (*decoder).serviceWeight,
			Doc: "weight of real servers that name none"},
		{Name: "inhibit_on_failure", Support: Supported, decode: (*decoder).serviceInhibit,
			Doc: "keep failed real servers in the table with weight 0"},
		{Name: "smtp_alert", Args: "[BOOL]", Support: Accepted, decode: (*decoder).flag,
			Doc: "send mails about the quorum"},
		{Name: "real_server", Args: "ADDRESS [PORT]", Need: 1, Shape: syntax.Block, Support: Supported, decode: (*decoder).realServer, Inside: realKeywords(),
			Doc: "one server of the service"},
	}
	ks = append(ks, timingKeywords(func(d *decoder) *timing { return &d.service.timing }, 1)...)
	return append(ks, otherService()...)
}

func (d *decoder) virtualServer(k *Keyword, s *syntax.Statement) {
	switch s.Arg(0) {
	case "fwmark", "group":
		d.warn("unsupported", s.AtArg(0), "virtual_server %s is not supported yet: this service is left out", s.Arg(0))
		d.quiet++
		d.walk(k.block, s.Body())
		d.quiet--
		return
	}
	addr, ok := d.endpoint(s, "virtual_server", "skips it")
	if !ok {
		return
	}
	d.service = &service{statement: s, weight: 1}
	d.service.Key.Addr = addr
	d.services = append(d.services, d.service)
	d.inside(k, s, k.Name, addr.String())
}

// endpoint reads ADDRESS [PORT]; without a port it is 0.
func (d *decoder) endpoint(s *syntax.Statement, what, otherwise string) (netip.AddrPort, bool) {
	a, ok := address(s.Arg(0))
	if !ok {
		x := d.fault("address", s.AtArg(0), "%s %s is not an IP address; keepalived %s", what, clip(s.Arg(0)), otherwise)
		if strings.Contains(s.Arg(0), ":") {
			x.Hint = "write a blank between address and port"
		}
		return netip.AddrPort{}, false
	}
	if len(s.Args()) < 2 || s.Arg(1) == "0" {
		return netip.AddrPortFrom(a, 0), true
	}
	port, ok := d.numberAt(ports, s.AtArg(1), "port", s.Arg(1), otherwise)
	return netip.AddrPortFrom(a, uint16(port)), ok
}

func (d *decoder) scheduler(k *Keyword, s *syntax.Statement) {
	if !slices.Contains(schedulers, s.Arg(0)) {
		x := d.fault("value", s.AtArg(0), "unknown scheduler %s; keepalived ignores it", clip(s.Arg(0)))
		x.Hint = "the schedulers are " + strings.Join(schedulers, ", ")
		return
	}
	d.service.Scheduler = s.Arg(0)
}

// forward reads a forwarding method.
func (d *decoder) forward(k *Keyword, s *syntax.Statement) (lvs.Forward, bool) {
	f, ok := methods[s.Arg(0)]
	if !ok {
		d.fault("value", s.AtArg(0), "unknown forwarding method %s; keepalived ignores it", clip(s.Arg(0))).Hint = "write NAT, DR or TUN, in capitals"
		return 0, false
	}
	if f == lvs.TUN && s.Arg(1) == "type" && s.Arg(2) != "ipip" {
		d.warn("unsupported", s.AtArg(2), "tunnels of type %s are not supported yet: ipip is used", clip(s.Arg(2)))
	}
	return f, true
}

func (d *decoder) serviceMethod(k *Keyword, s *syntax.Statement) {
	if f, ok := d.forward(k, s); ok {
		d.service.method = f
	}
}

func (d *decoder) persistence(k *Keyword, s *syntax.Statement) {
	d.service.Persistence = defaultPersistence
	if len(s.Args()) == 0 {
		return
	}
	t, ok := d.seconds(k, s, "ignores it")
	if !ok {
		t = 0
	}
	d.service.Persistence = t
}

func (d *decoder) granularity(k *Keyword, s *syntax.Statement) {
	a, ok := address(s.Arg(0))
	if !ok {
		d.fault("address", s.AtArg(0), "%s is not a netmask; keepalived ignores it", clip(s.Arg(0))).Hint = "write 255.255.255.0 or the like"
		return
	}
	d.service.Netmask = a
}

func (d *decoder) protocol(k *Keyword, s *syntax.Statement) {
	d.service.sctp = false
	switch strings.ToUpper(s.Arg(0)) {
	case "TCP":
		d.service.Key.Protocol = lvs.TCP
	case "UDP":
		d.service.Key.Protocol = lvs.UDP
	case "SCTP":
		d.service.sctp = true
		d.warn("unsupported", s.AtArg(0), "protocol SCTP is not supported yet: this service is left out")
	default:
		d.fault("value", s.AtArg(0), "unknown protocol %s; keepalived ignores it", clip(s.Arg(0))).Hint = "write TCP or UDP"
	}
}

func (d *decoder) sorryServer(k *Keyword, s *syntax.Statement) {
	if addr, ok := d.endpoint(s, "sorry_server", "goes without it"); ok {
		d.service.Sorry, d.service.sorryAt = &lvs.RealServer{Addr: addr, Weight: 1}, s
	}
}

// hostName reads a name for the Host header.
func (d *decoder) hostName(k *Keyword, s *syntax.Statement, name *string) {
	if len(s.Args()) == 0 {
		d.fault("value", s.Range(), "%s without a name; keepalived ignores it", k.Name)
		return
	}
	*name = s.Arg(0)
}

func (d *decoder) serviceHost(k *Keyword, s *syntax.Statement) {
	d.hostName(k, s, &d.service.virtualHost)
}

func (d *decoder) serviceWeight(k *Keyword, s *syntax.Statement) {
	if n, ok := d.integer(k, s, "ignores it"); ok {
		d.service.weight = n
	}
}

func (d *decoder) serviceInhibit(*Keyword, *syntax.Statement) { d.service.inhibit = true }
