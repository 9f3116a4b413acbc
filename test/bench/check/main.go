// Command check compares how long kactl check and keepalived -t take to read a
// large configuration: 20,000 virtual servers with four checked real servers
// each, 840,000 lines. It also holds kactl's memory, its growth with the size of the
// file, and what files cost that are made to exhaust it, to limits.
//
// It runs as root, with the path of kactl in KACTL_BIN, and ends with 1 if one
// of kactl's figures is past its limit.
package main

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/kactl/kactl/test/bench"
	"github.com/kactl/kactl/test/lab"
)

var runs = flag.Int("runs", 7, "how often each program reads each file")

const (
	small = 1000
	large = 20000
	mib   = 1 << 20
)

// What kactl is held to.
const (
	mostRatio  = 1.0  // of keepalived's time
	mostMemory = 1000 // MB
	mostGrowth = 1.5  // of the time for a virtual server, large to small
)

func main() {
	flag.Parse()
	if *runs < 1 || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	os.Exit(bench.Main(compare))
}

func compare(b *bench.B) *bench.Report {
	dir, err := os.MkdirTemp("", "bench-check")
	if err != nil {
		b.Fatalf("%v", err)
	}
	b.Cleanup(func() { _ = os.RemoveAll(dir) })
	report := bench.NewReport(fmt.Sprintf("reading a configuration, median of %d", *runs), theirs, ours)
	kactl, peer := map[int]time.Duration{}, time.Duration(0)
	doubts := map[int]string{}
	for _, size := range []int{small, 5000, large} {
		path := filepath.Join(dir, fmt.Sprintf("%d.conf", size))
		if err := write(path, size); err != nil {
			b.Fatalf("%v", err)
		}
		b.Logf("%d virtual servers", size)
		commands := map[string][]string{
			theirs: {"keepalived", "-t", "-f", path},
			ours:   {os.Getenv(lab.BinaryVar), "check", "--fail-on", "error", path},
		}
		memory := map[string]int64{}
		all := bench.Collect(programs, *runs, func(p string) (bench.Cost, bool) {
			s, disturbed := read(b, commands[p]...)
			memory[p] = max(memory[p], s.Memory) // disturbed or not
			return s, disturbed
		})
		doubts[size] = all.Doubt(programs...)
		report.Row(fmt.Sprintf("%d virtual servers, runs left out, the machine was busy", size), fmt.Sprint(all.Disturbed[theirs]), fmt.Sprint(all.Disturbed[ours]))
		report.Row(fmt.Sprintf("%d virtual servers, memory at most", size), fmt.Sprintf("%d MB", memory[theirs]/mib), fmt.Sprintf("%d MB", memory[ours]/mib))
		if size == large {
			report.Limit(fmt.Sprintf("%d virtual servers, memory", size), float64(memory[ours])/1e6, mostMemory, "MB")
		}
		if doubts[size] != "" {
			continue
		}
		t, o := bench.Median(bench.Times(all.Of[theirs])), bench.Median(bench.Times(all.Of[ours]))
		kactl[size], peer = bench.Fastest(all.Of[ours]), bench.Fastest(all.Of[theirs])
		report.Row(fmt.Sprintf("%d virtual servers, time", size), milliseconds(t), milliseconds(o))
	}
	verdicts(report, kactl, peer, doubts)
	endure(b, dir, report, peer, doubts[large])
	return report
}

// The programs, by the names of their columns.
const theirs, ours = "keepalived -t", "kactl check"

var programs = []string{theirs, ours}

// verdicts holds the times of kactl, and of its peer for the large file, to the
// limits, where the machine let them be measured.
func verdicts(report *bench.Report, kactl map[int]time.Duration, peer time.Duration, doubts map[int]string) {
	what := fmt.Sprintf("%d virtual servers, time, fastest, ratio", large)
	if doubt := doubts[large]; doubt != "" {
		report.Unknown(what, doubt)
	} else {
		report.Limit(what, kactl[large].Seconds()/peer.Seconds(), mostRatio, "")
	}
	what = fmt.Sprintf("time a virtual server, %d to %d, ratio", large, small)
	if doubt := cmp.Or(doubts[large], doubts[small]); doubt != "" {
		report.Unknown(what, doubt)
	} else {
		report.Limit(what, (kactl[large].Seconds()/large)/(kactl[small].Seconds()/small), mostGrowth, "")
	}
}

// read runs a command that reads a file. It is disturbed if others used the
// processors meanwhile.
func read(b *bench.B, command ...string) (s bench.Cost, disturbed bool) {
	cmd := exec.Command(command[0], command[1:]...)
	s, out, disturbed, err := cost(b, cmd)
	if err != nil {
		b.Fatalf("%v: %v:\n%.2000s", cmd, err, out)
	}
	return s, disturbed
}

// cost runs a command to its end.
func cost(b *bench.B, cmd *exec.Cmd) (s bench.Cost, out []byte, disturbed bool, failed error) {
	var text bytes.Buffer
	cmd.Stdout, cmd.Stderr = &text, &text
	quiet := bench.Undisturbed(b, func() { s, failed = bench.Run(b, cmd) })
	return s, text.Bytes(), !quiet, failed
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.0f ms", float64(d)/float64(time.Millisecond))
}

// write makes a file with n virtual servers of 42 lines each.
func write(path string, n int) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	for i := range n {
		fmt.Fprintf(w, "virtual_server 10.%d.%d.%d 80 {\n    delay_loop 6\n    lvs_sched wrr\n    lvs_method DR\n    protocol TCP\n", i>>16, i>>8&255, i&255)
		for j := range 4 {
			fmt.Fprintf(w, "    real_server 172.%d.%d.%d 80 {\n        weight 1\n        TCP_CHECK {\n            connect_timeout 3\n"+
				"            retry 3\n            delay_before_retry 3\n            connect_port 80\n        }\n    }\n", 16+j, i>>8&255, i&255)
		}
		fmt.Fprint(w, "}\n")
	}
	return errors.Join(w.Flush(), f.Close())
}
