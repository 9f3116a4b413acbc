// Command failover compares how keepalived and kactl take over from a master
// that is killed: how long after the master down timer the new master's first
// advert is on the wire, its first gratuitous ARP, and the gratuitous ARP of
// the last virtual address. The two take turns, in networks of their own, with
// kernel time stamps. The master that dies is keepalived each time.
//
// It runs as root, with the path of kactl in KACTL_BIN, and ends with 1 if one
// of kactl's figures is past its limit.
package main

import (
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/kactl/kactl/test/bench"
	"github.com/kactl/kactl/test/lab"
)

var (
	runs     = flag.Int("runs", 20, "take-overs of each program with each number of addresses")
	interval = flag.Duration("interval", 100*time.Millisecond, "advertisement interval, from 10ms to 40.95s")
	only     = flag.Int("only", 0, "the one number of virtual addresses to measure, 1 to 500; 0 is 1 and 500")
	detail   = flag.Bool("detail", false, "start the programs with -D")
	verbose  = flag.Bool("v", false, "tell of each take-over on standard error")
)

var programs = []lab.Kind{lab.Keepalived, lab.Kactl}

func main() {
	flag.Parse()
	if *runs < 1 || *interval < 10*time.Millisecond || *interval > 40950*time.Millisecond || *only < 0 || *only > 500 || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	os.Exit(bench.Main(compare))
}

func compare(b *bench.B) *bench.Report {
	report := bench.NewReport(fmt.Sprintf("take-over, %d runs, time beyond the master down timer", *runs), "keepalived", "kactl")
	sizes := []int{1, 500}
	if *only > 0 {
		sizes = []int{*only}
	}
	for _, size := range sizes {
		vips := addresses(size)
		samples := bench.Collect(programs, *runs, func(program lab.Kind) (takeover, bool) {
			t, disturbed := measure(b, program, vips, *interval)
			if *verbose && disturbed {
				b.Logf("%3d VIPs, %-10s disturbed: the machine stood still", size, program)
			} else if *verbose {
				b.Logf("%3d VIPs, %-10s advert %8.3f ms, first ARP %8.3f ms, last ARP %8.3f ms",
					size, program, milliseconds(t.advert), milliseconds(t.firstARP), milliseconds(t.lastARP))
			}
			return t, disturbed
		})
		add(report, size, samples)
		report.Row(fmt.Sprintf("with %d: runs left out, the machine stood still", size), count(samples.Disturbed)...)
	}
	return report
}

// count is a cell for each program.
func count(of map[lab.Kind]int) []string {
	var cells []string
	for _, program := range programs {
		cells = append(cells, fmt.Sprint(of[program]))
	}
	return cells
}
