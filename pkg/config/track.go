package config

import (
	"slices"

	"github.com/kactl/kactl/pkg/bfd"
	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/syntax"
	"github.com/kactl/kactl/pkg/vrrp"
)

// weightDoc is that of all weights of the VRRP side.
const weightDoc = "added to the priority, a positive one while it is up, a negative one while it is down; reverse turns its sign; 0 makes a failure a FAULT"

// fileWeightDoc is that of a file's, which holds a number.
const fileWeightDoc = "what the number in the file is multiplied with, to be added to the priority; reverse turns its sign; 0 makes any number but 0 a FAULT"

const trackSynopsis = "NAME [weight NUMBER [reverse|noreverse]]"

// track is one line of a track block.
type track struct {
	vrrp.Track
	line *syntax.Statement
}

// tracksDecoder is what reading tracked things takes.
type tracksDecoder struct {
	file    *vrrp.File // that is open
	process *process
	reading *vrrp.Track // line

	list  *[]track // that lines index
	lines map[trackKey]*syntax.Statement
}

// trackKeywords are the track blocks of an instance or a group, which of
// returns. The daemon watches those of the kinds in effect.
func trackKeywords(of func(*decoder) *[]track, effect ...vrrp.TrackKind) []Keyword {
	list := func(name, doc string, kind vrrp.TrackKind) Keyword {
		watched := slices.Contains(effect, kind)
		return Keyword{Name: name, Shape: syntax.List, Effect: watched, repeats: true, Doc: doc + ": " + trackSynopsis, Inside: trackWords(kind, watched),
			decode: func(d *decoder, k *Keyword, s *syntax.Statement) {
				for _, l := range s.Body() {
					d.track(k, l, kind, of(d))
				}
			}}
	}
	return []Keyword{
		list("track_interface", "interfaces to watch", vrrp.TrackInterface),
		list("track_script", "scripts to watch", vrrp.TrackScript),
		list("track_file", "files to watch", vrrp.TrackFile),
		list("track_process", "processes to watch", vrrp.TrackProcess),
		list("track_bfd", "BFD sessions to watch", vrrp.TrackBFD),
	}
}

// trackWords are those behind a name.
func trackWords(kind vrrp.TrackKind, effect bool) []Keyword {
	args, most := "NUMBER [reverse|noreverse]", 253.0
	if kind == vrrp.TrackInterface {
		args = "NUMBER [reverse]"
	}
	if kind == vrrp.TrackFile || kind == vrrp.TrackProcess {
		most = 254
	}
	doc := weightDoc
	if kind == vrrp.TrackFile {
		doc = fileWeightDoc
	}
	lone := func(d *decoder, w *Keyword, c *cursor) bool {
		return d.drop(c, "extra-words", "%s without a weight before it", w.Name)
	}
	return []Keyword{
		{Name: "weight", Args: args, Need: 1, Limits: whole(-most, most), Effect: effect,
			Doc: doc,
			word: func(d *decoder, w *Keyword, c *cursor) bool {
				return d.trackWeight(w, c, kind)
			}},
		{Name: "reverse", Doc: "turn the sign of what the weight adds; with 0, swap up and down; behind a weight", Effect: effect, word: lone},
		{Name: "noreverse", Doc: "not reverse, whatever was said of the thing tracked; behind a weight", Effect: effect, word: lone},
	}
}

// trackWeight reads NUMBER [reverse|noreverse].
func (d *decoder) trackWeight(w *Keyword, c *cursor, kind vrrp.TrackKind) bool {
	t, text := d.tracks.reading, c.take()
	if n, message := parseNumber(text, w.Limits); message == "" {
		t.Weight = int(n)
	} else if n, ok := trackWeight.leading(text); ok {
		t.Weight = int(max(w.Limits.Min, min(n, w.Limits.Max)))
		d.fault("number", c.at(), "weight %s; keepalived uses %d", message, t.Weight)
	} else {
		d.fault("number", c.at(), "weight %s; keepalived ignores it", message).Hint = "write a number from " + w.Limits.String()
	}
	ok := true
	switch word := c.take(); {
	case word == "":
	case word == "reverse":
		t.Reverse = true
	case word == "noreverse" && kind != vrrp.TrackInterface:
		t.Reverse = false
	default:
		ok = kind != vrrp.TrackFile && kind != vrrp.TrackBFD
		otherwise := "ignores the word"
		if !ok {
			otherwise = "ignores the line"
		}
		d.fault("extra-words", c.at(), "unknown word %q behind the weight; keepalived %s", clip(word), otherwise).Hint = "write " + w.Args
	}
	if c.more() {
		c.take()
		d.warn("extra-words", c.at(), "keepalived takes no notice of what is behind %s", w.Args).Hint = "write a comment behind #"
		c.next = len(c.line.Words)
	}
	return ok
}

// track reads a line and keeps what it tracks in list.
func (d *decoder) track(k *Keyword, l *syntax.Statement, kind vrrp.TrackKind, list *[]track) {
	t := vrrp.Track{Kind: kind, Name: l.Name()}
	if !d.trackable(l, &t) {
		return
	}
	if first := d.trackedIn(list, t); first != nil {
		d.alreadyTracked(l, first)
		return
	}
	d.tracks.reading = &t
	unknown := func(c *cursor) bool {
		word := c.line.Arg(c.next - 2)
		d.fault("extra-words", c.at(), "unknown word %q behind the name; keepalived ignores the line", clip(word)).Hint = "write " + trackSynopsis
		c.next = len(c.line.Words)
		return d.policy == syntax.Intent
	}
	if !d.words(k, &cursor{line: l, next: 1, what: "line"}, unknown) {
		return
	}
	d.place(l.AtName(), k.Name, t.Name)
	*list = append(*list, track{t, l})
	d.tracks.lines[trackKey{t.Kind, t.Name}] = l
}

