package config

import (
	"slices"

	"github.com/kactl/kactl/pkg/health"
	"github.com/kactl/kactl/pkg/lvs"
	"github.com/kactl/kactl/pkg/vrrp"
)

// Running returns the part of c that the daemon runs. What has no effect yet,
// going by the table of keywords, is left out: instances and services as a whole,
// checks, and real servers that nothing would find down; a quorum is the default.
func (c *Config) Running() *Config {
	t, out := table(), *c
	out.VRRP = t.runningVRRP(c.VRRP)
	own(out.VRRP.Instances, c.Global.Interfaces)
	out.VRRP.Delays, out.VRRP.Polled, out.VRRP.PollAll = c.Links.Delays, c.Links.Polled, c.Links.Polling
	out.VRRP.StartupDelay, out.VRRP.BootDelay, out.VRRP.LogUnknown = c.Global.StartupDelay, c.Global.BootDelay, c.Global.Logging.UnknownIDs
	out.VRRP.GARPGroups = nil
	for _, g := range c.Links.GARPGroups {
		out.VRRP.GARPGroups = append(out.VRRP.GARPGroups, vrrp.GARPGroup{Interfaces: g.Interfaces, ARP: g.GARP, NA: g.GNA})
	}
	out.VRRP.TellLower = c.Global.FIFOs.All.Path != "" || c.Global.FIFOs.VRRP.Path != ""
	out.VRRP.NoLocalIGMP = c.Global.Interfaces.NoLocalIGMP
	out.LVS.Services = nil
	for _, v := range c.LVS.Services {
		if !t.runs(&v) {
			continue
		}
		if !t.acts("", "virtual_server", "quorum") {
			v.Quorum = 1
		}
		if !t.acts("", "virtual_server", "hysteresis") {
			v.Hysteresis = 0
		}
		reals := v.Reals
		v.Reals = nil
		for _, r := range reals {
			if !t.keptOut(&r) {
				r.Checks = slices.DeleteFunc(slices.Clone(r.Checks), func(x health.Check) bool { return !t.probed(x.Kind) })
				v.Reals = append(v.Reals, r)
			}
		}
		out.LVS.Services = append(out.LVS.Services, v)
	}
	return &out
}

// runs reports whether the daemon balances v.
func (t *keywords) runs(v *lvs.VirtualServer) bool {
	switch {
	case v.Group != "":
		return t.acts("group", "virtual_server")
	case v.ID.Mark != 0:
		return t.acts("fwmark", "virtual_server")
	}
	return t.acts(v.ID.Protocol.String(), "virtual_server", "protocol")
}

// probed reports whether the daemon runs checks of a kind.
func (t *keywords) probed(kind health.Kind) bool {
	return t.acts("", "virtual_server", "real_server", kind.String())
}

// keptOut reports whether r does not enter the table: it is to be checked, and
// nothing runs any of its checks, so that it would get clients, dead or not.
func (t *keywords) keptOut(r *lvs.RealServer) bool {
	return len(r.Checks) > 0 && !slices.ContainsFunc(r.Checks, func(x health.Check) bool { return t.probed(x.Kind) })
}

// acts reports whether the daemon acts on the keyword at path with word behind it.
func (t *keywords) acts(word string, path ...string) bool {
	k, ok := t.lookup(path...)
	return ok && k.Effect && !slices.Contains(k.NotYet, word)
}
