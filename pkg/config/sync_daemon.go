package config

import (
	"fmt"
	"net/netip"
	"strconv"

	"github.com/kactl/kactl/pkg/syntax"
)

// SyncDaemon is how IPVS shares its connections with another director. The zero
// value is not at all.
type SyncDaemon struct {
	Interface string
	// Instance is the vrrp_instance whose state says whether to send or to
	// receive. Empty is both at once.
	Instance string
	// ID is 0 to 255; -1 is the virtual router id of Instance, and 0 without.
	ID int
	// MaxLength is that of a packet in bytes; 0 is what the interface takes.
	MaxLength int
	// Port is that of UDP, 0 for the kernel's 8848.
	Port uint16
	// TTL is that of the packets, 0 for the kernel's 1.
	TTL uint8
	// Group is the multicast group. The zero Addr is the kernel's 224.0.0.81.
	Group netip.Addr
}

func syncDaemonKeyword() Keyword {
	return Keyword{Name: "lvs_sync_daemon", Args: "INTERFACE [[inst] INSTANCE] [id 0..255] [maxlen BYTES] [port PORT] [ttl 1..255] [group ADDRESS]",
		Default: "id of the instance, port 8848, ttl 1, group 224.0.0.81", repeats: true, decode: (*decoder).lvsSyncDaemon,
		Doc: "share the connections of IPVS with another director"}
}

const interfaceNameSize = 15 // IFNAMSIZ without its NUL

func (d *decoder) lvsSyncDaemon(k *Keyword, s *syntax.Statement) {
	p := &d.config.Global.IPVS.Sync
	switch {
	case !d.valued(k, s):
		return
	case p.Interface != "":
		d.again(k, s, "ignores this one")
		return
	case len(s.Arg(0)) > interfaceNameSize:
		d.fault("value", s.AtArg(0), "an interface name has at most %d characters; keepalived ignores %s", interfaceNameSize, k.Name)
		return
	}
	x := SyncDaemon{Interface: s.Arg(0), ID: -1}
	for i := 1; i < len(s.Args()); i++ {
		word := s.Arg(i)
		switch {
		case syncOptions[word] != nil:
			if i++; i >= len(s.Args()) {
				d.syncLacks(s, word)
				break
			}
			if message := syncOptions[word](&x, s.Arg(i)); message != "" {
				d.fault("value", s.AtArg(i), "%s %s; keepalived ignores it", word, message)
			}
		case i == 1:
			x.Instance = word
		case i == 2 && x.Instance != "":
			d.syncID(&x, s, i)
		default:
			d.fault("extra-words", s.AtArg(i), "unknown word %q; keepalived ignores it", clip(word)).Hint = "write " + k.Args
		}
		if d.stop {
			return
		}
	}
	*p = x
}

// syncOptions read the value of a word, and say what is wrong with it.
var syncOptions = map[string]func(x *SyncDaemon, value string) string{
	"inst": func(x *SyncDaemon, value string) string {
		if x.Instance != "" {
			return "is " + strconv.Quote(clip(x.Instance)) + " already"
		}
		x.Instance = value
		return ""
	},
	"id":     syncNumber(whole(0, 255), func(x *SyncDaemon, n int) { x.ID = n }),
	"maxlen": syncNumber(whole(1, 65507), func(x *SyncDaemon, n int) { x.MaxLength = n }),
	"port":   syncNumber(ports, func(x *SyncDaemon, n int) { x.Port = uint16(n) }),
	"ttl":    syncNumber(whole(1, 255), func(x *SyncDaemon, n int) { x.TTL = uint8(n) }),
	"group": func(x *SyncDaemon, value string) string {
		a, ok := hostAddress(value)
		if !ok || !a.IsMulticast() {
			return strconv.Quote(clip(value)) + " is not a multicast address"
		}
		x.Group = a
		return ""
	},
}

func syncNumber(l *Limits, set func(*SyncDaemon, int)) func(*SyncDaemon, string) string {
	return func(x *SyncDaemon, value string) string {
		n, message := parseNumber(value, l)
		if message == "" {
			set(x, int(n))
		}
		return message
	}
}

// syncLacks reports a word without its value. Only the instance is one that
// keepalived cannot do without.
func (d *decoder) syncLacks(s *syntax.Statement, word string) {
	if word == "inst" {
		d.lacks(&Keyword{Name: word, Args: "INSTANCE"}, s)
		return
	}
	d.fault("value", s.AtArg(len(s.Args())-1), "%s lacks its value; keepalived ignores it", word)
}

// syncID reads a number behind the instance, which was its id in old files.
func (d *decoder) syncID(x *SyncDaemon, s *syntax.Statement, i int) {
	message := syncOptions["id"](x, s.Arg(i))
	if message != "" {
		d.fault("value", s.AtArg(i), "%s: it is taken for an id; keepalived ignores it", message)
		return
	}
	d.fault("deprecated", s.AtArg(i), "a number without a word is an id to keepalived").Hint = fmt.Sprintf("write id %d", x.ID)
}
