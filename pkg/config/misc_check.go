package config

import (
	"time"

	"github.com/kactl/kactl/pkg/health"
	"github.com/kactl/kactl/pkg/syntax"
)

func miscKeywords() []Keyword {
	return append([]Keyword{
		{Name: "misc_path", Args: `"PROGRAM ARGUMENTS"`, decode: (*decoder).miscPath,
			Doc: "program to run: exit status 0 is success"},
		{Name: "misc_timeout", Args: "SECONDS", Need: 1, Default: "delay_loop", Unit: "s", Limits: unsigned, decode: (*decoder).miscTimeout,
			Doc: "time after which the program is stopped"},
		{Name: "misc_dynamic", Doc: "exit statuses from 2 on set the weight: that less 2",
			decode: func(d *decoder, _ *Keyword, _ *syntax.Statement) { d.misc.Dynamic = true }},
		{Name: "user", Args: "USER [GROUP]", Default: "script_user", decode: (*decoder).miscUser,
			Doc: "who runs the program"},
	}, miscOptions()...)
}

// miscOptions are those of all checks, less the time-out of connections.
func miscOptions() []Keyword {
	var ks []Keyword
	for _, k := range checkOptions() {
		if k.Name != "connect_timeout" {
			ks = append(ks, k)
		}
	}
	return ks
}

func (d *decoder) miscCheck(k *Keyword, s *syntax.Statement) {
	d.misc = new(health.MiscProgram)
	c := d.beginCheck(health.Misc, k, s)
	c.Misc = d.misc
	if c.bad {
		return
	}
	if c.command == nil {
		d.fault("script-missing", d.endOf(s), "MISC_CHECK has no misc_path; keepalived drops the check").Hint = "write misc_path PROGRAM"
		return
	}
	switch {
	case c.user != nil:
		c.command.command.User, c.command.command.Group = c.user.Arg(0), c.user.Arg(1)
	case !d.hasIdentity():
		d.fault("no-user", d.endOf(s), "MISC_CHECK has no user to run as; keepalived drops the check").Hint = "write script_user in global_defs"
		return
	}
	c.Misc.Command = c.command.command
	c.command.drop = func() { c.dropped = true }
	d.commands = append(d.commands, c.command)
	d.real.checks = append(d.real.checks, c)
}

func (d *decoder) miscPath(k *Keyword, s *syntax.Statement) {
	if len(s.Args()) == 0 || s.Arg(0) == "" {
		return // keepalived complains of the block, as miscCheck does
	}
	if c, at := d.parseTrackCommand(k, s); c != nil {
		d.check.command = &pending{command: c, at: at, name: "MISC_CHECK"}
	}
}

func (d *decoder) miscTimeout(k *Keyword, s *syntax.Statement) {
	if t, ok := d.seconds(k, s, "ignores it"); ok {
		d.misc.Timeout = t.Truncate(time.Second)
	}
}

func (d *decoder) miscUser(k *Keyword, s *syntax.Statement) {
	if len(s.Args()) == 0 {
		d.fault("value", s.Range(), "user without a name; keepalived ignores it").Hint = "write user USER [GROUP]"
		return
	}
	if d.host != nil && !d.host.UserExists(s.Arg(0), s.Arg(1)) {
		d.fault("unknown-user", s.AtArg(0), "no user %s; keepalived drops the check", clip(join(s.Args())))
		d.check.bad = true
		return
	}
	d.check.user = s
}
