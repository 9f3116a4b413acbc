package config

import (
	"slices"
	"time"

	"github.com/kactl/kactl/pkg/syntax"
)

// Process is how the kernel is to treat one of the daemon's processes.
type Process struct {
	// Name is what ps shows (prctl(2)), at most 15 bytes. Empty is that of the
	// program.
	Name string
	// RealTime is the priority under SCHED_RR, 1 to 99; 0 is an ordinary
	// process (sched(7)).
	RealTime int
	// RealTimeLimit is the processor time that a real-time process may take
	// without sleeping (RLIMIT_RTTIME); 0 is keepalived's 10 ms.
	RealTimeLimit time.Duration
	// Nice is that of an ordinary process, -20 to 19.
	Nice int
	// NoSwap keeps its memory from being swapped out.
	NoSwap bool
	// CPUs are the processors that it may run on, empty for all.
	CPUs []int
}

// AutoPriority is how processes gain priority when they run too late.
type AutoPriority struct {
	// Max is the highest real-time priority to reach, 1 to 99; 0 is none, and
	// -1 none without advice about it.
	Max int
	// Delay is how late counts as too late.
	Delay time.Duration
}

const processNameSize = 15

// processes finds the settings of each process by the prefix of its keywords.
var processes = map[string]func(*decoder) *Process{
	"vrrp":    in(func(g *Global) *Process { return &g.VRRPProcess }),
	"checker": in(func(g *Global) *Process { return &g.CheckerProcess }),
	"bfd":     in(func(g *Global) *Process { return &g.BFDProcess }),
}

func processKeywords() []Keyword {
	return slices.Concat(
		[]Keyword{
			{Name: "process_names", decode: (*decoder).processNames,
				Doc: "name the processes keepalived, keepalived_vrrp, keepalived_lvs and keepalived_bfd"},
			{Name: "process_name", Args: "NAME", Need: 1, Default: "that of the program", decode: processName(in(func(g *Global) *string { return &g.ProcessName })),
				Doc: "name of the main process"},
			{Name: "lvs_process_name", Args: "NAME", Need: 1, decode: processName(in(func(g *Global) *string { return &g.CheckerProcess.Name })),
				Doc: "the same as checker_process_name"},
			{Name: "max_auto_priority", Args: "[-1..99]", Default: "0, and 99 without a number", Limits: whole(-1, 99), decode: (*decoder).maxAutoPriority,
				Doc: "highest real-time priority that a late process gets by itself; 0 for none, -1 for none without a warning"},
			{Name: "min_auto_priority_delay", Args: "MICROSECONDS", Default: "1000000", Unit: "us", Limits: whole(1, 10000000),
				decode: period(time.Microsecond, in(func(g *Global) *time.Duration { return &g.AutoPriority.Delay })),
				Doc:    "how late a process must be to gain priority"},
		},
		processKeywordsOf("vrrp", "VRRP", true),
		processKeywordsOf("checker", "the checks", false),
		processKeywordsOf("bfd", "BFD", false),
	)
}

// processKeywordsOf are those of one process, acted on or not.
func processKeywordsOf(prefix, what string, effect bool) []Keyword {
	of := processes[prefix]
	field := func(f func(*Process) *bool) func(*decoder) *bool {
		return func(d *decoder) *bool { return f(of(d)) }
	}
	limit := func(name, doc string) Keyword {
		return Keyword{Name: prefix + name, Args: "MICROSECONDS", Need: 1, Default: "10000", Unit: "us", Limits: whole(1, 4294967295), Doc: doc,
			decode: period(time.Microsecond, func(d *decoder) *time.Duration { return &of(d).RealTimeLimit })}
	}
	return []Keyword{
		{Name: prefix + "_process_name", Args: "NAME", Need: 1, Default: "that of the program", decode: processName(func(d *decoder) *string { return &of(d).Name }),
			Doc: "name of the process of " + what},
		{Name: prefix + "_rt_priority", Args: "1..99", Limits: whole(1, 99), Effect: effect, decode: realTime(of),
			Doc: "run " + what + " with this real-time priority"},
		{Name: prefix + "_priority", Args: "-20..19", Default: "0", Limits: whole(-20, 19), Effect: effect, decode: count(func(d *decoder) *int { return &of(d).Nice }),
			Doc: "nice value of " + what},
		{Name: prefix + "_no_swap", Effect: effect, decode: flag(field(func(p *Process) *bool { return &p.NoSwap })),
			Doc: "keep the memory of " + what + " from being swapped out"},
		{Name: prefix + "_cpu_affinity", Args: "CPU...", Limits: whole(0, 1023), Effect: effect, decode: affinity(of),
			Doc: "processors that " + what + " may run on"},
		limit("_rlimit_rttime", "processor time that "+what+" may take in real time without sleeping"),
		limit("_rlimit_rtime", "the same as "+prefix+"_rlimit_rttime"),
	}
}

