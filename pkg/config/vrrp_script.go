package config

import (
	"math"
	"time"

	"github.com/kactl/kactl/pkg/command"
	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/syntax"
	"github.com/kactl/kactl/pkg/vrrp"
)

// script is a vrrp_script that is being read.
type script struct {
	vrrp.Script
	statement *syntax.Statement
	command   *command.Command
	at        diag.Range // of the command
	user      *syntax.Statement
	weight    int
	reverse   bool
	disabled  bool
}

func scriptKeywords() []Keyword {
	return counted([]Keyword{
		{Name: "script", Args: `"PROGRAM ARGUMENTS"`, Effect: true, decode: (*decoder).scriptCommand,
			Doc: "program whose exit status says up (0) or down"},
		{Name: "interval", Args: "SECONDS", Need: 1, Default: "1", Unit: "s", Limits: whole(0, 4294), Effect: true, decode: (*decoder).scriptInterval,
			Doc: "time between two starts"},
		{Name: "timeout", Args: "SECONDS", Need: 1, Default: "interval", Unit: "s", Limits: whole(0, 4294), Effect: true, decode: (*decoder).scriptTimeout,
			Doc: "time that one run may take"},
		{Name: "weight", Args: "NUMBER [reverse]", Need: 1, Default: "0", Limits: whole(-253, 253), Effect: true, decode: (*decoder).scriptWeight,
			Doc: weightDoc},
		{Name: "rise", Args: "NUMBER", Need: 1, Default: "1", Limits: whole(1, 2147483647), Effect: true, decode: (*decoder).scriptRise,
			Doc: "successes in a row that it takes to be up"},
		{Name: "fall", Args: "NUMBER", Need: 1, Default: "1", Limits: whole(1, 2147483647), Effect: true, decode: (*decoder).scriptFall,
			Doc: "failures in a row that it takes to be down"},
		{Name: "user", Args: "USER [GROUP]", Need: 1, Default: "script_user", Effect: true, decode: (*decoder).scriptOwner,
			Doc: "identity that it runs with"},
		{Name: "init_fail", Effect: true, decode: (*decoder).scriptInitFail,
			Doc: "down until it succeeded"},
	})
}

func (d *decoder) vrrpScript(k *Keyword, s *syntax.Statement) {
	d.script = &script{
		statement: s,
		Script:    vrrp.Script{Name: s.Arg(0), Interval: time.Second, Rise: 1, Fall: 1},
	}
	d.inside(k, s, k.Name, s.Arg(0))
	if d.stop {
		return
	}
	d.endScript(d.script)
}

// endScript keeps c if it is complete.
func (d *decoder) endScript(c *script) {
	if c.command == nil {
		d.fault("script-missing", d.endOf(c.statement), "vrrp_script %s has no script; keepalived removes it", c.Name).Hint = "write script \"PROGRAM ARGUMENTS\""
		return
	}
	if c.user != nil {
		c.command.User, c.command.Group = c.user.Arg(0), c.user.Arg(1)
		if d.host != nil && !d.host.UserExists(c.command.User, c.command.Group) {
			d.fault("unknown-user", c.user.AtArg(0), "no user %s; keepalived removes vrrp_script %s", clip(join(c.user.Args())), c.Name)
			return
		}
	} else if !d.hasIdentity() {
		d.fault("no-user", d.endOf(c.statement), "vrrp_script %s has no user to run as; keepalived removes it", c.Name)
		return
	}
	if c.Timeout == 0 {
		c.Timeout = c.Interval
	}
	c.Command = *c.command
	d.scripts = append(d.scripts, c)
	if d.scriptNamed[c.Name] == nil {
		d.scriptNamed[c.Name] = c
	}
	d.commands = append(d.commands, &pending{
		command: &c.Command, at: c.at, name: "vrrp_script " + c.Name, track: true,
		drop: func() { c.disabled = true },
	})
}

// endOf is the brace that closes s, where keepalived notices what a block
// lacks, or the start of s.
func (d *decoder) endOf(s *syntax.Statement) diag.Range {
	if s.Block == nil || s.Block.Close.Start.Line == 0 {
		return s.Range()
	}
	return s.Block.Close
}

