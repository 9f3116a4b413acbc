package config_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/kactl/kactl/pkg/config"
	"github.com/kactl/kactl/pkg/syntax"
)

// farm is a configuration of n services with four real servers each: 42 lines a
// service.
func farm(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "virtual_server 10.%d.%d.%d 80 {\n    delay_loop 6\n    lvs_sched wrr\n    lvs_method DR\n    protocol TCP\n", i>>16, i>>8&255, i&255)
		for r := range 4 {
			fmt.Fprintf(&b, `    real_server 172.%d.%d.%d 80 {
        weight %d
        TCP_CHECK {
            connect_timeout 3
            retry 3
            delay_before_retry 3
            connect_port 80
        }
    }
`, 16+r, i>>8&255, i&255, r+1)
		}
		b.WriteString("}\n")
	}
	return b.String()
}

// BenchmarkLoad reads 20,000 services with 80,000 checks, 840,000 lines: parse is
// the part of package syntax, load is all.
func BenchmarkLoad(b *testing.B) {
	files := syntax.FromFS(fstest.MapFS{"k.conf": {Data: []byte(farm(20000))}})
	b.Run("parse", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := syntax.Parse("/k.conf", config.Grammar(), syntax.Options{Files: files, Policy: syntax.Intent}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("load", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			r, err := config.Load("/k.conf", config.Options{Files: files, Policy: syntax.Intent})
			if err != nil || r.Status != config.OK || len(r.Config.LVS.Services) != 20000 {
				b.Fatalf("%d services, status %d, %v", len(r.Config.LVS.Services), r.Status, err)
			}
		}
	})
}
