package config

import (
	"errors"
	"slices"
	"strings"

	"github.com/kactl/kactl/pkg/command"
	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/syntax"
)

// pending is a program whose identity and file are looked at once all of the
// configuration is read.
type pending struct {
	command *command.Command
	at      diag.Range
	name    string // of what it is for, "script s" or "notify_master"
	track   bool   // a vrrp_script: its absence is a fault to keepalived
	drop    func() // takes it out of the configuration
}

// defaultUser runs the scripts that name no user, where there is such a user.
const defaultUser = "keepalived_script"

// parseCommand reads the program that s names, and its identity if as is set:
// NAME|"NAME ARGUMENTS" [USER [GROUP]]. It reports what is wrong and returns
// nil then.
func (d *decoder) parseCommand(k *Keyword, s *syntax.Statement, as bool) (*command.Command, diag.Range) {
	words, err := s.Unquote()
	if err != nil || len(words) < 2 {
		d.warn("script-syntax", s.Range(), "%s: %v; keepalived ignores it", k.Name, syntax.ErrQuote)
		return nil, s.Range()
	}
	at := s.At(words[1])
	split, err := syntax.Command(words[1].Text)
	if err != nil || len(split) == 0 {
		problem := "names no program"
		if err != nil {
			problem = err.Error()
		}
		d.warn("script-syntax", at, "%s: %s; keepalived ignores it", k.Name, problem)
		return nil, at
	}
	c := &command.Command{Words: split}
	if !as {
		return c, at
	}
	if len(words) > 2 {
		c.User = words[2].Text
	}
	if len(words) > 3 {
		c.Group = words[3].Text
	}
	if c.User != "" && d.host != nil && !d.host.UserExists(c.User, c.Group) {
		x := d.warn("unknown-user", s.At(words[2]), "no user %s; keepalived ignores %s", clip(join(words[2:])), k.Name)
		if !words[1].Quoted {
			x.Hint = `words behind the program are its user and group; write "` + clip(join(words[1:])) + `" for arguments`
		}
		return nil, at
	}
	if c.User == "" && d.lacksUser(k, at) {
		return nil, at
	}
	return c, at
}

func join(words []syntax.Word) string {
	var b strings.Builder
	for i, w := range words {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(w.Text)
	}
	return b.String()
}

// checkCommands gives every program its identity, and takes those out that
// cannot run.
func (d *decoder) checkCommands() {
	user := d.config.Global.ScriptUser
	if user == "" && d.host != nil && d.host.UserExists(defaultUser, "") {
		d.config.Global.ScriptUser = defaultUser
	}
	var runs *pending
	for _, p := range d.commands {
		if p.command.User == "" {
			p.command.User, p.command.Group = d.config.Global.ScriptUser, d.config.Global.ScriptGroup
		}
		p.command.Secure = d.config.Global.ScriptSecurity
		if p.track && len(d.instances) == 0 && d.policy == syntax.Keepalived {
			continue // keepalived runs no VRRP, and looks at no script for it
		}
		if d.checkCommand(p) && runs == nil {
			runs = p
		}
	}
	if runs != nil && !d.config.Global.ScriptSecurity {
		d.insecure = true
		x := d.warn("script-security", runs.at, "scripts are run while script security is off")
		x.Hint = "write enable_script_security in global_defs, and script_user with the user to run them"
	}
}

// checkCommand takes p out if it cannot run. It reports whether there is such a
// program, runnable or not.
func (d *decoder) checkCommand(p *pending) bool {
	if d.host == nil || p.command.Redirects() { // keepalived looks at no file here
		return false
	}
	err := d.host.CheckScript(*p.command, d.config.Global.ScriptSecurity)
	if err == nil {
		return true
	}
	p.drop()
	rule := "script"
	switch {
	case errors.Is(err, ErrScriptNotFound):
		rule = "script-not-found"
	case errors.Is(err, ErrScriptNotExecutable):
		rule = "script-not-executable"
	case errors.Is(err, ErrScriptInsecure):
		rule = "script-insecure"
	}
	report := d.warn
	if p.track && !errors.Is(err, ErrScriptNotExecutable) {
		report = d.fault
	}
	x := report(rule, p.at, "%s is disabled: %v", p.name, err)
	if rule == "script-not-found" {
		x.Hint = scriptHint(p.command.Words)
	}
	return !errors.Is(err, ErrScriptNotFound)
}

// scriptHint guesses why a program is not found.
func scriptHint(words []string) string {
	shell := slices.ContainsFunc(words, func(w string) bool {
		return slices.Contains([]string{"[[", "&&", "||", "|", ";", ">", "<", "2>&1", "if"}, w)
	})
	if shell {
		return `no shell takes part: write /bin/sh -c '...', or a script file`
	}
	return "write the full path of an executable file"
}
