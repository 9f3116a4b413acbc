package config

import (
	"strconv"

	"github.com/kactl/kactl/pkg/health"
	"github.com/kactl/kactl/pkg/syntax"
)

var lengths = whole(0, 65535)

func udpKeywords() []Keyword {
	length := func(name, otherwise, doc string, field func(*health.UDPExchange) *int) Keyword {
		return Keyword{Name: name, Args: "LENGTH", Need: 1, Default: otherwise, Unit: "bytes", Limits: lengths, Doc: doc,
			decode: func(d *decoder, k *Keyword, s *syntax.Statement) {
				if n, ok := d.integer(k, s, "ignores it"); ok {
					*field(d.exchange) = n
				}
			}}
	}
	return append([]Keyword{
		{Name: "payload", Args: "HEX...", Default: "something random", decode: (*decoder).udpPayload,
			Doc: "what to send, in hexadecimal"},
		{Name: "require_reply", Args: "[HEX...]", decode: (*decoder).udpReply,
			Doc: "down without an answer, which starts with this; X stands for any digit"},
		length("min_reply_length", "0", "the shortest answer that will do", func(x *health.UDPExchange) *int { return &x.MinReply }),
		length("max_reply_length", "255", "the longest answer that will do", func(x *health.UDPExchange) *int { return &x.MaxReply }),
	}, connectKeywords()...)
}

func (d *decoder) udpCheck(k *Keyword, s *syntax.Statement) {
	d.exchange = &health.UDPExchange{MaxReply: 255}
	c := d.beginCheck(health.UDP, k, s)
	c.UDP = d.exchange
	if x := c.UDP; x.MinReply > x.MaxReply {
		d.fault("reply-length", d.endOf(s), "min_reply_length %d is more than max_reply_length %d: the check always fails", x.MinReply, x.MaxReply)
	}
	d.endCheck(c)
}

func (d *decoder) udpPayload(k *Keyword, s *syntax.Statement) {
	if len(s.Args()) == 0 {
		d.fault("value", s.Range(), "payload without a value; keepalived ignores it").Hint = "write hexadecimal digits"
		return
	}
	if b, _, ok := d.hexBytes(k, s, false); ok {
		d.exchange.Payload = b
	}
}

func (d *decoder) udpReply(k *Keyword, s *syntax.Statement) {
	d.exchange.RequireReply = true
	if len(s.Args()) == 1 && s.Arg(0) == "" {
		d.fault("value", s.AtArg(0), "%s with empty digits; keepalived ignores them", k.Name).Hint = "write hexadecimal digits, or nothing"
		return
	}
	if b, mask, ok := d.hexBytes(k, s, true); ok {
		d.exchange.Reply, d.exchange.Mask = b, mask
	}
}

// hexBytes reads words of hexadecimal digits: two are a byte, and one that is
// left over at the end of a word is one too. With wild an x is any digit, and
// its bits are not in the mask.
func (d *decoder) hexBytes(k *Keyword, s *syntax.Statement, wild bool) (b, mask []byte, ok bool) {
	half := false
	for i, w := range s.Args() {
		half = false
		for _, c := range []byte(w.Text) {
			if c == ' ' || c == '\t' {
				half = false
				continue
			}
			digit, err := strconv.ParseUint(string(c), 16, 8)
			bits := byte(15)
			if wild && c|0x20 == 'x' {
				digit, bits, err = 0, 0, nil
			}
			if err != nil {
				d.fault("value", s.AtArg(i), "%s is not hexadecimal; keepalived ignores %s", clip(w.Text), k.Name)
				return nil, nil, false
			}
			if half {
				b[len(b)-1] = b[len(b)-1]<<4 | byte(digit)
				mask[len(mask)-1] = mask[len(mask)-1]<<4 | bits
			} else {
				b, mask = append(b, byte(digit)), append(mask, 0xf0|bits)
			}
			half = !half
		}
	}
	return b, mask, true
}