func (d *decoder) scriptCommand(k *Keyword, s *syntax.Statement) {
	if len(s.Args()) == 0 || s.Arg(0) == "" {
		if d.policy == syntax.Intent { // keepalived complains of the block, as endScript does
			d.fault("value", s.Range(), "script without a program; keepalived removes vrrp_script %s", d.script.Name).Hint = "write script PROGRAM"
		}
		return
	}
	if c, at := d.parseTrackCommand(k, s); c != nil {
		d.script.command, d.script.at = c, at
	}
}

// parseTrackCommand reads a program without an identity. Only the first word
// counts, which is all of the command if it is quoted.
func (d *decoder) parseTrackCommand(k *Keyword, s *syntax.Statement) (*command.Command, diag.Range) {
	words, err := s.Unquote()
	if err == nil && len(words) > 1 {
		c := new(command.Command)
		if c.Words, err = syntax.Command(words[1].Text); err == nil && len(c.Words) > 0 {
			if len(words) > 2 {
				x := d.warn("extra-words", s.At(words[2]), "keepalived drops the words behind the program")
				x.Hint = `write "` + clip(join(words[1:])) + `"`
				if words[1].Quoted {
					x.Hint = "write a comment behind #"
				}
			}
			return c, s.At(words[1])
		}
	}
	d.fault("script-syntax", s.AtArg(0), "%s: %v; keepalived ignores it", k.Name, syntax.ErrQuote)
	return nil, s.Range()
}

func (d *decoder) scriptInterval(k *Keyword, s *syntax.Statement) {
	t, ok := d.seconds(k, s, "ignores it")
	if !ok {
		return
	}
	if t == 0 {
		d.fault("number", s.AtArg(0), "interval must be greater than 0; keepalived uses 1")
		t = time.Second
	}
	d.script.Interval = t
}

func (d *decoder) scriptTimeout(k *Keyword, s *syntax.Statement) {
	t, ok := d.seconds(k, s, "ignores it")
	if !ok {
		return
	}
	if t == 0 {
		d.fault("number", s.AtArg(0), "timeout must be greater than 0; keepalived uses 1")
		t = time.Second
	}
	d.script.Timeout = t
}

// scriptWeights is what keepalived takes for a weight. What is outside the
// keyword's limits adds no more than the limit does.
var scriptWeights = whole(math.MinInt32, math.MaxInt32)

// scriptWeight reads a weight. One reverse holds for those below it in the block.
func (d *decoder) scriptWeight(k *Keyword, s *syntax.Statement) {
	n, message := parseNumber(s.Arg(0), scriptWeights)
	if message != "" {
		var ok bool
		if n, ok = scriptWeights.leading(s.Arg(0)); !ok {
			d.fault("number", s.AtArg(0), "weight %s; keepalived ignores it", message).Hint = "write a number from " + k.Limits.String()
			return
		}
	}
	weight := min(max(n, k.Limits.Min), k.Limits.Max)
	switch {
	case message != "":
		d.fault("number", s.AtArg(0), "weight %s; keepalived takes it for %s", message, number(n)).Hint = "write a number from " + k.Limits.String()
	case weight != n:
		d.fault("number", s.AtArg(0), "weight %s is outside %s; keepalived uses it, and the priority stays from 1 to 254", number(n), k.Limits)
	}
	d.script.weight = int(weight)
	switch s.Arg(1) {
	case "":
	case "reverse":
		d.script.reverse = true
	default:
		d.fault("value", s.AtArg(1), "unknown word %q behind the weight; keepalived ignores it", clip(s.Arg(1))).Hint = "write reverse, or nothing"
	}
}

func (d *decoder) scriptRise(k *Keyword, s *syntax.Statement) { d.script.Rise = d.count(k, s) }
func (d *decoder) scriptFall(k *Keyword, s *syntax.Statement) { d.script.Fall = d.count(k, s) }

// count reads a number of results in a row.
func (d *decoder) count(k *Keyword, s *syntax.Statement) int {
	if n, ok := d.integer(k, s, "uses 1"); ok {
		return n
	}
	return 1
}

func (d *decoder) scriptOwner(k *Keyword, s *syntax.Statement) { d.script.user = s }
func (d *decoder) scriptInitFail(*Keyword, *syntax.Statement)  { d.script.InitFail = true }
