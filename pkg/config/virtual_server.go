package config

import (
	"net/netip"
	"slices"
	"strconv"
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
	tunnel      lvs.Tunnel
	sorryMethod lvs.Forward // 0 is the service's
	sorryTunnel lvs.Tunnel
	weight      int
	oddWeight   bool // the weight of a server is no number, which was reported
	inhibit     bool
	noPort      bool // which was reported
	virtualHost string
	family      int // 4 or 6, or 0 where nothing has said it yet
	reals       []*real

	// Where it says things that are checked at the end.
	protocolAt, sorryAt, quorumAt, hysteresisAt, suspendAt, opsAt *syntax.Statement
}

// tunnelled reports whether all servers of s are reached through tunnels.
func (s *service) tunnelled() bool {
	for _, r := range s.reals {
		if r.forward(s) != lvs.TUN {
			return false
		}
	}
	return s.Sorry == nil || s.sorryForward() == lvs.TUN
}

func (s *service) sorryForward() lvs.Forward {
	if s.sorryMethod != 0 {
		return s.sorryMethod
	}
	return s.method
}

// takes reports whether a server with address a, reached by f, can be one of s.
// The first one settles the family of s where nothing else has.
func (s *service) takes(a netip.Addr, f lvs.Forward) bool {
	if f == lvs.TUN {
		return true
	}
	if s.family == 0 {
		s.family = familyOf(a)
	}
	return s.family == familyOf(a)
}

// schedulers are those that keepalived knows.
var schedulers = []string{"rr", "wrr", "lc", "wlc", "lblc", "sh", "mh", "dh", "fo", "ovf", "lblcr", "sed", "nq", "twos"}

// defaultPersistence is that of persistence_timeout without a number.
const defaultPersistence = 360 * time.Second

func serviceKeywords() []Keyword {
	ks := []Keyword{
		{Name: "lvs_sched", Args: "SCHEDULER", Need: 1, Default: "wlc", Effect: true, decode: (*decoder).scheduler,
			Doc: "how connections are shared out: " + strings.Join(schedulers, ", ")},
		{Name: "lb_algo", Args: "SCHEDULER", Need: 1, Default: "wlc", Effect: true, decode: (*decoder).scheduler,
			Doc: "the same as lvs_sched"},
		{Name: "lvs_method", Args: methodArgs, Need: 1, Default: "NAT", Effect: true, decode: (*decoder).serviceMethod,
			Doc: "how packets reach the real servers"},
		{Name: "lb_kind", Args: methodArgs, Need: 1, Default: "NAT", Effect: true, decode: (*decoder).serviceMethod,
			Doc: "the same as lvs_method"},
		{Name: "persistence_timeout", Args: "[SECONDS]", Default: "360 without a number; off without the keyword", Unit: "s", Limits: exactly(1, 2678400), Effect: true, decode: (*decoder).persistence,
			Doc: "time that a client stays with its real server"},
		{Name: "persistence_granularity", Args: "NETMASK|LENGTH", Need: 1, Default: "255.255.255.255, or 128", Limits: whole(1, 128), Effect: true, decode: (*decoder).granularity,
			Doc: "mask of the clients that stay together, or its length for IPv6"},
		{Name: "persistence_engine", Args: "NAME", Need: 1, Effect: true, decode: func(d *decoder, _ *Keyword, s *syntax.Statement) { d.service.Engine = s.Arg(0) },
			Doc: "what else tells clients apart: sip"},
		{Name: "protocol", Args: "TCP|UDP|SCTP", Need: 1, Default: "UDP", Effect: true, NotYet: []string{"SCTP"}, decode: (*decoder).protocol,
			Doc: "protocol of the service"},
		{Name: "sorry_server", Args: "ADDRESS [PORT]", Need: 1, Effect: true, decode: (*decoder).sorryServer,
			Doc: "server that takes over while no real server is up"},
		{Name: "sorry_server_inhibit", decode: (*decoder).sorryInhibit,
			Doc: "keep the sorry server in the table with weight 0 while it is not needed"},
		{Name: "sorry_server_lvs_method", Args: methodArgs, Default: "the service's", Effect: true, decode: (*decoder).sorryMethod,
			Doc: "how packets reach the sorry server"},
		{Name: "virtualhost", Args: "NAME", Effect: true, decode: (*decoder).serviceHost,
			Doc: "Host header of HTTP checks that name none"},
		{Name: "weight", Args: "NUMBER", Need: 1, Default: "1", Limits: whole(1, 2147483647), Effect: true, decode: (*decoder).serviceWeight,
			Doc: "weight of real servers that name none"},
		{Name: "inhibit_on_failure", Effect: true, decode: (*decoder).serviceInhibit,
			Doc: "keep failed real servers in the table with weight 0"},
		{Name: "ip_family", Args: "inet|inet6", Need: 1, Default: "that of the real servers", decode: (*decoder).family46,
			Doc: "address family of a service by firewall mark"},
		{Name: "ops", Effect: true, decode: func(d *decoder, _ *Keyword, s *syntax.Statement) {
			d.service.OnePacket, d.service.opsAt = true, s
		},
			Doc: "schedule each datagram by itself"},
		{Name: "alpha", decode: func(d *decoder, _ *Keyword, _ *syntax.Statement) { d.service.Alpha = true },
			Doc: "take the real servers for down until their checks succeeded", Instead: "they get clients until a check fails"},
		{Name: "omega", decode: func(d *decoder, _ *Keyword, _ *syntax.Statement) { d.service.Omega = true },
			Doc: "run the programs for a server down and a quorum lost when keepalived stops", Instead: "they are not run at the stop"},
		{Name: "ha_suspend", decode: func(d *decoder, _ *Keyword, s *syntax.Statement) {
			d.service.HASuspend, d.service.suspendAt = true, s
		},
			Doc: "stop the checks while this machine does not have the service's address"},
		{Name: "smtp_alert", Args: "[BOOL]", Default: "smtp_alert_checker", Effect: true, Doc: "send mails about the quorum",
			decode: func(d *decoder, k *Keyword, s *syntax.Statement) { d.option(k, s, &d.service.SMTPAlert) }},
		{Name: "snmp_name", Args: "NAME", Doc: "name of the service in SNMP",
			decode: func(d *decoder, k *Keyword, s *syntax.Statement) { d.snmpName(k, s, &d.service.SNMPName) }},
		{Name: "real_server", Args: "ADDRESS [PORT]", Need: 1, Shape: syntax.Block, Effect: true, decode: (*decoder).realServer, Inside: realKeywords(),
			Doc: "one server of the service"},
	}
	ks = append(ks, timingKeywords(func(d *decoder) *timing { return &d.service.timing }, exactly(1, 4294967295))...)
	return slices.Concat(ks, quorumKeywords(), flagKeywords())
}

