package config

import (
	"slices"

	"github.com/kactl/kactl/pkg/diag"
)

// protecting are the keywords without effect that leave the file with less
// protection than it asks for, besides those that say what happens Instead. Such a
// keyword is a warning; the others are information.
var protecting = []string{
	// What an instance is to depend on, and do as master.
	"vrrp_instance/track_bfd", "vrrp_instance/vrf",
	// Whom it hears.
	"vrrp_instance/old_unicast_checksum",
	"global_defs/startup_script", "global_defs/shutdown_script",
	"global_defs/reload_check_config", "global_defs/lvs_sync_daemon",
	"net_namespace", "net_namespace_ipvs",
}

// markProtecting marks those of protecting that have no effect.
func (t *keywords) markProtecting() {
	walkTable(t.root, func(_ *block, path string, k *Keyword) bool {
		k.Protects = !k.Effect && slices.Contains(protecting, path)
		return true
	})
}

// less reports what has no effect yet where the file has less protection by
// that. In a block that has no effect itself that is not said again.
func (d *decoder) less(at diag.Range, format string, args ...any) *diag.Diagnostic {
	x := d.inert(at, format, args...)
	x.Severity = diag.Warning
	return x
}

// warnIdle warns of an instance that does not run.
func (d *decoder) warnIdle(x *instance) {
	switch why := table().idle(&x.Instance); {
	case why == keyless:
		d.warn("not-run", d.result.At("vrrp_instance", x.Name, keyless), "auth_hmac has no key to verify adverts with, or not version 3: vrrp_instance %s does not run, as it would have to take anybody's", x.Name).Hint = "repair the keys, write version 3, or remove auth_hmac on all routers"
	case why != "":
		d.warn("not-run", x.statement.Range(), "%s is not supported yet: vrrp_instance %s does not run, and never has its addresses", why, x.Name)
	}
}

// A Shortfall counts what of a file is not in force.
type Shortfall struct {
	// Settings is all of it; Weaker of them leave the file with less protection
	// than it asks for, and Parts are instances, services or servers that are
	// left out as a whole.
	Settings, Weaker, Parts int
}

// Shortfall counts what of the file is not in force.
func (r *Result) Shortfall() (s Shortfall) {
	for _, x := range r.Diagnostics {
		switch {
		case x.Rule == "not-run":
			s.Parts++
		case x.Rule != "no-effect":
			continue
		case x.Severity >= diag.Warning:
			s.Weaker++
		}
		s.Settings++
	}
	return s
}
