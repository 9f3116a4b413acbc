package cmd

import (
	"bytes"
	"context"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/viper"

	"github.com/kactl/kactl/pkg/lvs"
)

const diffed = `virtual_server 198.51.100.1 80 {
  protocol TCP
  lvs_sched wlc
  lvs_method DR
  real_server 10.0.0.1 80 {
    weight 2
  }
  real_server 10.0.0.2 80 {
    weight 2
    TCP_CHECK {
    }
  }
}
`

var (
	errKernel = errors.New("no kernel")
	webServer = lvs.ServiceID{Protocol: lvs.TCP, Addr: netip.MustParseAddrPort("198.51.100.1:80")}
)

// diffedTable is what the kernel has of that while all servers are up.
func diffedTable() lvs.Table {
	d := lvs.Destination{Forward: lvs.DR, Weight: 2}
	return lvs.Table{webServer: {Scheduler: "wlc", Destinations: map[netip.AddrPort]lvs.Destination{
		netip.MustParseAddrPort("10.0.0.1:80"): d, netip.MustParseAddrPort("10.0.0.2:80"): d,
	}}}
}

func TestInNamespace(t *testing.T) {
	dir := t.TempDir()
	here, other := filepath.Join(dir, "here"), filepath.Join(dir, "other")
	if err := errors.Join(os.Symlink("/proc/self/ns/net", here), os.Symlink("/proc/self/ns/uts", other)); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]bool{here: true, other: false, filepath.Join(dir, "none"): false} {
		if got := inNamespace(path); got != want {
			t.Errorf("%s: %t, want %t", filepath.Base(path), got, want)
		}
	}
}

func TestDiff(t *testing.T) {
	withoutSecond := diffedTable()
	delete(withoutSecond[webServer].Destinations, netip.MustParseAddrPort("10.0.0.2:80"))
	tests := []struct {
		name     string
		text     string
		settings map[string]any
		table    lvs.Table // nil fails
		status   int
		out, err string
	}{
		{"equal", diffed, nil, diffedTable(), 0, "1 service compared: no drift\n", ""},
		{"a server down", diffed, nil, withoutSecond, 0,
			"down       TCP 198.51.100.1:80 -> 10.0.0.2:80  DR weight 2\n1 service compared: no drift, 1 down\n", ""},
		{"an empty kernel", diffed, nil, lvs.Table{}, 1,
			"missing    TCP 198.51.100.1:80  wlc, 2 real servers\n1 service compared: 1 missing\n", ""},
		{"in colour", diffed, map[string]any{"color": "always"}, lvs.Table{}, 1,
			"\x1b[31;1mmissing\x1b[0;22m    TCP 198.51.100.1:80  wlc, 2 real servers\n1 service compared: 1 missing\n", ""},
		{"JSON", "", map[string]any{"output": "json"}, lvs.Table{}, 0,
			"{\n  \"file\": \"FILE\",\n  \"drift\": false,\n  \"services\": 0,\n  \"differences\": [],\n  \"uncompared\": []\n}\n", ""},
		{"the kernel fails", diffed, nil, nil, 1, "", "kactl: no kernel\n"},
		{"errors in the file", diffed + "nonsense\n", nil, diffedTable(), 0, "1 service compared: no drift\n",
			"kactl: FILE has errors (1), and is read as the daemon reads it: kactl check FILE tells them\n"},
		{"a group that is not there", "virtual_server group G {\nprotocol TCP\nlvs_sched rr\nlvs_method DR\nreal_server 10.0.0.1 80 {\n}\n}\n", nil, lvs.Table{}, 0,
			"0 services compared: no drift\n", "kactl: group G was not compared: there is no such group: nothing is balanced for it\n"},
		{"another namespace", "net_namespace no-such-namespace\n", nil, lvs.Table{}, 0, "0 services compared: no drift\n",
			"kactl: FILE has its services in network namespace no-such-namespace, and this is another: run ip netns exec no-such-namespace kactl ipvs --diff FILE\n"},
		{"another namespace for IPVS", "net_namespace_ipvs no-such-namespace\n", nil, lvs.Table{}, 0, "0 services compared: no drift\n",
			"kactl: FILE has its services in network namespace no-such-namespace, and this is another: run ip netns exec no-such-namespace kactl ipvs --diff FILE\n"},
		{"lines of an id", "@lb2 " + strings.ReplaceAll(diffed, "\n", "\n@lb2 "), map[string]any{"config-id": "lb2"}, diffedTable(), 0,
			"1 service compared: no drift\n", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "keepalived.conf")
			if err := os.WriteFile(file, []byte("global_defs {\n}\n"+tt.text), 0o644); err != nil {
				t.Fatal(err)
			}
			v := viper.New()
			v.SetDefault("color", "auto")
			v.Set("diff", file)
			for name, value := range tt.settings {
				v.Set(name, value)
			}
			var out, stderr bytes.Buffer
			run := tableViewer{streams: streams{out: &out, err: &stderr}, settings: v}
			err := run.diff(t.Context(), func(context.Context) (lvs.Table, error) {
				if tt.table == nil {
					return nil, errKernel
				}
				return tt.table, nil
			})
			if got := exitStatus(err, "kactl", &stderr); got != tt.status {
				t.Errorf("exit status %d, want %d", got, tt.status)
			}
			neutral := func(b *bytes.Buffer) string { return strings.ReplaceAll(b.String(), file, "FILE") }
			if d := cmp.Diff(tt.out, neutral(&out)); d != "" {
				t.Errorf("output: %s", d)
			}
			if d := cmp.Diff(tt.err, neutral(&stderr)); d != "" {
				t.Errorf("errors: %s", d)
			}
		})
	}
}
