package config

import "github.com/kactl/kactl/pkg/syntax"

// otherInstance are the words of vrrp_instance that have no effect yet.
func otherInstance() []Keyword {
	return []Keyword{
		{Name: "auth_hmac", Since: "2.4", Shape: syntax.Block, Inside: []Keyword{
			{Name: "active_key", Since: "2.4"},
			{Name: "anti_replay", Since: "2.4"},
			{Name: "key", Since: "2.4"},
			{Name: "mode", Since: "2.4"},
			{Name: "time_window", Since: "2.4"},
		}},
		{Name: "garp_extra_if"},
		{Name: "kernel_rx_buf_size"},
		{Name: "linkbeat_use_polling"},
		{Name: "mcast_dst_ip", Need: 1},
		{Name: "native_ipv6"},
		{Name: "no_virtual_ipaddress", Since: "2.4"},
		{Name: "notify_deleted"},
		{Name: "notify_priority_changes"},
		{Name: "old_unicast_checksum"},
		{Name: "owner_ignore_adverts", Since: "2.4"},
		{Name: "promote_secondaries"},
		{Name: "strict_mode"},
		{Name: "thread_timer_expired", Since: "2.4"},
		{Name: "timer_expired_backup", Since: "2.4"},
		{Name: "track_bfd", Shape: syntax.List},
		{Name: "track_file", Shape: syntax.List},
		{Name: "track_process", Shape: syntax.List},
		{Name: "track_src_ip"},
		{Name: "unicast_fault_no_peer"},
		{Name: "use_ipvlan"},
		{Name: "use_vmac"},
		{Name: "use_vmac_addr"},
		{Name: "virtual_routes", Shape: syntax.List},
		{Name: "virtual_rules", Shape: syntax.List},
		{Name: "vmac_garp_intvl"},
		{Name: "vmac_xmit_base"},
		{Name: "vrf", Need: 1},
	}
}
