package config

import (
	"github.com/kactl/kactl/pkg/health"
	"github.com/kactl/kactl/pkg/syntax"
)

func fileCheckKeywords() []Keyword {
	return []Keyword{
		{Name: "track_file", Args: "NAME", Need: 1, decode: (*decoder).checkedFile,
			Doc: "track_file to look at; it stands above"},
		{Name: "weight", Args: "NUMBER [reverse]", Default: "that of the track_file", Limits: whole(-2147483647, 2147483647), decode: (*decoder).fileWeight,
			Doc: "what the number in the file is multiplied with, to be added to the weight"},
	}
}

func (d *decoder) fileCheck(k *Keyword, s *syntax.Statement) {
	d.file = new(health.TrackedFile)
	c := d.beginCheck(health.File, k, s)
	if c.File = d.file; c.File.Name == "" {
		d.fault("no-track-file", d.endOf(s), "FILE_CHECK has no track_file; keepalived drops the check").Hint = "write track_file and the name of one"
		return
	}
	d.real.checks = append(d.real.checks, c)
}

func (d *decoder) checkedFile(k *Keyword, s *syntax.Statement) {
	if d.above(isTrackFile(s.Arg(0))) == nil {
		d.fault("unknown-track-file", s.AtArg(0), "there is no track_file %s above; keepalived ignores it", clip(s.Arg(0)))
		return
	}
	d.file.Name = s.Arg(0)
}

func (d *decoder) fileWeight(k *Keyword, s *syntax.Statement) {
	if !d.valued(k, s) {
		return
	}
	n, ok := d.integer(k, s, "ignores it")
	if !ok {
		return
	}
	d.file.Weight, d.file.Reverse = &n, s.Arg(1) == "reverse"
	if len(s.Args()) > 1 && !d.file.Reverse {
		d.fault("value", s.AtArg(1), "unknown word %q behind the weight; keepalived ignores it", clip(s.Arg(1))).Hint = "write reverse, or nothing"
	}
}