func (d *decoder) virtualServer(k *Keyword, s *syntax.Statement) {
	x := &service{statement: s, weight: 1}
	x.Quorum = 1
	name, ok := d.serviceHead(x)
	if !ok {
		return
	}
	d.service = x
	d.services = append(d.services, x)
	if !d.table.runs(&x.VirtualServer) {
		d.idle++
		defer func() { d.idle-- }()
	}
	d.inside(k, s, k.Name, name)
	if x.Sorry != nil && !x.takes(x.Sorry.Addr.Addr(), x.sorryForward()) {
		d.fault("address-family", x.sorryAt.AtArg(0), "sorry_server %s is of another family than its service; keepalived skips it", x.Sorry.Addr.Addr())
		x.Sorry = nil
	}
}

// serviceHead reads what x is a service of, and returns what it is called.
func (d *decoder) serviceHead(x *service) (name string, ok bool) {
	s := x.statement
	switch kind := s.Arg(0); {
	case kind != "fwmark" && kind != "group":
		x.ID.Addr, ok = d.endpoint(s, "virtual_server", "skips it")
		x.family = familyOf(x.ID.Addr.Addr())
		return x.ID.Addr.String(), ok
	case len(s.Args()) < 2:
		d.fault("missing-value", s.Range(), "virtual_server %s lacks its value; keepalived crashes", kind).Hint = "write fwmark NUMBER, or group NAME"
		return "", false
	case kind == "group":
		x.Group = s.Arg(1)
	default:
		n, ok := d.numberAt(whole(1, 4294967295), s.AtArg(1), "fwmark", s.Arg(1), "skips the service")
		if !ok {
			return "", false
		}
		x.ID.Mark = uint32(n)
	}
	if !d.table.runs(&x.VirtualServer) {
		d.warn("not-run", s.AtArg(0), "virtual_server %s is not supported yet: this service is left out", s.Arg(0))
	}
	return s.Arg(0) + " " + s.Arg(1), true
}

