package config

import (
	"net/netip"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/secret"
	"github.com/kactl/kactl/pkg/syntax"
	"github.com/kactl/kactl/pkg/vrrp"
)

// instance is a vrrp_instance that is being read.
type instance struct {
	vrrp.Instance
	statement *syntax.Statement
	garp      garp
	group     *group
	protocol  protocol
	state     bool // is set
	accept    *bool
	strict    *bool
	ttl       *uint8

	ownerIgnores, notifyPriority *bool

	extra      time.Duration // garp_extra_if
	extraAll   bool
	mcastGroup netip.Addr // mcast_dst_ip

	priority     *syntax.Statement // nil if it is not set
	interfaceBad bool
	hasAuth      bool // an authentication block with a type
	authAt       diag.Range
	unicast      string // a unicast keyword
	tracks       []track
	family       int // 4 or 6, of the first address; 0 is none yet
	addressed    bool
}

func (d *decoder) vrrpInstance(k *Keyword, s *syntax.Statement) {
	if len(s.Args()) != 1 {
		d.fault("name", s.Range(), "vrrp_instance must have one name; keepalived skips it").Hint = "write vrrp_instance NAME {"
		return
	}
	name := s.Arg(0)
	if x := d.instanceNamed[name]; x != nil {
		d.alreadyDefined(k, s, x.statement)
		return
	}
	d.instance = &instance{statement: s, Instance: vrrp.Instance{
		Name: name, InitialState: vrrp.Backup, AdvertInterval: time.Second,
	}}
	d.instances, d.instanceNamed[name] = append(d.instances, d.instance), d.instance
	d.inside(k, s, k.Name, name)
}

func (d *decoder) alreadyDefined(k *Keyword, s, first *syntax.Statement) {
	x := d.fault("duplicate-name", s.AtArg(0), "%s %s is defined already; keepalived skips this one", k.Name, clip(s.Arg(0)))
	x.Related = []diag.Related{{Range: first.Range(), Message: "first defined here"}}
}

func (d *decoder) state(k *Keyword, s *syntax.Statement) {
	d.instance.state = true
	switch s.Arg(0) {
	case "MASTER":
		d.instance.InitialState = vrrp.Master
	case "BACKUP":
		d.instance.InitialState = vrrp.Backup
	default:
		d.instance.InitialState = vrrp.Backup
		d.fault("value", s.AtArg(0), "unknown state %s; keepalived uses BACKUP", clip(s.Arg(0))).Hint = "write MASTER or BACKUP, in capitals"
	}
}

func (d *decoder) instanceInterface(k *Keyword, s *syntax.Statement) {
	d.instance.Interface = s.Arg(0)
	at, name := s.AtArg(0), s.Arg(0)
	switch {
	case !d.interfaceExists(at, name):
		d.instance.interfaceBad = true
	case d.host != nil && d.host.IsLoopback(name):
		d.instance.interfaceBad = true
		d.result.Fatal = true
		d.fault("loopback-interface", at, "%s is a loopback interface, on which nobody hears an advert; keepalived exits", clip(name)).Hint = "name the interface that leads to the other directors"
	}
}

// interfaceExists reports a missing interface. keepalived's VRRP process exits
// for it.
func (d *decoder) interfaceExists(at diag.Range, name string) bool {
	if d.host == nil || d.host.InterfaceExists(name) || d.mayCome(at, name) {
		return true
	}
	d.result.Fatal = true
	d.fault("unknown-interface", at, "no interface %s; keepalived exits", clip(name)).Hint = d.interfaceHint()
	return false
}

// interfaceHint says what interfaces there are, if the host tells.
func (d *decoder) interfaceHint() string {
	h, ok := d.host.(interface{ Interfaces() []string })
	if !ok {
		return "ip -br link lists what there is"
	}
	names := slices.DeleteFunc(slices.Clone(h.Interfaces()), d.host.IsLoopback)
	if n := len(names); n == 0 {
		return "this machine has no interface but the loopback"
	} else if n > 8 {
		names = append(names[:8], "others")
	}
	return "this machine has " + strings.Join(names, ", ")
}

func (d *decoder) vrid(k *Keyword, s *syntax.Statement) {
	if n, ok := d.integer(k, s, "ignores it"); ok {
		d.instance.VRID = uint8(n)
	}
}

func (d *decoder) priority(k *Keyword, s *syntax.Statement) {
	d.instance.priority = s
	n, ok := d.integer(k, s, "uses 100")
	if !ok {
		n = 100
	}
	d.instance.Priority = uint8(n)
}

func (d *decoder) advertInterval(k *Keyword, s *syntax.Statement) {
	if t, ok := d.seconds(k, s, "ignores it"); ok {
		d.instance.AdvertInterval = t
	}
}

func (d *decoder) noPreempt(*Keyword, *syntax.Statement) { d.instance.NoPreempt = true }
func (d *decoder) preempt(*Keyword, *syntax.Statement)   { d.instance.NoPreempt = false }

func (d *decoder) preemptDelay(k *Keyword, s *syntax.Statement) {
	d.instance.PreemptDelay, _ = d.seconds(k, s, "uses none")
}

func (d *decoder) authentication(k *Keyword, s *syntax.Statement) {
	d.instance.authAt = s.Range()
	d.inside(k, s, k.Name)
}

func (d *decoder) authType(k *Keyword, s *syntax.Statement) {
	switch s.Arg(0) {
	case "PASS":
		d.instance.Auth.Type = vrrp.AuthPassword
	case "AH":
		d.instance.Auth.Type = vrrp.AuthAH
	default:
		d.fault("value", s.AtArg(0), "unknown authentication type %s; keepalived ignores it", clip(s.Arg(0))).Hint = "write PASS, in capitals"
		return
	}
	d.instance.hasAuth = true
}

