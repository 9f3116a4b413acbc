package config

import (
	"github.com/kactl/kactl/pkg/lvs"
	"github.com/kactl/kactl/pkg/syntax"
)

const methodArgs = "NAT|DR|TUN [type ipip|gue port PORT|gre] [nocsum|csum|remcsum]"

var (
	methods   = map[string]lvs.Forward{"NAT": lvs.NAT, "DR": lvs.DR, "TUN": lvs.TUN}
	tunnels   = map[string]lvs.TunnelType{"ipip": lvs.IPIP, "gue": lvs.GUE, "gre": lvs.GRE}
	checksums = map[string]lvs.Checksum{"nocsum": lvs.NoChecksum, "csum": lvs.WithChecksum, "remcsum": lvs.RemoteChecksum}
)

// forward reads a forwarding method. It reports false if keepalived ignores it.
func (d *decoder) forward(k *Keyword, s *syntax.Statement) (lvs.Forward, lvs.Tunnel, bool) {
	f, ok := methods[s.Arg(0)]
	if !ok {
		d.fault("value", s.AtArg(0), "unknown forwarding method %s; keepalived ignores it", clip(s.Arg(0))).Hint = "write NAT, DR or TUN, in capitals"
		return 0, lvs.Tunnel{}, false
	}
	t := d.tunnel(s)
	if f != lvs.TUN {
		return f, lvs.Tunnel{}, true
	}
	return f, t, true
}

// tunnel reads the words behind the method. With one that is wrong keepalived
// uses the method all the same.
func (d *decoder) tunnel(s *syntax.Statement) (t lvs.Tunnel) {
	sum, known := false, true
	for i := 1; i < len(s.Args()); i++ {
		word := s.Arg(i)
		if c, ok := checksums[word]; ok {
			t.Checksum, sum = c, true
			continue
		}
		switch word {
		case "type":
			if i++; i == len(s.Args()) {
				d.fault("missing-value", s.Range(), "type lacks its value; keepalived uses ipip").Hint = "write ipip, gue or gre behind it"
				return lvs.Tunnel{}
			}
			if t.Type, known = tunnels[s.Arg(i)]; !known {
				d.fault("value", s.AtArg(i), "unknown type of tunnel %s; keepalived uses ipip", clip(s.Arg(i))).Hint = "write ipip, gue or gre"
				return lvs.Tunnel{}
			}
		case "port":
			if i++; i == len(s.Args()) {
				d.fault("missing-value", s.Range(), "port lacks its value; keepalived ignores the tunnel").Hint = "write the port of the GUE tunnel behind it"
				return lvs.Tunnel{}
			}
			n, ok := d.numberAt(ports, s.AtArg(i), "port", s.Arg(i), "ignores the tunnel")
			if !ok {
				return lvs.Tunnel{}
			}
			t.Port = uint16(n)
		default:
			d.fault("extra-words", s.AtArg(i), "unknown word %q behind the method; keepalived ignores the tunnel", clip(word))
			return lvs.Tunnel{}
		}
	}
	switch {
	case (t.Type == lvs.GUE) != (t.Port != 0):
		d.fault("tunnel", s.Range(), "a tunnel of type gue needs a port, and no other has one; keepalived ignores the tunnel")
	case t.Type == lvs.IPIP && sum:
		d.fault("tunnel", s.Range(), "a tunnel of type ipip has no checksums; keepalived ignores the tunnel")
	case t.Type == lvs.GRE && t.Checksum == lvs.RemoteChecksum:
		d.fault("tunnel", s.Range(), "a tunnel of type gre has no remote checksum; keepalived ignores the tunnel")
	default:
		return t
	}
	return lvs.Tunnel{}
}
