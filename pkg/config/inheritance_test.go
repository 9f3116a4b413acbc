package config_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/kactl/kactl/pkg/syntax"
)

// TestInheritance follows each setting from the service to the check.
func TestInheritance(t *testing.T) {
	r := read(t, `virtual_server 10.0.0.6 80 {
 real_server 10.0.0.9 80 {
  TCP_CHECK {
   retry 0
   warmup 0
   connect_ip 10.0.0.7
   connect_port 99
   bindto 10.0.0.1
   bind_port 77
  }
  HTTP_GET {
   virtualhost check
   url {
    path /
    virtualhost url
    status_code 404 200-204
   }
  }
  weight 3
  delay_loop 2.5
  connect_timeout 4
  retry 9
 }
 real_server 10.0.0.10 80 {
  inhibit_on_failure off
  HTTP_GET {
   url { path /x }
  }
 }
 delay_loop 6
 protocol TCP
 lb_algo sh
 lb_kind TUN
 virtualhost service
 retry 7
 delay_before_retry 9
 connect_timeout 11
 warmup 2
 weight 5
 inhibit_on_failure
}
`, syntax.Keepalived)
	var got []string
	for _, rs := range r.Config.LVS.Services[0].Reals {
		got = append(got, fmt.Sprintf("%s %s %d %v", rs.Addr, rs.Forward, rs.Weight, rs.Inhibit))
		for _, c := range rs.Checks {
			got = append(got, fmt.Sprintf("%s %s from %s every %s, %d retries after %s, timeout %s, warmup %s, %q %+v",
				c.Kind, c.Target, c.Bind, c.Interval, c.Retries, c.RetryDelay, c.Timeout, c.Warmup, c.VirtualHost, c.URLs))
		}
	}
	want := []string{
		"10.0.0.9:80 TUN 3 true",
		`TCP_CHECK 10.0.0.7:99 from 10.0.0.1:77 every 2.5s, 0 retries after 9s, timeout 4s, warmup 0s, "" []`,
		`HTTP_GET 10.0.0.9:80 from invalid AddrPort every 2.5s, 9 retries after 9s, timeout 4s, warmup 2s, "check" [{Path:/ Digest: Statuses:[{First:200 Last:204} {First:404 Last:404}] VirtualHost:url Regex:<nil> TLSCompliant:false}]`,
		"10.0.0.10:80 TUN 5 false",
		`HTTP_GET 10.0.0.10:80 from invalid AddrPort every 6s, 7 retries after 9s, timeout 11s, warmup 2s, "service" [{Path:/x Digest: Statuses:[{First:200 Last:299}] VirtualHost: Regex:<nil> TLSCompliant:false}]`,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s\n%s", d, list(r.Diagnostics))
	}
}
