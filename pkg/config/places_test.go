package config_test

import (
	"testing"

	"github.com/kactl/kactl/pkg/syntax"
)

// TestAt finds blocks, keywords and lines by their path, the first of each.
func TestAt(t *testing.T) {
	r := read(t, vi("A", "priority 5\npriority 6")+ // from line 1
		vs("", "TCP_CHECK {\nretry 3\n}\nHTTP_GET {\nurl {\npath /\n}\n}")+ // from line 10
		"child_wait_time 5\n", syntax.Intent)
	service := []string{"virtual_server", "10.0.0.5:80"}
	server := append(service, "real_server", "10.0.0.9:80")
	for _, c := range []struct {
		line int
		path []string
	}{
		{1, []string{"vrrp_instance", "A"}},
		{7, []string{"vrrp_instance", "A", "priority"}},
		{5, []string{"vrrp_instance", "A", "virtual_ipaddress", "10.0.0.5"}},
		{0, []string{"vrrp_instance", "A", "interface", "eth0"}},
		{0, []string{"vrrp_instance", "B", "priority"}},
		{0, []string{"vrrp_instance", "A", "state"}},
		{10, service},
		{11, append(service, "protocol")},
		{15, server},
		{17, append(server, "TCP_CHECK", "retry")},
		{20, append(server, "HTTP_GET", "url")},
		{21, append(server, "HTTP_GET", "url", "path")},
		{26, []string{"child_wait_time"}},
		{0, []string{"nothing"}},
		{0, nil},
	} {
		if got := r.At(c.path...); got.Start.Line != c.line {
			t.Errorf("%q is at %s, want line %d", c.path, got, c.line)
		}
	}
}
