package lint

import "github.com/kactl/kactl/pkg/diag"

// scriptFindings are about what is tracked and what is run.
var scriptFindings = []*Rule{
	{
		Name: "script-missing", Severity: diag.Error,
		Doc: "a vrrp_script without a script",
		Why: `keepalived removes the block, and then complains of each track_script that names
it.`,
	},
	{
		Name: "no-user", Severity: diag.Error,
		Doc: "a program with nobody to run it",
		Why: `enable_script_security is set, there is no user keepalived_script, and script_user
is missing or names nobody: keepalived drops the program.`,
		Bad:  `enable_script_security`,
		Good: `script_user keepalived_script`,
	},
	{
		Name: "script-syntax", Severity: diag.Error,
		Doc: "a program that cannot be split into words",
		Why: `A quote is not closed, or there is nothing to run. keepalived ignores the keyword.`,
	},
	{
		Name: "script-not-found", Severity: diag.Error,
		Doc: "a program that this machine does not have",
		Why: `keepalived disables the script, and what tracks it goes on as if all were well.
No shell takes part: a line with [[ or || names no program.`,
	},
	{
		Name: "script-not-executable", Severity: diag.Warning,
		Doc: "a program that its user may not execute",
		Why: `keepalived disables it. chmod +x FILE mends the file; the directories above it
need x too.`,
	},
	{
		Name: "script-insecure", Severity: diag.Error,
		Doc: "a program that others than root can replace",
		Why: `With enable_script_security nothing runs as root that another user could
replace: the file, its interpreter, all directories and links on the way to them
must belong to root and be writable by nobody else. keepalived looks only at where
the links lead. script_user with that user is the other way.`,
	},
	{
		Name: "script", Severity: diag.Error,
		Doc: "a program that cannot be run for another reason",
		Why: `The message has what the system says. keepalived disables it.`,
	},
	{
		Name: "script-security", Severity: diag.Warning,
		Doc: "programs are run without enable_script_security",
		Why: `keepalived runs them as root even if other users can write to them. Write
enable_script_security in global_defs, and script_user with the user to run them.`,
	},
	{
		Name: "unknown-user", Severity: diag.Error,
		Doc: "a user or group that this machine does not have",
		Why: `keepalived does not run the program. Words behind a program that is not in quotes
are its user and group, not its arguments.`,
	},
	{
		Name: "unknown-script", Severity: diag.Error,
		Doc: "a track_script that names no vrrp_script before it",
		Why: `keepalived ignores it, and the instance does not depend on the script. The
vrrp_script must come before the vrrp_instance.`,
	},
	{
		Name: "duplicate-track", Severity: diag.Error,
		Doc: "a thing that an instance tracks twice",
		Why: `keepalived ignores the second line with its weight.`,
	},
	{
		Name: "track-interface", Severity: diag.Error,
		Doc: "an instance that tracks its own interface",
		Why: `It depends on that anyhow, unless dont_track_primary is set, and keepalived ignores
the line with its weight.`,
	},
	{
		Name: "track-owner", Severity: diag.Error,
		Doc: "a tracking weight at priority 255",
		Why: `255 is the owner of the addresses, whose priority nothing changes: keepalived does
not track it at all. Write a lower priority. state MASTER without a priority is
255 as well.`,
	},
	{
		Name: "sync-group-weight", Severity: diag.Error,
		Doc: "a tracking weight in an instance of a sync group",
		Why: `The members of a group move together, by FAULT; a weight would move one alone, so
keepalived does not track it. Track without a weight, or write
sync_group_tracking_weight in the group if the members have one priority.`,
	},
}

// bfdFindings are about bfd_instance.
var bfdFindings = []*Rule{
	{
		Name: "no-neighbor", Severity: diag.Error,
		Doc: "a bfd_instance without a neighbor_ip",
		Why: `There is nobody to exchange packets with, and keepalived ignores the block; what
tracks it goes on without it.`,
	},
	{
		Name: "duplicate-neighbor", Severity: diag.Error,
		Doc: "two bfd_instances with one neighbor",
		Why: `A session is told by its two ends. keepalived ignores the second block: track the
first one in both places.`,
	},
}

// serviceFindings are about virtual_server and what is in it.
var serviceFindings = []*Rule{
	{
		Name: "no-protocol", Severity: diag.Error,
		Doc: "a virtual_server without a protocol",
		Why: `keepalived takes it for UDP: connections by TCP reach no server. Write protocol
TCP.`,
	},
	{
		Name: "no-scheduler", Severity: diag.Error,
		Doc: "a virtual_server without a scheduler",
		Why: `keepalived uses wlc and complains. Write lvs_sched.`,
	},
	{
		Name: "no-method", Severity: diag.Error,
		Doc: "a virtual_server without a forwarding method",
		Why: `keepalived uses NAT and complains. Write lvs_method.`,
	},
	{
		Name: "no-port", Severity: diag.Error,
		Doc: "a virtual_server for all ports without persistence",
		Why: `Without a port the connections of one client must go to one server, so keepalived
turns persistence on. Write the port.`,
	},
	{
		Name: "no-real-server", Severity: diag.Error,
		Doc: "a virtual_server without real servers",
		Why: `keepalived ignores it: nothing answers at the address.`,
	},
	{
		Name: "port", Severity: diag.Error,
		Doc: "a real server with another port than the service, where the method keeps it",
		Why: `Direct routing and tunnels hand packets on as they are: only NAT can change the
port. keepalived resets it to that of the service. Write the same port.`,
	},
	{
		Name: "weights", Severity: diag.Error,
		Doc: "a virtual_server whose weights are all 0",
		Why: `No server takes connections, and the quorum is never reached.`,
	},
	{
		Name: "duplicate-service", Severity: diag.Warning,
		Doc: "two virtual_servers for one address, port and protocol",
		Why: `The kernel has one service for them. keepalived adds the real servers of both to
the first, and the second one's settings are lost.`,
	},
	{
		Name: "duplicate-real-server", Severity: diag.Error,
		Doc: "a real_server that a service has twice",
		Why: `keepalived ignores the second with its checks.`,
	},
	{
		Name: "no-url", Severity: diag.Error,
		Doc: "an HTTP_GET or SSL_GET without a url",
		Why: `keepalived drops the check, and the server counts as up. Write url { path / }.`,
	},
	{
		Name: "no-path", Severity: diag.Error,
		Doc: "a url without a path",
		Why: `keepalived drops it. Write path /.`,
	},
	{
		Name: "digest", Severity: diag.Error,
		Doc: "a digest that is no MD5 sum",
		Why: `It has 32 hexadecimal digits, as genhash prints them. keepalived ignores it.`,
	},
}
