package config

import (
	"time"

	"github.com/kactl/kactl/pkg/syntax"
)

// Identity tells several daemons on a machine apart.
type Identity struct {
	// Name is part of the names of the pid files; empty is none.
	Name string
	// Namespace is the network namespace that the daemon runs in, IPVSNamespace
	// that of the table of IPVS. Empty is the one that it is started in.
	Namespace, IPVSNamespace string
	// IPVSOutside says that IPVS stays in the namespace of the start, though
	// Namespace is another.
	IPVSOutside bool
	// IPSets uses ipsets in a namespace, whatever the kernel.
	IPSets bool
	// PIDDirectory puts the pid files into /run/keepalived.
	PIDDirectory bool
	// ChildWait is how long the processes may take to end.
	ChildWait time.Duration
}

func identityKeywords() []Keyword {
	return []Keyword{
		{Name: "instance", Args: "NAME", repeats: true, decode: firstText(in(func(g *Global) *string { return &g.Identity.Name })),
			Doc: "name that tells several daemons apart"},
		{Name: "net_namespace", Args: "NAME", repeats: true, decode: (*decoder).namespace,
			Doc: "network namespace to run in"},
		{Name: "net_namespace_ipvs", Args: "[NAME]", Default: "net_namespace, and where it was started without a name", repeats: true, decode: (*decoder).ipvsNamespace,
			Doc: "network namespace of the virtual servers"},
		{Name: "namespace_with_ipsets", decode: flag(in(func(g *Global) *bool { return &g.Identity.IPSets })),
			Doc: "use ipsets in a namespace with Linux before 3.13 too"},
		{Name: "use_pid_dir", decode: flag(in(func(g *Global) *bool { return &g.Identity.PIDDirectory })),
			Doc: "put the pid files into /run/keepalived"},
		{Name: "child_wait_time", Args: "SECONDS", Need: 1, Default: "5", Unit: "s", Limits: whole(0, 4294967295),
			decode: period(time.Second, in(func(g *Global) *time.Duration { return &g.Identity.ChildWait })),
			Doc:    "time that processes may take to end"},
	}
}

func (d *decoder) namespace(k *Keyword, s *syntax.Statement) {
	p := &d.config.Global.Identity.Namespace
	switch {
	case !d.valued(k, s):
	case *p != "":
		d.warn("duplicate-keyword", s.Range(), "%s is set already; keepalived ignores this one", k.Name)
	default:
		*p = s.Arg(0)
	}
}

func (d *decoder) ipvsNamespace(k *Keyword, s *syntax.Statement) {
	p := &d.config.Global.Identity
	if p.IPVSNamespace != "" || p.IPVSOutside {
		d.again(k, s, "ignores this one")
		return
	}
	p.IPVSNamespace, p.IPVSOutside = s.Arg(0), s.Arg(0) == ""
}
