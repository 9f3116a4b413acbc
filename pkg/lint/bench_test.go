package lint

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/kactl/kactl/pkg/config"
	"github.com/kactl/kactl/pkg/syntax"
)

// BenchmarkCluster checks two nodes with 1,000 instances of 20 addresses and
// 1,000 services each.
func BenchmarkCluster(b *testing.B) {
	var nodes []*Node
	for _, name := range []string{"a", "b"} {
		var t strings.Builder
		for i := range 1000 {
			fmt.Fprintf(&t, "vrrp_instance V%d {\ninterface eth%d\nvirtual_router_id %d\npriority %d\nvirtual_ipaddress {\n", i, i/255, i%255+1, 100+len(nodes))
			for j := range 20 {
				fmt.Fprintf(&t, "10.%d.%d.%d/32\n", i/256, i%256, j)
			}
			fmt.Fprintf(&t, "}\n}\nvirtual_server 10.%d.%d.0 80 {\nlvs_sched rr\nlvs_method NAT\nprotocol TCP\nreal_server 192.0.2.1 80 {\nTCP_CHECK {\n}\n}\n}\n", i/256, i%256)
		}
		files := syntax.FromFS(fstest.MapFS{name: &fstest.MapFile{Data: []byte(t.String())}})
		res, err := config.Load("/"+name, config.Options{Files: files, Policy: syntax.Intent})
		if err != nil || len(res.Config.VRRP.Instances) != 1000 {
			b.Fatal(err, len(res.Config.VRRP.Instances))
		}
		nodes = append(nodes, &Node{Name: name, Result: res})
	}
	for b.Loop() {
		if found := Check(nodes, true); len(found) > 0 {
			b.Fatal(found[0])
		}
	}
}
