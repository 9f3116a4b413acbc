package config

import (
	"slices"

	"github.com/kactl/kactl/pkg/command"
	"github.com/kactl/kactl/pkg/syntax"
)

var unsigned = whole(0, 4294967295)

func quorumKeywords() []Keyword {
	program := func(name, doc, instead string, field func(*service) **command.Command) Keyword {
		return Keyword{Name: name, Args: commandArgs, Need: 1, Doc: doc, Instead: instead, repeats: true,
			decode: func(d *decoder, k *Keyword, s *syntax.Statement) { d.program(k, s, field(d.service)) }}
	}
	return []Keyword{
		{Name: "quorum", Args: "WEIGHT", Need: 1, Default: "1", Limits: whole(1, 4294967295), decode: (*decoder).quorum,
			Doc: "weight that the real servers that are up must have for the service to work", Instead: "the service works while one real server is up, and the sorry server waits for the last one to fail"},
		{Name: "hysteresis", Args: "WEIGHT", Need: 1, Default: "0", Limits: unsigned, decode: (*decoder).hysteresis,
			Doc: "how far the weight must be above the quorum to gain it, and below to lose it", Instead: "the quorum is gained with the first real server and lost with the last"},
		program("quorum_up", "program to run when the quorum is gained", "it is not run", func(s *service) **command.Command { return &s.QuorumUp }),
		program("quorum_down", "program to run when the quorum is lost", "it is not run", func(s *service) **command.Command { return &s.QuorumDown }),
	}
}

func (d *decoder) quorum(k *Keyword, s *syntax.Statement) {
	n, ok := d.integer(k, s, "uses 1")
	if !ok {
		n = 1
	}
	d.service.Quorum, d.service.quorumAt = n, s
}

func (d *decoder) hysteresis(k *Keyword, s *syntax.Statement) {
	if n, ok := d.integer(k, s, "ignores it"); ok {
		d.service.Hysteresis, d.service.hysteresisAt = n, s
	}
}

// finishQuorum fits the quorum of s to the weights of its real servers.
func (d *decoder) finishQuorum(s *service, total int) {
	o := &s.VirtualServer
	if o.Quorum > total && total > 0 && s.quorumAt != nil {
		d.fault("quorum", s.quorumAt.AtArg(0), "quorum %d is more than the weights of the real servers, %d in all; keepalived uses that", o.Quorum, total)
		o.Quorum = total
	}
	if o.Hysteresis >= o.Quorum && s.hysteresisAt != nil {
		d.fault("hysteresis", s.hysteresisAt.AtArg(0), "hysteresis %d is not less than the quorum, %d; keepalived uses %d", o.Hysteresis, o.Quorum, o.Quorum-1)
		o.Hysteresis = o.Quorum - 1
	}
}

// hashSchedulers are those that hash addresses; some flags are theirs alone.
var hashSchedulers = []string{"sh", "mh"}

func flagKeywords() []Keyword {
	flag := func(name, doc string, bit int) Keyword {
		return Keyword{Name: name, Doc: doc, Effect: true, decode: func(d *decoder, _ *Keyword, _ *syntax.Statement) { d.service.Flags |= 1 << bit }}
	}
	hash := func(k Keyword) Keyword {
		set := k.decode
		k.decode = func(d *decoder, k *Keyword, s *syntax.Statement) {
			if !slices.Contains(hashSchedulers, d.service.Scheduler) {
				d.fault("scheduler-flag", s.AtName(), "%s is for the schedulers sh and mh; keepalived ignores it", k.Name).Hint = "write it below lvs_sched sh, or mh"
				return
			}
			set(d, k, s)
		}
		return k
	}
	return []Keyword{
		flag("flag-1", "the scheduler's first flag", 0),
		flag("flag-2", "the scheduler's second flag", 1),
		flag("flag-3", "the scheduler's third flag", 2),
		hash(flag("sh-fallback", "go to the next real server where the one that sh names is down", 0)),
		hash(flag("sh-port", "let sh hash the port besides the address", 1)),
		hash(flag("mh-fallback", "go to the next real server where the one that mh names is down", 0)),
		hash(flag("mh-port", "let mh hash the port besides the address", 1)),
		hash(Keyword{Name: "hashed", Doc: "mark the service as hashed, as old kernels want it",
			decode: func(d *decoder, _ *Keyword, _ *syntax.Statement) { d.service.Hashed = true }}),
	}
}
