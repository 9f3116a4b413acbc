package config

import (
	"slices"

	"github.com/kactl/kactl/pkg/syntax"
)

// Process is how the kernel is to treat the process that runs VRRP.
type Process struct {
	// RealTime is the priority under SCHED_RR, 1 to 99; 0 is an ordinary
	// process (sched(7)).
	RealTime int
	// Nice is that of an ordinary process, -20 to 19.
	Nice int
	// NoSwap keeps its memory from being swapped out.
	NoSwap bool
	// CPUs are the processors that it may run on, empty for all.
	CPUs []int
}

func processKeywords() []Keyword {
	return []Keyword{
		{Name: "vrrp_rt_priority", Args: "1..99", Limits: whole(1, 99), Support: Supported, decode: (*decoder).realTime,
			Doc: "run VRRP with this real-time priority"},
		{Name: "vrrp_priority", Args: "-20..19", Default: "0", Limits: whole(-20, 19), Support: Supported, decode: (*decoder).nice,
			Doc: "nice value of VRRP"},
		{Name: "vrrp_no_swap", Support: Supported, decode: func(d *decoder, _ *Keyword, _ *syntax.Statement) { d.config.Global.VRRPProcess.NoSwap = true },
			Doc: "keep VRRP's memory from being swapped out"},
		{Name: "vrrp_cpu_affinity", Args: "CPU...", Limits: whole(0, 1023), Support: Supported, decode: (*decoder).affinity,
			Doc: "processors that VRRP may run on"},
		{Name: "vrrp_rlimit_rttime", Args: "MICROSECONDS", Need: 1, Limits: whole(1, 4294967295), Support: Accepted, decode: (*decoder).rtTime,
			Doc: "has no effect: a real-time process that never sleeps is held back by the kernel"},
		{Name: "vrrp_rlimit_rtime", Args: "MICROSECONDS", Need: 1, Limits: whole(1, 4294967295), Support: Accepted, decode: (*decoder).rtTime,
			Doc: "the same as vrrp_rlimit_rttime"},
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

// realTime reads a priority; one that is out of range becomes the nearest that
// there is.
func (d *decoder) realTime(k *Keyword, s *syntax.Statement) {
	if !d.valued(k, s) {
		return
	}
	const all = 1e9
	n, message := parseNumber(s.Arg(0), whole(-all, all))
	if message != "" {
		d.fault("number", s.AtArg(0), "%s %s; keepalived ignores it", k.Name, message).Hint = "write a number from " + k.Limits.String()
		return
	}
	priority := min(max(n, k.Limits.Min), k.Limits.Max)
	if priority != n {
		d.fault("number", s.AtArg(0), "%s %v is outside %v; keepalived uses %v", k.Name, n, k.Limits, priority)
	}
	d.config.Global.VRRPProcess.RealTime = int(priority)
}

func (d *decoder) nice(k *Keyword, s *syntax.Statement) {
	if !d.valued(k, s) {
		return
	}
	if n, ok := d.integer(k, s, "ignores it"); ok {
		d.config.Global.VRRPProcess.Nice = n
	}
}

func (d *decoder) affinity(k *Keyword, s *syntax.Statement) {
	if !d.valued(k, s) {
		return
	}
	p := &d.config.Global.VRRPProcess
	limits := *k.Limits
	if d.host != nil {
		limits.Max = float64(d.host.CPUs() - 1)
	}
	for i := range s.Args() {
		n, ok := d.numberAt(&limits, s.AtArg(i), k.Name, s.Arg(i), "ignores it")
		if ok && !slices.Contains(p.CPUs, int(n)) {
			p.CPUs = append(p.CPUs, int(n))
		}
	}
}

func (d *decoder) rtTime(k *Keyword, s *syntax.Statement) { d.integer(k, s, "ignores it") }
