package config

import (
	"github.com/kactl/kactl/pkg/diag"
	"time"

	"github.com/kactl/kactl/pkg/command"
	"github.com/kactl/kactl/pkg/syntax"
)

// Hook is a program that runs once.
type Hook struct {
	// Script is nil for none.
	Script *command.Command
	// Timeout is how long it may run.
	Timeout time.Duration
}

// Reload is how the configuration is read again.
type Reload struct {
	// Check tries the new configuration first, and goes on with the old one if
	// it is wrong. CheckLog is the file for what is found, empty for the
	// standard one.
	Check    bool
	CheckLog string
	// TimeFile names a file that holds the time of the next reload; empty is
	// none. Repeat keeps the file, for a reload each day.
	TimeFile string
	Repeat   bool
	// Mark makes MarkFile while the configuration is read. An empty MarkFile is
	// keepalived.reload next to the pid file.
	Mark     bool
	MarkFile string
}

func lifecycleKeywords() []Keyword {
	hook := func(name, when string, of func(*Global) *Hook) []Keyword {
		return []Keyword{
			{Name: name + "_script", Args: `PROGRAM|"PROGRAM ARGUMENTS" [USER [GROUP]]`, repeats: true, decode: hookScript(in(of)),
				Doc: "program that is run " + when},
			{Name: name + "_script_timeout", Args: "SECONDS", Default: "10", Unit: "s", Limits: whole(1, 1000),
				decode: period(time.Second, in(func(g *Global) *time.Duration { return &of(g).Timeout })),
				Doc:    "time that " + name + "_script may take"},
		}
	}
	ks := append(
		hook("startup", "before all else", func(g *Global) *Hook { return &g.Startup }),
		hook("shutdown", "after all else", func(g *Global) *Hook { return &g.Shutdown })...)
	return append(ks, []Keyword{
		{Name: "vrrp_startup_delay", Args: "SECONDS", Need: 1, Default: "0", Unit: "s", Limits: decimal(0.001, 4294.967295), Effect: true,
			decode: period(time.Second, in(func(g *Global) *time.Duration { return &g.StartupDelay })),
			Doc:    "time from the start until an instance may become master"},
		{Name: "vrrp_delay_after_boot", Args: "SECONDS", Need: 1, Default: "0", Unit: "s", Limits: decimal(0.001, 4294.967295), Since: "2.4", Effect: true,
			decode: period(time.Second, in(func(g *Global) *time.Duration { return &g.BootDelay })),
			Doc:    "time from the boot of the machine until an instance may become master"},
		{Name: "reload_check_config", Args: "[PATH]", decode: (*decoder).reloadCheck,
			Doc: "try a new configuration before it is used; what is found goes to the file"},
		{Name: "reload_time_file", Args: "PATH", decode: text(in(func(g *Global) *string { return &g.Reload.TimeFile })),
			Doc: "file that holds the time of the next reload"},
		{Name: "reload_repeat", decode: flag(in(func(g *Global) *bool { return &g.Reload.Repeat })),
			Doc: "keep reload_time_file, and reload each day"},
		{Name: "reload_file", Args: "[PATH]", Default: "keepalived.reload next to the pid file", decode: (*decoder).reloadFile,
			Doc: "file that is there while the configuration is read"},
	}...)
}

func (d *decoder) reloadCheck(_ *Keyword, s *syntax.Statement) {
	d.config.Global.Reload.Check, d.config.Global.Reload.CheckLog = true, s.Arg(0)
}

func (d *decoder) reloadFile(_ *Keyword, s *syntax.Statement) {
	d.config.Global.Reload.Mark, d.config.Global.Reload.MarkFile = true, s.Arg(0)
}

// hookScript reads a program. Its identity must be known by then.
func hookScript(of func(*decoder) *Hook) decoding {
	return func(d *decoder, k *Keyword, s *syntax.Statement) {
		h := of(d)
		switch {
		case !d.valued(k, s):
			return
		case h.Script != nil:
			d.again(k, s, "ignores this one")
			return
		}
		before := len(d.diagnostics)
		c, at := d.parseCommand(k, s, true)
		if c == nil {
			d.refuse(before)
			return
		}
		if c.User == "" && !d.hasIdentity() {
			d.fault("no-user", at, "%s has no user to run as; keepalived ignores it", k.Name).Hint = "write script_user before this"
			return
		}
		h.Script = c
		d.commands = append(d.commands, &pending{command: c, at: at, name: k.Name, drop: func() { h.Script = nil }})
	}
}

// lacksUser reports whether there is nobody to run a program that names no user.
// That is reported for the first one, as keepalived does, and not at all where
// script_user is wrong.
func (d *decoder) lacksUser(k *Keyword, at diag.Range) bool {
	if d.globals.userBad || d.hasIdentity() {
		return false
	}
	if !d.globals.userLacks {
		d.fault("no-user", at, "%s has no user to run as; keepalived runs no program that names none", k.Name).Hint = "write script_user in global_defs"
	}
	d.globals.userLacks = true
	return true
}

// hasIdentity reports whether scripts that name no user can run, going by what
// was read until now.
func (d *decoder) hasIdentity() bool {
	g := &d.config.Global
	switch {
	case d.globals.userBad:
		return false
	case g.ScriptUser != "" || !g.ScriptSecurity || d.host == nil:
		return true
	}
	return d.host.UserExists(defaultUser, "")
}
