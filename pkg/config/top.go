package config

import (
	"slices"

	"github.com/kactl/kactl/pkg/syntax"
)

func topKeywords() []Keyword {
	return append([]Keyword{
		{Name: "global_defs", Shape: syntax.Block, Effect: true, decode: (*decoder).globalDefs, Inside: globalKeywords(),
			Doc: "what holds for all of keepalived"},
		{Name: "vrrp_script", Args: "NAME", Need: 1, Most: 1, Shape: syntax.Block, Effect: true, decode: (*decoder).vrrpScript, Inside: scriptKeywords(),
			Doc: "a program whose exit status instances can track"},
		{Name: "vrrp_sync_group", Args: "NAME", Shape: syntax.Block, Effect: true, decode: (*decoder).vrrpSyncGroup, Inside: groupKeywords(),
			Doc: "instances that change state together"},
		{Name: "vrrp_instance", Args: "NAME", Shape: syntax.Block, Effect: true, decode: (*decoder).vrrpInstance, Inside: instanceKeywords(),
			Doc: "a virtual router on an interface"},
		{Name: "virtual_server_group", Args: "NAME", Need: 1, Shape: syntax.List, decode: (*decoder).serviceGroup,
			Doc: "addresses and firewall marks that are balanced as one service"},
		{Name: "virtual_server", Args: "ADDRESS [PORT]|fwmark NUMBER|group NAME", Need: 1, Shape: syntax.Block, Effect: true, NotYet: []string{"fwmark", "group"}, decode: (*decoder).virtualServer, Inside: serviceKeywords(),
			Doc: "a load-balanced service"},
		{Name: "bfd_instance", Args: "NAME", Shape: syntax.Block, decode: (*decoder).bfdInstance, Inside: bfdKeywords(),
			Doc: "a session of BFD with another router"},
		{Name: "SSL", Shape: syntax.Block, decode: (*decoder).ssl, Inside: sslKeywords(),
			Doc: "certificates of the checks over TLS", Instead: "SSL_GET presents no certificate, and a server that demands one counts as down"},
	}, slices.Concat(identityKeywords(), trackedKeywords(), staticKeywords(), linkKeywords())...)
}
