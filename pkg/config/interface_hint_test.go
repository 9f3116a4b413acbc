package config_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/kactl/kactl/pkg/config"
	"github.com/kactl/kactl/pkg/syntax"
)

// A listingHost also knows the names of its interfaces.
type listingHost struct {
	oracleHost
	names []string
}

func (h listingHost) Interfaces() []string { return h.names }

func TestInterfaceHint(t *testing.T) {
	for _, tt := range []struct {
		host config.Host
		want string
	}{
		{listingHost{names: []string{"lo", "ens33", "wlan0"}}, "this machine has ens33, wlan0"},
		{listingHost{names: []string{"lo"}}, "this machine has no interface but the loopback"},
		{listingHost{names: strings.Fields("a b c d e f g h i j")}, "this machine has a, b, c, d, e, f, g, h, others"},
		{oracleHost{}, "ip -br link lists what there is"},
	} {
		files := syntax.FromFS(fstest.MapFS{"k.conf": &fstest.MapFile{
			Data: []byte("vrrp_instance V {\ninterface eht0\nvirtual_router_id 1\nvirtual_ipaddress {\n192.0.2.1\n}\n}\n"),
		}})
		res, err := config.Load("/k.conf", config.Options{Files: files, Host: tt.host, Policy: syntax.Intent})
		if err != nil || len(res.Diagnostics) != 1 {
			t.Fatalf("%v, %v", err, res.Diagnostics)
		}
		if d := res.Diagnostics[0]; d.Rule != "unknown-interface" || d.Hint != tt.want {
			t.Errorf("%v, hint %q; want %q", d, d.Hint, tt.want)
		}
	}
}
