package lint

import "github.com/kactl/kactl/pkg/diag"

// instanceFindings are about vrrp_instance and vrrp_sync_group.
var instanceFindings = []*Rule{
	{
		Name: "no-interface", Severity: diag.Error,
		Doc: "a vrrp_instance without an interface",
		Why: `keepalived's VRRP process exits, and with it all other instances. Unicast goes
without an interface, from version 2.3 of keepalived on, where unicast_src_ip says what
adverts come from: they take the way that the routes have. The addresses name their
interface, "192.0.2.10/24 dev eth0", or are put on default_interface.`,
	},
	{
		Name: "unknown-interface", Severity: diag.Error,
		Doc: "an interface that this machine does not have",
		Why: `keepalived's VRRP process exits, and with it all other instances. It is asked of
the machine alone that the file is for; ip -br link lists what there is. With
dynamic_interfaces in global_defs it is a warning: what needs the interface is in
FAULT until it comes.`,
	},
	{
		Name: "loopback-interface", Severity: diag.Error,
		Doc: "a loopback interface, on which nobody hears an advert",
		Why: `keepalived exits. Name the interface that leads to the other routers; addresses on
lo are written with "dev lo".`,
	},
	{
		Name: "no-virtual-router-id", Severity: diag.Error,
		Doc: "a vrrp_instance without a virtual_router_id",
		Why: `keepalived's VRRP process exits, and with it all other instances. The number is 1
to 255, the same on all routers of the instance and no other's on the network.`,
	},
	{
		Name: "duplicate-vrid", Severity: diag.Error,
		Doc: "two instances with one virtual_router_id on one interface",
		Why: `They would hear each other's adverts as those of a peer; keepalived exits. Give
each its own number, another interface or another multicast group.`,
		Bad: `vrrp_instance A {
    interface eth0
    virtual_router_id 51
}
vrrp_instance B {
    interface eth0
    virtual_router_id 51
}`,
		Good: `vrrp_instance A {
    interface eth0
    virtual_router_id 51
}
vrrp_instance B {
    interface eth0
    virtual_router_id 52
}`,
	},
	{
		Name: "no-priority", Severity: diag.Warning,
		Doc: "state MASTER without a priority",
		Why: `The priority is 255 then, that of the router whose own address it is: it preempts
at once, nothing that is tracked lowers it, and nopreempt is ignored. Write the
priority.`,
		Bad: `vrrp_instance VI_1 {
    state MASTER
}`,
		Good: `vrrp_instance VI_1 {
    state MASTER
    priority 150
}`,
	},
	{
		Name: "advert-interval", Severity: diag.Error,
		Doc: "an advert_int that does not fit into an advert",
		Why: `Version 2 has room for whole seconds, version 3 for hundredths up to 40.95 s.
keepalived rounds it, and routers that round to different values do not hear each
other in version 2.`,
	},
	{
		Name: "nopreempt", Severity: diag.Error,
		Doc: "nopreempt with state MASTER or priority 255",
		Why: `keepalived ignores nopreempt there, so that the router takes over as soon as it is
back. Write state BACKUP on all routers; the priority decides who is master.`,
		Bad: `state MASTER
nopreempt`,
		Good: `state BACKUP
nopreempt`,
	},
	{
		Name: "preempt-delay", Severity: diag.Error,
		Doc: "preempt_delay with state MASTER, nopreempt or vrrp_strict",
		Why: `keepalived ignores preempt_delay there: with nopreempt there is nothing to put
off, and a router that starts as MASTER does not wait. Write state BACKUP.`,
		Bad: `state MASTER
preempt_delay 60`,
		Good: `state BACKUP
preempt_delay 60`,
	},
	{
		Name: "auth-pass", Severity: diag.Error,
		Doc: "an auth_pass that is missing, or longer than 8 characters",
		Why: `An advert has room for 8 characters; keepalived cuts the rest off. Without one it
uses no authentication.`,
	},
	{
		Name: "auth-version", Severity: diag.Error,
		Doc: "authentication in version 3",
		Why: `Version 3 has none, and keepalived ignores the block. Remove it, or write
version 2.`,
	},
	{
		Name: "strict-auth", Severity: diag.Error,
		Doc: "authentication together with vrrp_strict",
		Why: `Later RFCs removed authentication, and keepalived uses none with vrrp_strict. A
router without vrrp_strict and with a password does not hear this one.`,
	},
	{
		Name: "strict", Severity: diag.Error,
		Doc: "something else that vrrp_strict rules out",
		Why: `keepalived uses what the RFC has instead, which the message says. Remove the
keyword, or vrrp_strict.`,
	},
	{
		Name: "no-address", Severity: diag.Error,
		Doc: "a vrrp_instance without virtual addresses",
		Why: `It elects a master of nothing: keepalived complains and runs it, and exits where
it is one of IPv6. Write virtual_ipaddress; its closing brace may have been lost,
or its name misspelt.`,
	},
	{
		Name: "addresses", Severity: diag.Error,
		Doc: "more than 255 addresses in virtual_ipaddress",
		Why: `An advert has room for 255. keepalived holds the others too, but does not
announce them; write them into virtual_ipaddress_excluded.`,
	},
	{
		Name: "duplicate-address", Severity: diag.Warning,
		Doc: "an address that a list has twice",
		Why: `It is added once, and counted twice in the adverts. One of the two will have been
meant to be another.`,
	},
	{
		Name: "address-family", Severity: diag.Error,
		Doc: "IPv4 and IPv6 addresses in one instance",
		Why: `An advert carries addresses of one family, that of the first one. keepalived
ignores the others: move them to virtual_ipaddress_excluded, or write an instance
for each family.`,
		Bad: `virtual_ipaddress {
    192.0.2.100/24
    2001:db8::100/64
}`,
		Good: `virtual_ipaddress {
    192.0.2.100/24
}
virtual_ipaddress_excluded {
    2001:db8::100/64
}`,
	},
	{
		Name: "label", Severity: diag.Error,
		Doc: "a label of more than 15 characters",
		Why: `The kernel has room for 15, and keepalived drops the address.`,
	},
	{
		Name: "broadcast", Severity: diag.Error,
		Doc: "a broadcast address where the mask leaves none",
		Why: `Networks of /31 and /32 have no broadcast address, so "brd +" sets none. Write the
mask of the network, or remove brd.`,
	},
	{
		Name: "no-unicast-peer", Severity: diag.Error,
		Doc: "a unicast keyword without unicast_peer",
		Why: `Without peers keepalived sends by multicast, and a router that sends to its peers
does not hear it.`,
	},
	{
		Name: "ttl", Severity: diag.Error,
		Doc: "a peer whose min_ttl is greater than its max_ttl",
		Why: `No advert of it is ever taken, and both routers become master.`,
	},
	{
		Name: "sync-group-size", Severity: diag.Error,
		Doc: "a vrrp_sync_group of one instance, or of none",
		Why: `There is nothing to keep in step. keepalived removes a group of none.`,
	},
	{
		Name: "unknown-instance", Severity: diag.Error,
		Doc: "a sync group with a member that is no vrrp_instance",
		Why: `The group goes without it, and what was meant to move together does not.`,
	},
}
