package config

import "github.com/kactl/kactl/pkg/syntax"

// otherTop are the top-level words that have no effect yet.
func otherTop() []Keyword {
	return []Keyword{
		{Name: "SSL", Shape: syntax.Block, Inside: []Keyword{
			{Name: "ca"},
			{Name: "certificate"},
			{Name: "key"},
			{Name: "password"},
		}},
		{Name: "bfd_instance", Shape: syntax.Block, Inside: []Keyword{
			{Name: "checker"},
			{Name: "hoplimit", Need: 1},
			{Name: "idle_tx", Need: 1},
			{Name: "max_hops", Need: 1},
			{Name: "min_rx", Need: 1},
			{Name: "min_tx", Need: 1},
			{Name: "multihop", Since: "2.4"},
			{Name: "multiplier", Need: 1},
			{Name: "neighbor_ip"},
			{Name: "neighbour_ip"},
			{Name: "passive"},
			{Name: "source_ip", Need: 1},
			{Name: "ttl", Need: 1},
			{Name: "vrrp"},
			{Name: "weight", Need: 1},
		}},
		{Name: "child_wait_time", Need: 1},
		{Name: "garp_group", Shape: syntax.Block, Inside: []Keyword{
			{Name: "garp_interval", Need: 1},
			{Name: "gna_interval", Need: 1},
			{Name: "interface", Need: 1},
			{Name: "interfaces", Shape: syntax.List},
		}},
		{Name: "instance"},
		{Name: "interface_up_down_delays", Shape: syntax.List},
		{Name: "linkbeat_interfaces", Shape: syntax.List},
		{Name: "linkbeat_use_polling"},
		{Name: "namespace_with_ipsets"},
		{Name: "net_namespace"},
		{Name: "net_namespace_ipvs"},
		{Name: "static_ipaddress", Shape: syntax.List},
		{Name: "static_routes", Shape: syntax.List},
		{Name: "static_rules", Shape: syntax.List},
		{Name: "track_file", Need: 1, Shape: syntax.Block, Inside: []Keyword{
			{Name: "file"},
			{Name: "init_file"},
			{Name: "weight"},
		}},
		{Name: "track_group", Shape: syntax.Block, Inside: []Keyword{
			{Name: "group", Shape: syntax.List},
		}},
		{Name: "use_pid_dir"},
		{Name: "virtual_server_group", Need: 1, Shape: syntax.List},
		{Name: "vrrp_track_file", Need: 1, Shape: syntax.Block, Inside: []Keyword{
			{Name: "file"},
			{Name: "init_file"},
			{Name: "weight"},
		}},
		{Name: "vrrp_track_process", Need: 1, Shape: syntax.Block, Inside: []Keyword{
			{Name: "delay", Need: 1},
			{Name: "fork_delay", Need: 1},
			{Name: "full_command"},
			{Name: "param_match"},
			{Name: "process", Need: 1},
			{Name: "quorum", Need: 1},
			{Name: "quorum_max", Need: 1},
			{Name: "terminate_delay", Need: 1},
			{Name: "weight"},
		}},
	}
}
