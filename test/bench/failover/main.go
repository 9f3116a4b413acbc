// Command failover compares how keepalived and kactl take over from a master
// that is killed: how long after the master down timer the new master's first
// advert is on the wire, the first announcement of an address (gratuitous ARP, or an
// unsolicited neighbour advertisement), and that of the last virtual address. The two take turns, in networks of their own, with
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
	only     = flag.Int("only", 0, "measure one virtual router with so many addresses and nothing else, 1 to 500; 0 is all")
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
	layouts := []layout{router(1), router(500), router6(500), syncGroup(members)}
	if *only > 0 {
		layouts = []layout{router(*only)}
	}
	for _, l := range layouts {
		samples := bench.Collect(programs, *runs, func(program lab.Kind) (takeover, bool) {
			t, disturbed := measure(b, program, l, *interval)
			if *verbose && disturbed {
				b.Logf("%s, %-10s disturbed: the machine stood still", l.name, program)
			} else if *verbose {
				b.Logf("%s, %-10s advert %8.3f ms, first %s %8.3f ms, last %s %8.3f ms", l.name, program,
					milliseconds(t.advert), l.announcement(), milliseconds(t.first), l.announcement(), milliseconds(t.last))
			}
			return t, disturbed
		})
		add(report, l, samples)
		report.Row(l.name+": runs left out, the machine stood still", count(samples.Disturbed)...)
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
