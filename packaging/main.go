// Packaging builds the packages that goreleaser.yaml describes, for this
// machine's architecture or others, without goreleaser: that is some 800 modules
// and five minutes of compiling. Of its file this reads the hooks, the builds and
// the packages, fills in the same templates, and hands the rest to nfpm, which
// goreleaser builds packages with too.
//
//	go run ./packaging [-version 1.2.3] [-arch amd64,arm64] [-formats deb,rpm] [-out dist]
//
// It runs in the top directory of the repository.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"strings"
)

func main() {
	o := options{}
	flag.StringVar(&o.version, "version", "0.0.0-dev", "version of the packages, as in semantic versioning, without v")
	arch := flag.String("arch", runtime.GOARCH, "architectures, as Go calls them, separated by commas")
	formats := flag.String("formats", "deb,rpm", "formats of the packages")
	flag.StringVar(&o.out, "out", "dist", "directory for the packages")
	flag.Parse()
	o.architectures, o.formats = strings.Split(*arch, ","), strings.Split(*formats, ",")
	if err := o.run(); err != nil {
		fmt.Fprintln(os.Stderr, "packaging:", err)
		os.Exit(1)
	}
}
