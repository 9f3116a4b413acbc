package config

// otherService are the words of virtual_server that have no effect yet.
func otherService() []Keyword {
	return []Keyword{
		{Name: "alpha"},
		{Name: "flag-1"},
		{Name: "flag-2"},
		{Name: "flag-3"},
		{Name: "ha_suspend"},
		{Name: "hashed"},
		{Name: "hysteresis", Need: 1},
		{Name: "ip_family", Need: 1},
		{Name: "mh-fallback"},
		{Name: "mh-port"},
		{Name: "omega"},
		{Name: "ops"},
		{Name: "persistence_engine", Need: 1},
		{Name: "quorum", Need: 1},
		{Name: "quorum_down", Need: 1},
		{Name: "quorum_up", Need: 1},
		{Name: "sh-fallback"},
		{Name: "sh-port"},
		{Name: "snmp_name"},
		{Name: "sorry_server_inhibit"},
		{Name: "sorry_server_lvs_method"},
	}
}
