package config

import "github.com/kactl/kactl/pkg/syntax"

func topKeywords() []Keyword {
	return append([]Keyword{
		{Name: "global_defs", Shape: syntax.Block, Support: Supported, decode: (*decoder).globalDefs, Inside: globalKeywords(),
			Doc: "what holds for all of keepalived"},
		{Name: "vrrp_script", Args: "NAME", Need: 1, Shape: syntax.Block, Support: Supported, decode: (*decoder).vrrpScript, Inside: scriptKeywords(),
			Doc: "a program whose exit status instances can track"},
		{Name: "vrrp_sync_group", Args: "NAME", Shape: syntax.Block, Support: Accepted, decode: (*decoder).vrrpSyncGroup, Inside: groupKeywords(),
			Doc: "instances that change state together"},
		{Name: "vrrp_instance", Args: "NAME", Shape: syntax.Block, Support: Supported, decode: (*decoder).vrrpInstance, Inside: instanceKeywords(),
			Doc: "a virtual router on an interface"},
		{Name: "virtual_server", Args: "ADDRESS [PORT]", Need: 1, Shape: syntax.Block, Support: Supported, decode: (*decoder).virtualServer, Inside: serviceKeywords(),
			Doc: "a load-balanced service"},
	}, otherTop()...)
}
