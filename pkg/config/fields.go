package config

import (
	"time"

	"github.com/kactl/kactl/pkg/syntax"
)

// A decoding is how a keyword's values become settings.
type decoding = func(*decoder, *Keyword, *syntax.Statement)

// The functions below make the decodings of keywords that fill one field of the
// settings. Each reports a value that is missing or out of the keyword's limits
// and then leaves the field alone, as keepalived does.

// in finds a field that f finds in Global.
func in[T any](f func(*Global) *T) func(*decoder) *T {
	return func(d *decoder) *T { return f(&d.config.Global) }
}

// flag is a keyword that is set by its presence.
func flag(field func(*decoder) *bool) decoding {
	return func(d *decoder, _ *Keyword, _ *syntax.Statement) { *field(d) = true }
}

// toggle is a keyword with an optional BOOL.
func toggle(field func(*decoder) *bool) decoding {
	return func(d *decoder, k *Keyword, s *syntax.Statement) {
		if b, ok := d.boolean(k, s); ok {
			*field(d) = b
		}
	}
}

// count is a keyword with a whole number.
func count[T ~int | ~uint8 | ~uint16](field func(*decoder) *T) decoding {
	return func(d *decoder, k *Keyword, s *syntax.Statement) {
		if !d.valued(k, s) {
			return
		}
		if n, ok := d.integer(k, s, "ignores it"); ok {
			*field(d) = T(n)
		}
	}
}

// period is a keyword with a time, which it counts in units.
func period(unit time.Duration, field func(*decoder) *time.Duration) decoding {
	return func(d *decoder, k *Keyword, s *syntax.Statement) {
		if !d.valued(k, s) {
			return
		}
		if n, ok := d.number(k, s, "ignores it"); ok {
			*field(d) = seconds(n * unit.Seconds())
		}
	}
}

// text is a keyword with a word: the last one counts.
func text(field func(*decoder) *string) decoding {
	return func(d *decoder, k *Keyword, s *syntax.Statement) {
		if d.valued(k, s) {
			*field(d) = s.Arg(0)
		}
	}
}

// firstText is a keyword with a word of which keepalived keeps the first one
// and refuses another. The keyword repeats, so that this is said once.
func firstText(field func(*decoder) *string) decoding {
	return func(d *decoder, k *Keyword, s *syntax.Statement) {
		p := field(d)
		switch {
		case !d.valued(k, s):
		case *p != "":
			d.again(k, s, "ignores this one")
		default:
			*p = s.Arg(0)
		}
	}
}

// again reports a keyword that keepalived takes once.
func (d *decoder) again(k *Keyword, s *syntax.Statement, otherwise string) {
	d.fault("duplicate-keyword", s.Range(), "%s is set already; keepalived %s", k.Name, otherwise)
}
