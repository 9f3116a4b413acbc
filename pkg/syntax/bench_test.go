package syntax_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/kactl/kactl/pkg/syntax"
)

// farm is a file of n virtual servers with four real servers each, 42 lines a
// virtual server.
func farm(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "virtual_server 10.%d.%d.%d 80 {\n    delay_loop 10\n    lb_algo rr\n    lb_kind DR\n    protocol TCP\n", i>>16&255, i>>8&255, i&255)
		for j := range 4 {
			fmt.Fprintf(&b, "    real_server 192.168.%d.%d 80 {\n        weight 1\n        TCP_CHECK {\n            connect_timeout 3\n            connect_port 80\n            retry 3\n        }\n    }\n\n", i&255, j+1)
		}
		b.WriteString("}\n")
	}
	return b.String()
}

var farmGrammar = words{
	"virtual_server": words{
		"delay_loop": nil, "lb_algo": nil, "lb_kind": nil, "protocol": nil,
		"real_server": words{
			"weight":    nil,
			"TCP_CHECK": words{"connect_timeout": nil, "connect_port": nil, "retry": nil},
		},
	},
}

func BenchmarkParse(b *testing.B) {
	text := farm(20000)
	files := syntax.FromFS(fstest.MapFS{"k.conf": {Data: []byte(text)}})
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		tree, err := syntax.Parse("/k.conf", farmGrammar, syntax.Options{Files: files})
		if err != nil || len(tree.Body) != 20000 || len(tree.Diagnostics) != 0 {
			b.Fatalf("%d statements, %d diagnostics, %v", len(tree.Body), len(tree.Diagnostics), err)
		}
	}
}
