package lint

import "github.com/kactl/kactl/pkg/diag"

// balanceFindings are about what a virtual_server is of, and its quorum.
var balanceFindings = []*Rule{
	{
		Name: "mark-protocol", Severity: diag.Error,
		Doc: "a protocol for a service by firewall mark",
		Why: `The firewall's rule says which packets are marked. keepalived ignores the protocol:
remove it.`,
	},
	{
		Name: "mark-suspend", Severity: diag.Error,
		Doc: "ha_suspend for a service by firewall mark",
		Why: `ha_suspend waits for the service's address, and a mark has none. keepalived clears
it.`,
	},
	{
		Name: "unknown-group", Severity: diag.Warning,
		Doc: "a virtual_server of a group that there is not",
		Why: `keepalived accepts it and balances nothing. The virtual_server_group may stand above
or below, but it must have that name, and at least one line that is right.`,
	},
	{
		Name: "netmask", Severity: diag.Warning,
		Doc: "a persistence_granularity that is a number, for IPv4",
		Why: `keepalived takes 24 for the netmask 0.0.0.24, which groups clients by some of the last
bits. Write 255.255.255.0. For IPv6 it is the number of bits.`,
	},
	{
		Name: "quorum", Severity: diag.Error,
		Doc: "a quorum that is more than the weights of all real servers",
		Why: `It could never be reached, so keepalived uses the sum of the weights: one server down
is then one too many.`,
	},
	{
		Name: "hysteresis", Severity: diag.Error,
		Doc: "a hysteresis that is not less than the quorum",
		Why: `The quorum could never be lost. keepalived uses the quorum less 1.`,
	},
	{
		Name: "scheduler-flag", Severity: diag.Error,
		Doc: "a flag of the schedulers sh and mh for another one",
		Why: `keepalived ignores it. It looks at the scheduler that was named so far: the flag
stands below lvs_sched.`,
	},
	{
		Name: "one-packet", Severity: diag.Error,
		Doc: "ops for a service that is not UDP",
		Why: `Only datagrams can be shared out one by one. keepalived clears it.`,
	},
	{
		Name: "tunnel", Severity: diag.Error,
		Doc: "a tunnel with words that do not go together",
		Why: `gue needs a port, and no other type has one; ipip has no checksums, and gre no remote
checksum. keepalived uses the method without them.`,
	},
	{
		Name: "no-sorry-server", Severity: diag.Error,
		Doc: "a word about the sorry server where there is none",
		Why: `keepalived ignores it. It stands below sorry_server.`,
	},
}

// checkFindings are about checks of real servers.
var checkFindings = []*Rule{
	{
		Name: "domain-name", Severity: diag.Warning,
		Doc: "a DNS_CHECK for a name that is too long",
		Why: `A label has 63 bytes at most and a name 253. keepalived accepts more, and no server
answers.`,
	},
	{
		Name: "reply-length", Severity: diag.Error,
		Doc: "a UDP_CHECK whose shortest answer is longer than its longest",
		Why: `No answer will do, so that the server is always down.`,
	},
	{
		Name: "no-bfd-name", Severity: diag.Error,
		Doc: "a BFD_CHECK without a name",
		Why: `keepalived drops the check, and the server counts as up. Write the name of a
bfd_instance.`,
	},
	{
		Name: "unknown-bfd", Severity: diag.Error,
		Doc: "a BFD_CHECK of a session that there is not",
		Why: `The bfd_instance must stand above, and if it says vrrp it must say checker too.
keepalived drops the check, and the server counts as up.`,
	},
	{
		Name: "duplicate-check", Severity: diag.Error,
		Doc: "two checks of one real server by the same BFD session",
		Why: `keepalived drops the second.`,
	},
	{
		Name: "no-track-file", Severity: diag.Error,
		Doc: "a FILE_CHECK without a track_file",
		Why: `keepalived drops the check, and the file changes nothing.`,
	},
	{
		Name: "unknown-track-file", Severity: diag.Error,
		Doc: "a FILE_CHECK of a file that is not declared",
		Why: `The track_file block must stand above. keepalived ignores the name.`,
	},
}
