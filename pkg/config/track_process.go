package config

import (
	"time"

	"github.com/kactl/kactl/pkg/syntax"
	"github.com/kactl/kactl/pkg/vrrp"
)

// process is a vrrp_track_process that is being read.
type process struct {
	vrrp.Process
	quorum bool // is set
}

func trackProcessKeyword() Keyword {
	delay := func(name, doc string, set func(*process, time.Duration)) Keyword {
		return Keyword{Name: name, Args: "SECONDS", Need: 1, Default: "0", Unit: "s", Limits: decimal(0.000001, 3600), Effect: true, Doc: doc,
			decode: func(d *decoder, k *Keyword, s *syntax.Statement) {
				if t, ok := d.seconds(k, s, "ignores it"); ok {
					set(d.tracks.process, t)
				}
			}}
	}
	return Keyword{Name: "vrrp_track_process", Args: "NAME", Need: 1, Shape: syntax.Block, Effect: true, decode: (*decoder).trackProcess, repeats: true,
		Doc: "a number of processes that instances can track", Inside: []Keyword{
			{Name: "process", Args: "NAME [PARAMETER...]", Need: 1, Effect: true, decode: (*decoder).processCommand, repeats: true,
				Doc: "name of the process, and its parameters if they count"},
			{Name: "param_match", Args: "[initial|partial]", Default: "all parameters must be given, or none is looked at", Effect: true, decode: (*decoder).processMatch,
				Doc: "compare the parameters: all, the first of them, or the start of the last"},
			{Name: "weight", Args: "NUMBER [reverse]", Default: "0", Limits: trackWeight, Effect: true, decode: func(d *decoder, k *Keyword, s *syntax.Statement) {
				d.trackedWeight(k, s, &d.tracks.process.Weight, &d.tracks.process.Reverse)
			}, Doc: weightDoc},
			{Name: "quorum", Args: "NUMBER", Need: 1, Default: "1, or 0 with quorum_max 0", Limits: whole(1, 65535), Effect: true, decode: (*decoder).processQuorum,
				Doc: "least number of processes that is fine"},
			{Name: "quorum_max", Args: "NUMBER", Need: 1, Default: "any number", Limits: whole(0, 65535), Effect: true, decode: (*decoder).processMost,
				Doc: "greatest number of processes that is fine"},
			delay("fork_delay", "time to wait when a process starts", func(p *process, t time.Duration) { p.ForkDelay = t }),
			delay("terminate_delay", "time to wait when a process ends", func(p *process, t time.Duration) { p.TerminateDelay = t }),
			delay("delay", "fork_delay and terminate_delay", func(p *process, t time.Duration) { p.ForkDelay, p.TerminateDelay = t, t }),
			{Name: "full_command", Default: "off, or on with parameters", Effect: true, decode: func(d *decoder, _ *Keyword, _ *syntax.Statement) { d.tracks.process.FullCommand = true },
				Doc: "look at the command line instead of the process's name"},
		}}
}

func (d *decoder) trackProcess(k *Keyword, s *syntax.Statement) {
	p := &process{Process: vrrp.Process{Name: s.Arg(0), Quorum: 1}}
	d.tracks.process = p
	d.inside(k, s, k.Name, p.Name)
	switch {
	case d.stop:
	case len(p.Command) == 0:
		d.fault("no-process", d.endOf(s), "vrrp_track_process %s names no process; keepalived ignores it", clip(p.Name)).Hint = "write process NAME"
	default:
		p.FullCommand = p.FullCommand || len(p.Command) > 1 || p.Match == vrrp.MatchInitial
		d.config.VRRP.Processes = append(d.config.VRRP.Processes, p.Process)
	}
}

func (d *decoder) processCommand(k *Keyword, s *syntax.Statement) {
	p := d.tracks.process
	if len(p.Command) > 0 {
		d.fault("duplicate-keyword", s.Range(), "process is set already; keepalived ignores this one")
		return
	}
	words, err := s.Unquote()
	if err != nil || len(words) < 2 {
		d.fault("script-syntax", s.AtArg(0), "process: %v; keepalived ignores it", syntax.ErrQuote)
		return
	}
	for _, w := range words[1:] {
		p.Command = append(p.Command, w.Text)
	}
}

func (d *decoder) processMatch(_ *Keyword, s *syntax.Statement) {
	switch p, text := d.tracks.process, s.Arg(0); text {
	case "":
		p.Match = vrrp.MatchExact
	case "initial":
		p.Match = vrrp.MatchInitial
	case "partial":
		p.Match = vrrp.MatchPartial
	default:
		d.fault("value", s.AtArg(0), "unknown way %s to match parameters; keepalived ignores it", clip(text)).Hint = "write initial, partial or nothing"
	}
}

func (d *decoder) processQuorum(k *Keyword, s *syntax.Statement) {
	p := d.tracks.process
	n, ok := d.integer(k, s, "ignores it")
	switch {
	case !ok:
	case p.Most != nil && n > *p.Most:
		d.fault("number", s.AtArg(0), "quorum is greater than quorum_max; keepalived ignores it")
	default:
		p.Quorum, p.quorum = n, true
	}
}

func (d *decoder) processMost(k *Keyword, s *syntax.Statement) {
	p := d.tracks.process
	n, ok := d.integer(k, s, "ignores it")
	switch {
	case !ok:
	case p.quorum && n < p.Quorum && p.Quorum > 1: // keepalived takes 0 beside a quorum of 1
		d.fault("number", s.AtArg(0), "quorum_max is less than quorum; keepalived ignores it")
	default:
		if p.Most = &n; n == 0 {
			p.Quorum = 0
		}
	}
}