// endpoint reads ADDRESS [PORT]; without a port it is 0.
func (d *decoder) endpoint(s *syntax.Statement, what, otherwise string) (netip.AddrPort, bool) {
	a, ok := d.hostAddress(s.AtArg(0), what, s.Arg(0))
	if ok && strings.ContainsAny(s.Arg(0), "/-") {
		d.lastReport().Hint = "write a virtual_server_group for several"
	}
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

func (d *decoder) serviceMethod(k *Keyword, s *syntax.Statement) {
	if f, t, ok := d.forward(k, s); ok {
		d.service.method, d.service.tunnel = f, t
	}
}

func (d *decoder) persistence(k *Keyword, s *syntax.Statement) {
	if len(s.Args()) == 0 {
		d.service.Persistence = defaultPersistence
	} else if t, ok := d.seconds(k, s, "ignores it"); ok {
		d.service.Persistence = t
	}
}

// granularity reads a netmask, or for IPv6 its length. Where nothing has said
// the family, a dot does.
func (d *decoder) granularity(k *Keyword, s *syntax.Statement) {
	x, text := d.service, s.Arg(0)
	if x.family == 0 {
		if x.family = 6; strings.Contains(text, ".") {
			x.family = 4
		}
	}
	if x.family == 6 {
		n, ok := d.integer(k, s, "ignores it")
		if !ok {
			return
		}
		x.Netmask = netip.Addr{}
		if n < 128 {
			x.Netmask = netip.PrefixFrom(allOnes, n).Masked().Addr()
		}
		return
	}
	a, ok := address(text)
	if n, err := strconv.ParseUint(text, 10, 32); err == nil {
		a, ok = netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}), true
		d.warn("netmask", s.AtArg(0), "keepalived takes %s for the netmask %s", text, a).Hint = "write the netmask as 255.255.255.0 or the like"
	}
	if !ok || !a.Is4() {
		d.fault("address", s.AtArg(0), "%s is not a netmask; keepalived ignores it", clip(text)).Hint = "write 255.255.255.0 or the like"
		return
	}
	x.Netmask = a
}

// allOnes is the mask of a whole IPv6 address.
var allOnes = netip.AddrFrom16([16]byte{255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255})

var protocols = map[string]lvs.Protocol{"TCP": lvs.TCP, "UDP": lvs.UDP, "SCTP": lvs.SCTP}

func (d *decoder) protocol(k *Keyword, s *syntax.Statement) {
	p, ok := protocols[strings.ToUpper(s.Arg(0))]
	if !ok {
		d.fault("value", s.AtArg(0), "unknown protocol %s; keepalived ignores it", clip(s.Arg(0))).Hint = "write TCP, UDP or SCTP"
		return
	}
	if slices.Contains(k.NotYet, p.String()) {
		d.warn("not-run", s.AtArg(0), "protocol %s is not supported yet: this service is left out", p)
	}
	d.service.ID.Protocol, d.service.protocolAt = p, s
}

var families = map[string]int{"inet": 4, "inet6": 6}

func familyOf(a netip.Addr) int {
	if a.Is4() {
		return 4
	}
	return 6
}

func (d *decoder) family46(k *Keyword, s *syntax.Statement) {
	x := d.service
	f, ok := families[s.Arg(0)]
	switch {
	case !ok:
		d.fault("value", s.AtArg(0), "unknown family %s; keepalived ignores it", clip(s.Arg(0))).Hint = "write inet or inet6"
	case x.family != 0 && x.family != f:
		d.fault("address-family", s.AtArg(0), "the service is of another family already; keepalived ignores ip_family %s", s.Arg(0))
	default:
		x.family, x.ID.Family = f, uint8(f)
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

// sorry reports a word about the sorry server where there is none yet.
func (d *decoder) sorry(k *Keyword, s *syntax.Statement) bool {
	if d.service.Sorry == nil {
		d.fault("no-sorry-server", s.AtName(), "%s above sorry_server, or without one; keepalived ignores it", k.Name).Hint = "write it below sorry_server"
		return false
	}
	return true
}

func (d *decoder) sorryInhibit(k *Keyword, s *syntax.Statement) {
	if d.sorry(k, s) {
		d.service.SorryInhibit = true
	}
}

func (d *decoder) sorryMethod(k *Keyword, s *syntax.Statement) {
	switch {
	case !d.sorry(k, s):
		return
	case len(s.Args()) == 0:
		d.lacks(k, s)
		return
	}
	if f, t, ok := d.forward(k, s); ok {
		d.service.sorryMethod, d.service.sorryTunnel = f, t
	}
}

// option reads a boolean that may be left to others.
func (d *decoder) option(k *Keyword, s *syntax.Statement, p **bool) {
	if b, ok := d.boolean(k, s); ok {
		*p = &b
	}
}

// snmpName reads exactly one word.
func (d *decoder) snmpName(k *Keyword, s *syntax.Statement, name *string) {
	if len(s.Args()) != 1 {
		d.fault("value", s.Range(), "snmp_name takes one word; keepalived ignores it").Hint = `write snmp_name "NAME"`
		return
	}
	*name = s.Arg(0)
}
