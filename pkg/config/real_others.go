package config

import "github.com/kactl/kactl/pkg/syntax"

// otherReal are the checks and words of real_server that have no effect yet.
func otherReal() []Keyword {
	return []Keyword{
		{Name: "BFD_CHECK", Shape: syntax.Block, Inside: []Keyword{
			{Name: "alpha"},
			{Name: "name"},
		}},
		{Name: "DNS_CHECK", Shape: syntax.Block, Inside: networkCheck(
			Keyword{Name: "name", Need: 1},
			Keyword{Name: "type", Need: 1},
		)},
		{Name: "FILE_CHECK", Shape: syntax.Block, Inside: []Keyword{
			{Name: "track_file", Need: 1},
			{Name: "weight"},
		}},
		{Name: "MISC_CHECK", Shape: syntax.Block, Inside: []Keyword{
			{Name: "alpha"},
			{Name: "delay_before_retry", Need: 1},
			{Name: "delay_loop", Need: 1},
			{Name: "log_all_failures"},
			{Name: "misc_dynamic"},
			{Name: "misc_path"},
			{Name: "misc_timeout", Need: 1},
			{Name: "retry", Need: 1},
			{Name: "user"},
			{Name: "warmup", Need: 1},
		}},
		{Name: "PING_CHECK", Shape: syntax.Block, Inside: networkCheck()},
		{Name: "SMTP_CHECK", Shape: syntax.Block, Inside: networkCheck(
			Keyword{Name: "helo_name"},
			Keyword{Name: "host", Shape: syntax.Block, Inside: networkCheck()},
		)},
		{Name: "SSL_GET", Shape: syntax.Block, Inside: networkCheck(
			Keyword{Name: "enable_sni"},
			Keyword{Name: "fast_recovery"},
			Keyword{Name: "http_protocol"},
			Keyword{Name: "nb_get_retry", Need: 1},
			Keyword{Name: "sni_name", Since: "2.4"},
			Keyword{Name: "tls_compliant", Since: "2.4"},
			Keyword{Name: "url", Shape: syntax.Block, Inside: []Keyword{
				{Name: "digest", Need: 1},
				{Name: "path", Need: 1},
				{Name: "regex"},
				{Name: "regex_max_offset"},
				{Name: "regex_min_offset"},
				{Name: "regex_no_match"},
				{Name: "regex_options"},
				{Name: "regex_stack"},
				{Name: "status_code"},
				{Name: "tls_compliant", Since: "2.4"},
				{Name: "virtualhost"},
			}},
			Keyword{Name: "virtualhost"},
		)},
		{Name: "UDP_CHECK", Shape: syntax.Block, Inside: networkCheck(
			Keyword{Name: "max_reply_length", Need: 1},
			Keyword{Name: "min_reply_length", Need: 1},
			Keyword{Name: "payload"},
			Keyword{Name: "require_reply"},
		)},
		{Name: "alpha"},
		{Name: "lthreshold", Need: 1},
		{Name: "snmp_name"},
		{Name: "uthreshold", Need: 1},
	}
}

// networkCheck are the words of a check over the network: its own, and those
// that all of them take.
func networkCheck(own ...Keyword) []Keyword {
	return append(own,
		Keyword{Name: "alpha"},
		Keyword{Name: "bind_if", Need: 1},
		Keyword{Name: "bind_port", Need: 1},
		Keyword{Name: "bindto", Need: 1},
		Keyword{Name: "connect_ip", Need: 1},
		Keyword{Name: "connect_port", Need: 1},
		Keyword{Name: "connect_timeout", Need: 1},
		Keyword{Name: "delay_before_retry", Need: 1},
		Keyword{Name: "delay_loop", Need: 1},
		Keyword{Name: "fwmark", Need: 1},
		Keyword{Name: "log_all_failures"},
		Keyword{Name: "retry", Need: 1},
		Keyword{Name: "warmup", Need: 1},
	)
}