// passwordLen is how much of a password an advert carries, in bytes.
const passwordLen = 8

func (d *decoder) authPass(k *Keyword, s *syntax.Statement) {
	pass := s.Arg(0)
	if n := passwordLen; len(pass) > n {
		x := d.fault("auth-pass", s.AtArg(0), "auth_pass has %d characters; keepalived uses the first %d", len(pass), n)
		x.Hint = "write the first 8 characters alone, here and on the other routers"
		if utf8.ValidString(pass[:n]) {
			x.Fix = rewrite(s, s.Words[1], pass[:n])
		}
	}
	d.instance.Auth.Password = secret.New(pass[:min(len(pass), passwordLen)])
}

func (d *decoder) source(k *Keyword, s *syntax.Statement) {
	a, ok := d.hostAddress(s.AtArg(0), k.Name, s.Arg(0))
	if !ok {
		d.fault("address", s.AtArg(0), "%s is not an IP address; keepalived ignores %s", clip(s.Arg(0)), k.Name)
		return
	}
	if !d.family(a) {
		d.fault("address-family", s.AtArg(0), "%s is not of the instance's family; keepalived ignores it", a)
		return
	}
	d.instance.Source = a
}

func (d *decoder) unicastSource(k *Keyword, s *syntax.Statement) {
	d.instance.unicast = k.Name
	d.source(k, s)
}

// family notes the family of the instance, which its first address sets.
func (d *decoder) family(a netip.Addr) bool {
	n := 4
	if a.Is6() {
		n = 6
	}
	if d.instance.family == 0 {
		d.instance.family = n
	}
	return d.instance.family == n
}

func (d *decoder) unicastPeers(k *Keyword, s *syntax.Statement) {
	d.instance.unicast = k.Name
	for _, l := range s.Body() {
		at, text := l.AtName(), l.Name()
		a, ok := d.hostAddress(at, k.Name, text)
		p := vrrp.Peer{Addr: a, MaxTTL: 255}
		if ok {
			d.peerOptions(l, &p)
		}
		if p.MinTTL > p.MaxTTL {
			d.fault("ttl", at, "min_ttl %d is greater than max_ttl %d: every advert of %s is refused", p.MinTTL, p.MaxTTL, a)
		}
		switch {
		case !ok:
			d.fault("address", at, "%s is not an IP address; keepalived skips it", clip(text))
		case !d.family(a):
			d.fault("address-family", at, "the addresses of an instance must be of one family; keepalived ignores %s", a)
		default:
			d.place(at, k.Name, text)
			d.instance.Peers = append(d.instance.Peers, p)
		}
	}
}

// peerOptions reads the words behind a peer: pairs of min_ttl or max_ttl and a
// number, which also turn check_unicast_src on. keepalived takes any other word
// for them too.
func (d *decoder) peerOptions(l *syntax.Statement, p *vrrp.Peer) {
	for i := 0; i < len(l.Args()); i += 2 {
		field := &p.MinTTL
		switch name := l.Arg(i); name {
		case "max_ttl":
			field = &p.MaxTTL
			fallthrough
		case "min_ttl":
			if i+1 >= len(l.Args()) {
				d.fault("missing-value", l.AtArg(i), "%s lacks its value; keepalived ignores it", name).Hint = "write " + name + " NUMBER"
				return
			}
			if n, ok := d.numberAt(ttls, l.AtArg(i+1), name, l.Arg(i+1), "ignores it"); ok {
				*field, d.instance.PeersOnly = uint8(n), true
			}
		default:
			d.fault("extra-words", l.AtArg(i), "unknown word %q behind the peer", clip(name)).Hint = "write a comment behind #"
		}
	}
}

var ttls = exactly(0, 255)

func (d *decoder) dontTrackPrimary(*Keyword, *syntax.Statement) { d.instance.DontTrackPrimary = true }

// skipCheck reads a BOOL as keepalived 2.2.7 does: any one turns it on, and
// nothing turns it off.
func (d *decoder) skipCheck(k *Keyword, s *syntax.Statement) {
	b, ok := d.boolean(k, s)
	if !ok {
		return
	}
	d.instance.SkipAddressCheck = true
	if !b {
		d.warn("value", s.AtArg(0), "keepalived 2.2.7 ignores the %s behind %s: it is on", s.Arg(0), k.Name).Hint = "remove " + k.Name
	}
}

// multicast reports whether x sends to the group.
func (x *instance) multicast() bool { return len(x.Peers) == 0 }

// shares reports whether two instances on one interface and VRID, of one family,
// hear each other's adverts: both by multicast to one group, or by unicast with a
// peer in common, unless each has a source of its own.
func (d *decoder) shares(x, y *instance) bool {
	mine, theirs := d.advertRoute(x), d.advertRoute(y)
	if len(mine.peers) == 0 && len(theirs.peers) == 0 {
		return mine.group == theirs.group
	}
	if mine.source.IsValid() && theirs.source.IsValid() && mine.source != theirs.source {
		return false
	}
	return slices.ContainsFunc(mine.peers, func(p vrrp.Peer) bool {
		return slices.ContainsFunc(theirs.peers, func(q vrrp.Peer) bool { return p.Addr == q.Addr })
	})
}

// An advertRoute is where adverts of an instance go and come from.
type advertRoute struct {
	group, source netip.Addr
	peers         []vrrp.Peer
}

func (d *decoder) advertRoute(x *instance) advertRoute {
	return advertRoute{x.Instance.Group, x.Source, x.Peers}
}
