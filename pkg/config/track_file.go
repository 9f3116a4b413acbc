package config

import (
	"github.com/kactl/kactl/pkg/syntax"
	"github.com/kactl/kactl/pkg/vrrp"
)

// trackWeight is the range of the weights of files and processes.
var trackWeight = whole(-254, 254)

// trackedKeywords open the things that track blocks name, but for scripts.
func trackedKeywords() []Keyword {
	return counted([]Keyword{
		trackFileKeyword("track_file", "a file with a number that instances can track"),
		trackFileKeyword("vrrp_track_file", "deprecated: the same as track_file"),
		trackProcessKeyword(),
	})
}

func trackFileKeyword(name, doc string) Keyword {
	return Keyword{Name: name, Args: "NAME", Need: 1, Shape: syntax.Block, Effect: true, decode: (*decoder).trackFile, repeats: true, Doc: doc, Inside: []Keyword{
		{Name: "file", Args: "PATH", Effect: true, decode: (*decoder).trackFilePath,
			Doc: "file that holds the number"},
		{Name: "weight", Args: "NUMBER [reverse]", Default: "1", Limits: trackWeight, Effect: true, decode: func(d *decoder, k *Keyword, s *syntax.Statement) {
			d.trackedWeight(k, s, &d.tracks.file.Weight, &d.tracks.file.Reverse)
		}, Doc: "what the number is multiplied by; 0 makes any but 0 a FAULT"},
		{Name: "init_file", Args: "[NUMBER] [overwrite]", Default: "no file is made, 0 where there is no number", Limits: trackWeight, Effect: true, decode: (*decoder).trackFileInit,
			Doc: "number to write to a file that is missing, or to any"},
	}}
}

func (d *decoder) trackFile(k *Keyword, s *syntax.Statement) {
	f := &vrrp.File{Name: s.Arg(0), Weight: 1}
	d.tracks.file = f
	d.inside(k, s, k.Name, f.Name)
	switch {
	case d.stop:
	case f.Path == "":
		d.fault("no-file", d.endOf(s), "%s %s names no file; keepalived ignores it", k.Name, clip(f.Name)).Hint = "write file PATH"
	default:
		d.config.VRRP.Files = append(d.config.VRRP.Files, *f)
	}
}

func (d *decoder) trackFilePath(k *Keyword, s *syntax.Statement) {
	f := d.tracks.file
	switch path := s.Arg(0); {
	case path == "":
		d.fault("value", s.Range(), "file without a path; keepalived ignores it").Hint = "write file PATH"
	case f.Path != "":
		d.fault("duplicate-keyword", s.Range(), "file is set already; keepalived ignores this one")
	default:
		f.Path = path
	}
}

func (d *decoder) trackFileInit(k *Keyword, s *syntax.Statement) {
	f := d.tracks.file
	f.Init = ptr(0)
	for i := range s.Args() {
		text := s.Arg(i)
		if text == "overwrite" {
			f.Overwrite = true
			continue
		}
		n, message := parseNumber(text, k.Limits)
		if message != "" {
			d.fault("value", s.AtArg(i), "init_file: %s; keepalived ignores it", message).Hint = "write a number, or overwrite"
			continue
		}
		f.Init = ptr(int(n))
	}
}

// trackedWeight reads NUMBER [reverse].
func (d *decoder) trackedWeight(k *Keyword, s *syntax.Statement, weight *int, reverse *bool) {
	if len(s.Args()) == 0 {
		d.fault("value", s.Range(), "weight without a number; keepalived ignores it").Hint = "write weight NUMBER"
		return
	}
	n, ok := d.integer(k, s, "ignores it")
	if !ok {
		return
	}
	*weight, *reverse = n, s.Arg(1) == "reverse"
	if word := s.Arg(1); word != "" && word != "reverse" {
		d.fault("value", s.AtArg(1), "unknown word %q behind the weight; keepalived ignores it", clip(word)).Hint = "write reverse, or nothing"
	}
}
