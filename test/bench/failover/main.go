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
		samples := map[lab.Kind][]takeover{}
		repeated := map[lab.Kind]int{}
		for run := range *runs {
			for _, program := range programs {
				t, stalled := measure(b, program, vips, *interval)
				for stalled && repeated[program] < *runs {
					repeated[program]++
					t, stalled = measure(b, program, vips, *interval)
				}
				if stalled {
					b.Fatalf("the machine stood still in more than %d runs of %s: it is too busy to measure on", *runs, program)
				}
				samples[program] = append(samples[program], t)
				if *verbose {
					b.Logf("%3d VIPs, run %2d, %-10s advert %8.3f ms, first ARP %8.3f ms, last ARP %8.3f ms",
						size, run+1, program, milliseconds(t.advert), milliseconds(t.firstARP), milliseconds(t.lastARP))
				}
			}
		}
		add(report, size, samples)
		report.Row(fmt.Sprintf("with %d: runs repeated, the machine stood still", size), count(repeated)...)
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
