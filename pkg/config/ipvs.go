package config

import (
	"time"

	"github.com/kactl/kactl/pkg/syntax"
)

// IPVS is what concerns the kernel's table as a whole.
type IPVS struct {
	// Flush empties the table at the start.
	Flush       bool
	FlushOnStop FlushOnStop
	Sync        SyncDaemon
}

// FlushOnStop is how services leave the table when the daemon stops.
type FlushOnStop uint8

const (
	// FlushNone takes out each real server, then each service.
	FlushNone FlushOnStop = iota
	// FlushServices takes out each service with what is in it.
	FlushServices
	// FlushAll empties the table.
	FlushAll
)

func ipvsKeywords() []Keyword {
	onStop := Keyword{Name: "lvs_flush_on_stop", Args: "[VS]", decode: (*decoder).flushOnStop,
		Doc: "empty the table of IPVS at the end; VS takes out whole services instead"}
	old := onStop
	old.Name, old.Doc = "lvs_flush_onstop", "the same as lvs_flush_on_stop"
	return []Keyword{
		{Name: "lvs_flush", decode: flag(in(func(g *Global) *bool { return &g.IPVS.Flush })),
			Doc: "empty the table of IPVS at the start"},
		onStop, old,
		{Name: "lvs_timeouts", Args: "[tcp SECONDS] [tcpfin SECONDS] [udp SECONDS]", Default: "those of the kernel", Unit: "s", Limits: whole(0, 2678400), repeats: true, Effect: true, decode: (*decoder).timeouts,
			Doc: "how long IPVS keeps idle connections"},
		syncDaemonKeyword(),
	}
}

func (d *decoder) flushOnStop(k *Keyword, s *syntax.Statement) {
	switch p := &d.config.Global.IPVS.FlushOnStop; s.Arg(0) {
	case "VS":
		*p = FlushServices
	default:
		if len(s.Args()) > 0 {
			d.fault("value", s.AtArg(0), "unknown word %q; keepalived ignores %s", clip(s.Arg(0)), k.Name).Hint = "write VS, or nothing"
			return
		}
		*p = FlushAll
	}
}

func (d *decoder) timeouts(k *Keyword, s *syntax.Statement) {
	if len(s.Args()) < 2 {
		d.fault("value", s.Range(), "%s lacks a time; keepalived ignores it", k.Name).Hint = "write " + k.Name + " " + k.Args
		return
	}
	g := &d.config.LVS.Timeouts
	times := map[string]*time.Duration{"tcp": &g.TCP, "tcpfin": &g.TCPFin, "udp": &g.UDP}
	for i := 0; i < len(s.Args()); i++ {
		p := times[s.Arg(i)]
		if p == nil {
			d.fault("extra-words", s.AtArg(i), "unknown word %q; keepalived ignores it", clip(s.Arg(i))).Hint = "write " + k.Name + " " + k.Args
			continue
		}
		if i++; i >= len(s.Args()) {
			d.fault("value", s.AtArg(i-1), "%s lacks its time; keepalived ignores it", s.Arg(i-1))
			break
		}
		if n, ok := d.numberAt(k.Limits, s.AtArg(i), s.Arg(i-1), s.Arg(i), "ignores it"); ok {
			*p = seconds(n)
		}
	}
}
