package lint

import "github.com/kactl/kactl/pkg/diag"

// trackFindings are about routes, rules, interfaces of an instance's own, and
// what is tracked.
var trackFindings = []*Rule{
	{
		Name: "action", Severity: diag.Error,
		Doc: "a rule with two actions",
		Why: `A rule of policy routing does one thing: it names a table, or blackhole,
unreachable, prohibit or goto. keepalived drops one that says two.`,
	},
	{
		Name: "preference", Severity: diag.Error,
		Doc: "a rule without a preference",
		Why: `keepalived gives it one of its own, counting down from 16384, so that the order
of the rules depends on that of the file. Write preference NUMBER.`,
	},
	{
		Name: "protocol", Severity: diag.Error,
		Doc: "a tracked route or rule of another protocol than keepalived's",
		Why: `keepalived knows its own routes by their protocol. It resets that of a route that
it tracks; write no_track to keep the one that you gave.`,
	},
	{
		Name: "no-track", Severity: diag.Error,
		Doc: "a route that keepalived does not track",
		Why: `A route without dev is on no interface that could go down. keepalived does not
track it, and kactl does: write dev INTERFACE, or no_track to say so.`,
	},
	{
		Name: "no-file", Severity: diag.Error,
		Doc: "a track_file that names no file",
		Why: `There is nothing to read. keepalived ignores the block, and what tracks it.`,
	},
	{
		Name: "no-process", Severity: diag.Error,
		Doc: "a vrrp_track_process that names no process",
		Why: `There is nothing to look for. keepalived ignores the block, and what tracks it.`,
	},
	{
		Name: "unknown-track", Severity: diag.Error,
		Doc: "something is tracked that is defined nowhere",
		Why: `keepalived ignores the line, so that the instance keeps its priority whatever
happens. Define the track_file, vrrp_track_process or bfd_instance, or mend the
name.`,
	},
	{
		Name: "unicast", Severity: diag.Error,
		Doc: "a multicast destination beside unicast peers",
		Why: `An instance with unicast_peer sends to its peers alone: mcast_dst_ip is ignored.`,
	},
	{
		Name: "vmac", Severity: diag.Error,
		Doc: "an interface of an instance's own that cannot work as it is written",
		Why: `vmac_xmit_base needs use_vmac, unicast over a VMAC needs vmac_xmit_base, and an
ipvlan needs an address of its own.`,
	},
	{
		Name: "hmac-key", Severity: diag.Error,
		Doc: "a key of auth_hmac that cannot be used",
		Why: `A key has 32 to 64 bytes, as hex: and twice as many digits, as text, or in a file
that nobody but root can change. keepalived ignores another one. An instance that is
to take signed adverts alone and has no key left does not run: it would take
anybody's.`,
	},
	{
		Name: "readable-key", Severity: diag.Warning,
		Doc: "a key of auth_hmac in a file that every user can read",
		Why: `Whoever knows the key can make adverts that all routers take for those of a master.`,
	},
}
