package check

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/kactl/kactl/pkg/config"
	"github.com/kactl/kactl/pkg/syntax"
)

// example returns lines that use p.
func example(p placed) []string {
	head := p.Name
	if v := values(p); v != "" {
		head += " " + v
	}
	switch p.Shape {
	case syntax.Block:
		return []string{head + " {", "    ...", "}"}
	case syntax.List:
		return []string{head + " {", "    " + entry(p), "}"}
	}
	return []string{head}
}

// values are plausible values for p: those of its own, or one for each word of
// its synopsis that cannot be left out.
func values(p placed) string {
	if strings.HasSuffix(p.path, "auth_hmac/key") {
		return "1 file:/etc/keepalived/hmac.key"
	}
	if v, ok := valuesOf[p.Name]; ok && (p.Shape != syntax.List || p.Need > 0) {
		return v
	}
	args := strings.ReplaceAll(p.Args, `"PROGRAM ARGUMENTS"`, "PROGRAM")
	for optional.MatchString(args) {
		args = optional.ReplaceAllString(args, "")
	}
	if p.Args == "" && p.Need > 0 {
		args = "..."
	}
	var all []string
	for word := range strings.FieldsSeq(args) {
		if word != "..." || p.Args == "" {
			all = append(all, value(p.Keyword, word))
		}
	}
	return strings.Join(all, " ")
}

// optional is what a synopsis has in brackets.
var optional = regexp.MustCompile(`\[[^][]*\]`)

// value is an example of one word of a synopsis.
func value(k *config.Keyword, word string) string {
	word, _, _ = strings.Cut(word, "|")
	if k.Limits != nil {
		return numberWithin(k)
	}
	if v, ok := valueOf[strings.TrimSuffix(word, "...")]; ok {
		return v
	}
	return word
}

// numberWithin is the default of k if that is a number, else one in its limits.
func numberWithin(k *config.Keyword) string {
	for _, n := range []string{k.Default, "10", "2"} {
		f, err := strconv.ParseFloat(n, 64)
		if err == nil && f != 0 && f >= k.Limits.Min && f <= k.Limits.Max {
			return n
		}
	}
	return fmt.Sprint(k.Limits.Min)
}

// entry is an example of a line in a list.
func entry(p placed) string {
	if e, ok := entryOf[p.Name]; ok {
		return e
	}
	return "..."
}

// valueOf has an example for each word in capitals of the synopses.
var valueOf = map[string]string{
	"SECONDS": "5", "NUMBER": "1", "BOOL": "on", "NAME": "web", "ADDRESS": "192.0.2.10", "INTERFACE": "eth0",
	"PORT": "80", "USER": "nobody", "SCHEDULER": "rr", "OFFSET": "0", "PATH": "/status", "PASSWORD": "s3cret",
	"NETMASK": "255.255.255.0", "MD5": "9b3a0c85a887a256d6939da88aabd8cd", "REGEX": `"status: (ok|up)"`,
	"OPTION": "multiline", "START": "1", "MAX": "5", "CODE": "200", "CPU": "0", "HEX": "70696e67",
	"PROGRAM": `"/usr/local/bin/tell web"`,
}

// valuesOf has the examples of keywords whose synopsis does not tell.
var valuesOf = map[string]string{
	"script":                  `"/usr/local/bin/check-web --quick"`,
	"notification_email_from": "lb@example.com",
	"router_id":               "director_a",
	"virtual_router_id":       "51",
	"priority":                "150",
	"weight":                  "10",
	"vrrp_mcast_group4":       "224.0.0.18",
	"mcast_dst_ip":            "224.0.0.18",
	"vrrp_mcast_group6":       "ff02::12",
	"umask":                   "022",
	"vrrp_cpu_affinity":       "0 1",
	"checker_cpu_affinity":    "0 1",
	"bfd_cpu_affinity":        "0 1",
	"lvs_timeouts":            "tcp 900 tcpfin 120 udp 300",
	"virtualhost":             "www.example.com",
	"sni_name":                "www.example.com",
	"smtp_helo_name":          "lb.example.com",
	"auth_type":               "PASS",
	"status_code":             "200-299",
	"virtual_server":          "192.0.2.100 80",
	"real_server":             "192.0.2.10 80",
	"sorry_server":            "192.0.2.10 80",
	"vrrp_instance":           "VI_1",
	"vrrp_sync_group":         "G1",
	"vrrp_track_process":      "web",
	"vrrp_track_file":         "web",
	"track_file":              "web",
	"virtual_server_group":    "web",
}

// entryOf has a line of each list.
var entryOf = map[string]string{
	"notification_email":         "admin@example.com",
	"group":                      "VI_1",
	"virtual_ipaddress":          "192.0.2.100/24 dev eth0",
	"virtual_ipaddress_excluded": "192.0.2.101/24 dev eth0",
	"unicast_peer":               "192.0.2.2",
	"track_interface":            "eth0 weight -10",
	"track_script":               "web weight -10",
	"track_process":              "web weight -10",
	"track_file":                 "web weight 1",
	"track_bfd":                  "web",
	"static_ipaddress":           "192.0.2.5/24 dev eth0",
	"static_routes":              "198.51.100.0/24 via 192.0.2.1 dev eth0",
	"static_rules":               "from 192.0.2.0/24 table 10 preference 100",
	"virtual_routes":             "198.51.100.0/24 via 192.0.2.1 dev eth0",
	"virtual_rules":              "from 192.0.2.0/24 table 10 preference 100",
	"interfaces":                 "eth0",
	"linkbeat_interfaces":        "eth0",
	"interface_up_down_delays":   "eth0 2 5",
	"virtual_server_group":       "192.0.2.100 80",
}
