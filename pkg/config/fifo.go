package config

import (
	"slices"

	"github.com/kactl/kactl/pkg/command"
	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/syntax"
)

// FIFO is a named pipe that changes of state are written to.
type FIFO struct {
	// Path is where the pipe is made; empty is none.
	Path string
	// User and Group own the pipe. An empty user is that of the daemon.
	User, Group string
	// Script reads the pipe: it is run with the path as its last argument. Nil
	// is nobody.
	Script *command.Command
}

// FIFOs are the pipes, by what is written to them.
type FIFOs struct {
	All, VRRP, LVS FIFO
	// Priorities writes the changes of an instance's priority too.
	Priorities bool
	// OnReload writes the state of all instances when the file is read again.
	OnReload bool
}

// fifoScript is the script of a pipe, which runs if there is something to write.
type fifoScript struct {
	fifo      *FIFO
	at        diag.Range
	name      string
	vrrp, lvs bool // what is written
}

func fifoKeywords() []Keyword {
	return slices.Concat(
		fifoKeywordsOf("notify_fifo", "all changes of state", fifoScript{vrrp: true, lvs: true}, in(func(g *Global) *FIFO { return &g.FIFOs.All })),
		fifoKeywordsOf("vrrp_notify_fifo", "the changes of instances", fifoScript{vrrp: true}, in(func(g *Global) *FIFO { return &g.FIFOs.VRRP })),
		fifoKeywordsOf("lvs_notify_fifo", "the changes of real servers", fifoScript{lvs: true}, in(func(g *Global) *FIFO { return &g.FIFOs.LVS })),
		[]Keyword{
			{Name: "vrrp_notify_priority_changes", Args: "[BOOL]", Default: "off", Effect: true, decode: toggle(in(func(g *Global) *bool { return &g.FIFOs.Priorities })),
				Doc: "write changes of priority to the pipes too"},
			{Name: "fifo_write_vrrp_states_on_reload", Effect: true, decode: flag(in(func(g *Global) *bool { return &g.FIFOs.OnReload })),
				Doc: "write the state of all instances to the pipes at a reload"},
		})
}

func fifoKeywordsOf(name, what string, writes fifoScript, of func(*decoder) *FIFO) []Keyword {
	return []Keyword{
		{Name: name, Args: "PATH [USER [GROUP]]", repeats: true, Effect: true, decode: fifoPath(of),
			Doc: "named pipe that " + what + " are written to"},
		{Name: name + "_script", Args: `PROGRAM|"PROGRAM ARGUMENTS" [USER [GROUP]]`, repeats: true, Effect: true, decode: fifoProgram(writes, of),
			Doc: "program that reads the pipe of " + what + "; its path is the last argument"},
	}
}

func fifoPath(of func(*decoder) *FIFO) decoding {
	return func(d *decoder, k *Keyword, s *syntax.Statement) {
		f := of(d)
		switch {
		case !d.valued(k, s):
		case f.Path != "":
			d.again(k, s, "ignores this one")
		default:
			f.Path, f.User, f.Group = s.Arg(0), s.Arg(1), s.Arg(2)
			if f.User != "" && d.host != nil && !d.host.UserExists(f.User, f.Group) {
				d.warn("unknown-user", s.AtArg(1), "no user %s; keepalived makes no pipe", clip(join(s.Args()[1:])))
			}
			if f.User == "" {
				d.lacksUser(k, s.AtArg(0))
			}
		}
	}
}

func fifoProgram(writes fifoScript, of func(*decoder) *FIFO) decoding {
	return func(d *decoder, k *Keyword, s *syntax.Statement) {
		f := of(d)
		switch {
		case !d.valued(k, s):
			return
		case f.Script != nil:
			d.again(k, s, "ignores this one")
			return
		}
		before := len(d.diagnostics)
		if _, err := s.Unquote(); err != nil {
			defer func() { d.refuse(before) }()
		}
		if f.Script, writes.at = d.parseCommand(k, s, true); f.Script == nil {
			return
		}
		writes.fifo, writes.name = f, k.Name
		d.fifoScripts = append(d.fifoScripts, writes)
	}
}

// refuse makes errors of the diagnostics from the one with that index on.
func (d *decoder) refuse(from int) {
	for i := range d.diagnostics[from:] {
		d.diagnostics[from+i].Severity, d.faulty = diag.Error, true
	}
}

// runFIFOScripts adds the scripts of the pipes to the programs that run. One of a pipe
// into which nobody writes is not run: nobody has checked it.
func (d *decoder) runFIFOScripts() {
	for _, x := range d.fifoScripts {
		if x.vrrp && len(d.instances) > 0 || x.lvs && len(d.services) > 0 {
			d.commands = append(d.commands, &pending{
				command: x.fifo.Script, at: x.at, name: x.name, drop: func() { x.fifo.Script = nil },
			})
		} else {
			x.fifo.Script = nil
		}
	}
}
