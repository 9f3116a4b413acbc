package config

import (
	"slices"

	"github.com/kactl/kactl/pkg/diag"

	"github.com/kactl/kactl/pkg/syntax"
	"github.com/kactl/kactl/pkg/vrrp"
)

const trackSynopsis = "NAME [weight NUMBER] [reverse|noreverse]"

// track is one line of a track block.
type track struct {
	vrrp.Track
	line *syntax.Statement
}

func (d *decoder) trackInterfaces(k *Keyword, s *syntax.Statement) {
	for _, l := range s.Body() {
		d.interfaceExists(l.AtName(), l.Name())
		d.track(l, vrrp.Track{Kind: vrrp.TrackInterface, Name: l.Name()})
	}
}

func (d *decoder) trackScripts(k *Keyword, s *syntax.Statement) {
	for _, l := range s.Body() {
		c := d.scriptNamed[l.Name()]
		if c == nil {
			x := d.fault("unknown-script", l.AtName(), "no vrrp_script %s before this; keepalived ignores it", clip(l.Name()))
			x.Hint = nearestName(l.Name(), d.scripts, func(c *script) string { return c.Name })
			continue
		}
		d.track(l, vrrp.Track{Kind: vrrp.TrackScript, Name: c.Name, Weight: c.weight, Reverse: c.reverse})
	}
}

// track reads the words behind the name and keeps t.
func (d *decoder) track(l *syntax.Statement, t vrrp.Track) {
	same := func(o track) bool { return o.Kind == t.Kind && o.Name == t.Name }
	if i := slices.IndexFunc(d.instance.tracks, same); i >= 0 {
		d.alreadyTracked(l, d.instance.tracks[i].line)
		return
	}
	for i := 0; i < len(l.Args()); i++ {
		switch word := l.Arg(i); word {
		case "weight":
			if i++; i >= len(l.Args()) {
				d.fault("missing-value", l.AtArg(i-1), "weight lacks its number; keepalived ignores it")
				break
			}
			if n, ok := d.numberAt(whole(-253, 253), l.AtArg(i), word, l.Arg(i), "ignores it"); ok {
				t.Weight = int(n)
			}
		case "reverse":
			t.Reverse = true
		case "noreverse", "no_reverse":
			t.Reverse = false
		default:
			d.fault("extra-words", l.AtArg(i), "unknown word %q behind the name; keepalived ignores the rest", clip(word)).Hint = "the words are " + trackSynopsis
			i = len(l.Args())
		}
	}
	d.place(l.AtName(), trackKeyword(t.Kind), t.Name)
	d.instance.tracks = append(d.instance.tracks, track{t, l})
}

func trackKeyword(k vrrp.TrackKind) string {
	if k == vrrp.TrackScript {
		return "track_script"
	}
	return "track_interface"
}

func (d *decoder) alreadyTracked(l, first *syntax.Statement) {
	x := d.fault("duplicate-track", l.AtName(), "%s is tracked already; keepalived ignores this line", clip(l.Name()))
	x.Related = []diag.Related{{Range: first.Range(), Message: "first given here"}}
}