// valued reports a keyword that has no value, where keepalived goes on.
func (d *decoder) valued(k *Keyword, s *syntax.Statement) bool {
	if len(s.Args()) == 0 {
		d.fault("value", s.Range(), "%s without a value; keepalived ignores it", k.Name).Hint = "write " + k.Name + " " + k.Args
		return false
	}
	return true
}

// processName reads a name, of which the kernel keeps the start.
func processName(field func(*decoder) *string) decoding {
	return func(d *decoder, k *Keyword, s *syntax.Statement) {
		name := s.Arg(0)
		if len(name) > processNameSize {
			d.fault("value", s.AtArg(0), "%s has more than %d characters; keepalived cuts it", clip(name), processNameSize)
			name = name[:processNameSize]
		}
		*field(d) = name
	}
}

func (d *decoder) processNames(*Keyword, *syntax.Statement) {
	g := &d.config.Global
	for p, name := range map[*string]string{
		&g.ProcessName: "keepalived", &g.VRRPProcess.Name: "keepalived_vrrp",
		&g.CheckerProcess.Name: "keepalived_lvs", &g.BFDProcess.Name: "keepalived_bfd",
	} {
		fillString(p, name)
	}
}

func (d *decoder) maxAutoPriority(k *Keyword, s *syntax.Statement) {
	p := &d.config.Global.AutoPriority.Max
	if len(s.Args()) == 0 {
		*p = int(k.Limits.Max)
		return
	}
	if n, ok := d.integer(k, s, "ignores it"); ok {
		*p = n
	}
}

// realTime reads a priority; one that is out of range becomes the nearest that
// there is.
func realTime(of func(*decoder) *Process) decoding {
	return func(d *decoder, k *Keyword, s *syntax.Statement) {
		if !d.valued(k, s) {
			return
		}
		const all = 1e9
		n, message := parseNumber(s.Arg(0), whole(-all, all))
		if message != "" {
			var ok bool
			if n, ok = whole(-all, all).leading(s.Arg(0)); !ok {
				d.fault("number", s.AtArg(0), "%s %s; keepalived ignores it", k.Name, message).Hint = "write a number from " + k.Limits.String()
				return
			}
		}
		priority := min(max(n, k.Limits.Min), k.Limits.Max)
		switch {
		case message != "":
			d.fault("number", s.AtArg(0), "%s %s; keepalived uses %v", k.Name, message, priority).Hint = "write a number from " + k.Limits.String()
		case priority != n:
			d.fault("number", s.AtArg(0), "%s %v is outside %v; keepalived uses %v", k.Name, n, k.Limits, priority)
		}
		of(d).RealTime = int(priority)
	}
}

func affinity(of func(*decoder) *Process) decoding {
	return func(d *decoder, k *Keyword, s *syntax.Statement) {
		if !d.valued(k, s) {
			return
		}
		limits, cpus := *k.Limits, []int(nil)
		if d.host != nil {
			limits.Max = float64(d.host.CPUs() - 1)
		}
		for i := range s.Args() {
			n, ok := d.numberAt(&limits, s.AtArg(i), k.Name, s.Arg(i), "ignores it")
			if ok && !slices.Contains(cpus, int(n)) {
				cpus = append(cpus, int(n))
			}
		}
		if len(cpus) > 0 {
			of(d).CPUs = cpus
		}
	}
}