// A trackKey is what a list may have once.
type trackKey struct {
	kind vrrp.TrackKind
	name string
}

// trackedIn returns the line of list that tracks the same as t. The lines of the
// list that is being read are indexed: there may be a hundred thousand.
func (d *decoder) trackedIn(list *[]track, t vrrp.Track) *syntax.Statement {
	x := &d.tracks
	if x.list != list || len(*list) == 0 {
		x.list, x.lines = list, map[trackKey]*syntax.Statement{}
		for _, o := range *list {
			x.lines[trackKey{o.Kind, o.Name}] = o.line
		}
	}
	return x.lines[trackKey{t.Kind, t.Name}]
}

// trackable finds what t names, and takes its weight from there.
func (d *decoder) trackable(l *syntax.Statement, t *vrrp.Track) bool {
	v, unknown, hint := &d.config.VRRP, "", ""
	switch t.Kind {
	case vrrp.TrackInterface:
		d.interfaceExists(l.AtName(), t.Name)
	case vrrp.TrackScript:
		if c := d.scriptNamed[t.Name]; c != nil {
			t.Weight, t.Reverse = c.weight, c.reverse
			break
		}
		unknown, hint = "vrrp_script", nearestName(d, t.Name, d.scripts, func(c *script) string { return c.Name })
	case vrrp.TrackFile:
		if i := slices.IndexFunc(v.Files, func(f vrrp.File) bool { return f.Name == t.Name }); i >= 0 && d.above(isTrackFile(t.Name)) != nil {
			t.Weight, t.Reverse = v.Files[i].Weight, v.Files[i].Reverse
			break
		}
		unknown, hint = "track_file", nearestName(d, t.Name, v.Files, func(f vrrp.File) string { return f.Name })
	case vrrp.TrackProcess:
		if i := slices.IndexFunc(v.Processes, func(p vrrp.Process) bool { return p.Name == t.Name }); i >= 0 {
			t.Weight, t.Reverse = v.Processes[i].Weight, v.Processes[i].Reverse
			break
		}
		unknown, hint = "vrrp_track_process", nearestName(d, t.Name, v.Processes, func(p vrrp.Process) string { return p.Name })
	case vrrp.TrackBFD:
		if b := d.bfdBefore(t.Name, "vrrp"); b == nil {
			unknown = "bfd_instance"
		} else {
			d.trackedBFDWeight(b, t)
		}
	}
	if unknown == "" {
		return true
	}
	if d.policy == syntax.Intent && d.above(func(s *syntax.Statement) bool { return s.Name() == unknown && s.Arg(0) == t.Name }) != nil {
		return false // it is there, and what is wrong with it was told
	}
	rule := "unknown-track"
	if t.Kind == vrrp.TrackScript {
		rule = "unknown-script"
	}
	d.fault(rule, l.AtName(), "no %s %s before this; keepalived ignores it", unknown, clip(t.Name)).Hint = hint
	return false
}

// bfdBefore finds the bfd_instance of that name above what is being read, if it
// is for use: "vrrp" or "checker". One that says neither is for both.
func (d *decoder) bfdBefore(name, use string) *syntax.Statement {
	return d.above(func(s *syntax.Statement) bool {
		if s.Name() != "bfd_instance" || s.Arg(0) != name {
			return false
		}
		has := func(word string) bool {
			return slices.ContainsFunc(s.Body(), func(in *syntax.Statement) bool { return in.Name() == word })
		}
		return has(use) || !has("vrrp") && !has("checker")
	})
}

// runsBFD reports whether the bfd_instance of that name is one that runs.
func (d *decoder) runsBFD(name string) bool {
	return slices.ContainsFunc(d.config.BFD.Instances, func(b bfd.Instance) bool { return b.Name == name })
}

// above returns the last statement of the top level that is ok and stands above
// what is being read, or nil.
func (d *decoder) above(ok func(*syntax.Statement) bool) (found *syntax.Statement) {
	for _, s := range d.result.Tree.Body {
		if s == d.top {
			break
		}
		if ok(s) {
			found = s
		}
	}
	return found
}

func isTrackFile(name string) func(*syntax.Statement) bool {
	return func(s *syntax.Statement) bool {
		return (s.Name() == "track_file" || s.Name() == "vrrp_track_file") && s.Arg(0) == name
	}
}

// trackedBFDWeight takes the weight of t from the bfd_instance, where it is good.
func (d *decoder) trackedBFDWeight(b *syntax.Statement, t *vrrp.Track) {
	for _, s := range b.Body() {
		if s.Name() == "weight" {
			if n, message := parseNumber(s.Arg(0), whole(-253, 253)); message == "" {
				t.Weight, t.Reverse = int(n), s.Arg(1) == "reverse"
			}
		}
	}
}

func (d *decoder) alreadyTracked(l, first *syntax.Statement) {
	x := d.fault("duplicate-track", l.AtName(), "%s is tracked already; keepalived ignores this line", clip(l.Name()))
	x.Related = []diag.Related{{Range: first.Range(), Message: "first given here"}}
}
