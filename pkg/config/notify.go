package config

import (
	"github.com/kactl/kactl/pkg/command"
	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/syntax"
	"github.com/kactl/kactl/pkg/vrrp"
)

const commandArgs = `"PROGRAM ARGUMENTS" [USER [GROUP]]`

// notifyKeywords are the programs told of transitions of the thing that of
// returns.
func notifyKeywords(of func(*decoder) *vrrp.Notify) []Keyword {
	kw := func(name, doc string, field func(*vrrp.Notify) **command.Command) Keyword {
		return Keyword{
			Name: name, Args: commandArgs, Need: 1, Effect: true, Doc: doc, repeats: true,
			decode: func(d *decoder, k *Keyword, s *syntax.Statement) { d.program(k, s, field(of(d))) },
		}
	}
	return []Keyword{
		kw("notify_master", "program to run on becoming MASTER", func(n *vrrp.Notify) **command.Command { return &n.Master }),
		kw("notify_backup", "program to run on becoming BACKUP", func(n *vrrp.Notify) **command.Command { return &n.Backup }),
		kw("notify_fault", "program to run on FAULT", func(n *vrrp.Notify) **command.Command { return &n.Fault }),
		kw("notify_stop", "program to run on the stop of VRRP", func(n *vrrp.Notify) **command.Command { return &n.Stop }),
		kw("notify", "program to run on every transition, with INSTANCE or GROUP, name, state and priority appended", func(n *vrrp.Notify) **command.Command { return &n.Any }),
	}
}

// program reads a program into p. The first one counts.
func (d *decoder) program(k *Keyword, s *syntax.Statement, p **command.Command) {
	if *p != nil {
		x := d.fault("duplicate-keyword", s.Range(), "%s is set already; keepalived ignores %s", k.Name, clip(s.Arg(0)))
		x.Related = []diag.Related{{Range: d.result.At(append(d.scope[:len(d.scope):len(d.scope)], k.Name)...), Message: "first set here"}}
		return
	}
	c, at := d.parseCommand(k, s, true)
	if c == nil {
		return
	}
	*p = c
	d.commands = append(d.commands, &pending{command: c, at: at, name: k.Name, drop: func() { *p = nil }})
}
