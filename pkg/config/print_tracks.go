package config

import (
	"github.com/kactl/kactl/pkg/command"
	"github.com/kactl/kactl/pkg/vrrp"
)

// trackBlocks are the blocks of the kinds of tracks.
var trackBlocks = []struct {
	kind vrrp.TrackKind
	name string
}{
	{vrrp.TrackInterface, "track_interface"}, {vrrp.TrackScript, "track_script"}, {vrrp.TrackFile, "track_file"},
	{vrrp.TrackProcess, "track_process"}, {vrrp.TrackBFD, "track_bfd"},
}

func (p *printer) tracks(all []vrrp.Track) {
	for _, b := range trackBlocks {
		var of []vrrp.Track
		for _, t := range all {
			if t.Kind == b.kind {
				of = append(of, t)
			}
		}
		p.list(b.name, len(of), func(i int) {
			t := of[i]
			switch {
			case t.Reverse:
				p.line(t.Name, "weight", t.Weight, "reverse")
			case t.Kind == vrrp.TrackInterface:
				p.line(t.Name, "weight", t.Weight)
			default:
				p.line(t.Name, "weight", t.Weight, "noreverse")
			}
		})
	}
}

// tracked writes scripts, files and processes.
func (p *printer) tracked(v *vrrp.Settings) {
	for _, s := range v.Scripts {
		p.block("vrrp_script", func() {
			p.program("script", &command.Command{Words: s.Command.Words})
			p.line("interval", secs(s.Interval))
			p.line("timeout", secs(s.Timeout))
			p.line("rise", s.Rise)
			p.line("fall", s.Fall)
			if s.Command.User != "" && s.Command.Group != "" {
				p.line("user", s.Command.User, s.Command.Group)
			} else if s.Command.User != "" {
				p.line("user", s.Command.User)
			}
			p.flag("init_fail", s.InitFail)
		}, s.Name)
	}
	for _, f := range v.Files {
		p.block("track_file", func() {
			p.line("file", f.Path)
			p.weight(f.Weight, f.Reverse)
			switch {
			case f.Init == nil:
			case f.Overwrite:
				p.line("init_file", *f.Init, "overwrite")
			default:
				p.line("init_file", *f.Init)
			}
		}, f.Name)
	}
	for _, s := range v.Processes {
		p.block("vrrp_track_process", func() { p.trackedProcess(&s) }, s.Name)
	}
}

func (p *printer) trackedProcess(s *vrrp.Process) {
	words := make([]any, len(s.Command))
	for i, w := range s.Command {
		words[i] = w
	}
	p.line("process", words...)
	switch s.Match {
	case vrrp.MatchExact:
		p.line("param_match")
	case vrrp.MatchPartial:
		p.line("param_match", "partial")
	case vrrp.MatchInitial:
		p.line("param_match", "initial")
	}
	p.flag("full_command", s.FullCommand)
	p.weight(s.Weight, s.Reverse)
	if s.Quorum > 0 {
		p.line("quorum", s.Quorum)
	}
	if s.Most != nil {
		p.line("quorum_max", *s.Most)
	}
	if s.ForkDelay > 0 {
		p.line("fork_delay", secs(s.ForkDelay))
	}
	if s.TerminateDelay > 0 {
		p.line("terminate_delay", secs(s.TerminateDelay))
	}
}

func (p *printer) weight(n int, reverse bool) {
	if reverse {
		p.line("weight", n, "reverse")
	} else {
		p.line("weight", n)
	}
}

func (p *printer) links(l *Links) {
	p.flag("linkbeat_use_polling", l.Polling)
	p.list("linkbeat_interfaces", len(l.Polled), func(i int) {
		if l.Polled[i].Method == "" {
			p.line(l.Polled[i].Interface)
		} else {
			p.line(l.Polled[i].Interface, l.Polled[i].Method)
		}
	})
	p.list("interface_up_down_delays", len(l.Delays), func(i int) {
		p.line(l.Delays[i].Interface, secs(l.Delays[i].Down), secs(l.Delays[i].Up))
	})
	for _, g := range l.GARPGroups {
		p.block("garp_group", func() {
			p.line("garp_interval", secs(g.GARP))
			p.line("gna_interval", secs(g.GNA))
			p.list("interfaces", len(g.Interfaces), func(i int) { p.line(g.Interfaces[i]) })
		})
	}
}

func (p *printer) static(s *vrrp.Static) {
	for _, g := range s.Groups {
		p.block("track_group", func() {
			p.list("group", len(g.Members), func(i int) { p.line(g.Members[i]) })
		}, g.Name)
	}
	p.addresses("static_ipaddress", s.Addresses)
	p.routing("static_routes", "static_rules", s.Routes, s.Rules)
}
