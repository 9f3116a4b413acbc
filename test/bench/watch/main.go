// Command watch compares how long kactl watch and tcpdump take to read, and
// print, captures of a million packets. What both print goes to /dev/null.
//
// It runs as root, with the path of kactl in KACTL_BIN, and ends with 1 if one
// of kactl's figures is past its limit.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/kactl/kactl/test/bench"
	"github.com/kactl/kactl/test/lab"
)

var (
	runs    = flag.Int("runs", 5, "how often each program reads each file")
	packets = flag.Int("packets", 1_000_000, "how many packets a file has")
	vectors = flag.String("vectors", "pkg/vrrp/testdata/vectors", "captures to make a file of")
)

// What kactl is held to.
const (
	mostRatio  = 1.0 // of tcpdump's time
	mostMemory = 64  // MB, however long the file is
)

func main() {
	flag.Parse()
	if *runs < 1 || *packets < 1 || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	os.Exit(bench.Main(compare))
}

func compare(b *bench.B) *bench.Report {
	if _, err := exec.LookPath("tcpdump"); err != nil {
		b.Fatalf("%v: apt-get install tcpdump", err)
	}
	dir, err := os.MkdirTemp("", "bench-watch")
	if err != nil {
		b.Fatalf("%v", err)
	}
	b.Cleanup(func() { _ = os.RemoveAll(dir) })
	report := bench.NewReport(fmt.Sprintf("%d packets, median of %d", *packets, *runs), "tcpdump -nr", "kactl watch -r", "kactl watch -o json -r")
	for _, c := range captures {
		path := filepath.Join(dir, "capture")
		if err := c.write(path, *packets); err != nil {
			b.Fatalf("write the capture: %v", err)
		}
		b.Logf("%s", c.name)
		programs := [][]string{
			{"tcpdump", "-nr", path},
			{os.Getenv(lab.BinaryVar), "watch", "-r", path},
			{os.Getenv(lab.BinaryVar), "watch", "-o", "json", "-r", path},
		}
		var run []func() bench.Cost
		memory := make([]int64, len(programs))
		for i, p := range programs {
			// What is not done is done fast.
			if n := lines(b, p); n < *packets*c.shown/100 {
				b.Fatalf("%v: %d lines", p, n)
			}
			run = append(run, func() bench.Cost {
				cost := read(b, p)
				memory[i] = max(memory[i], cost.Memory) // disturbed or not
				return cost
			})
		}
		turns := bench.TakeTurns(b, *runs, run...)
		report.Costs(c.name+", time", turns, func(costs []bench.Cost) string {
			return milliseconds(bench.Times(costs))
		})
		report.Costs(c.name+", user time", turns, func(costs []bench.Cost) string {
			var users []time.Duration
			for _, c := range costs {
				users = append(users, c.User)
			}
			return milliseconds(users)
		})
		var cells []string
		for _, bytes := range memory {
			cells = append(cells, fmt.Sprintf("%.0f MB", float64(bytes)/1e6))
		}
		report.Row(c.name+", memory at most", cells...)
		report.LeftOut(c.name, turns)
		report.PairedRatio(c.name+", time", turns, 1, mostRatio)
		report.PairedRatio(c.name+", JSON, time", turns, 2, mostRatio)
		report.Limit(c.name+", memory", float64(max(memory[1], memory[2]))/1e6, mostMemory, "MB")
	}
	return report
}

// command is a program's. Without a time zone tcpdump looks at /etc/localtime
// for each packet, which takes most of its time.
func command(args []string) *exec.Cmd {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), "TZ=UTC")
	return cmd
}

// lines is how many the program prints.
func lines(b *bench.B, args []string) (n int) {
	cmd := command(args)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		b.Fatalf("%v: %v", cmd, err)
	}
	for s := bufio.NewScanner(out); s.Scan(); {
		n++
	}
	if err := cmd.Wait(); err != nil {
		b.Fatalf("%v: %v", cmd, err)
	}
	return n
}

// read runs the program, which prints to /dev/null.
func read(b *bench.B, args []string) bench.Cost {
	cmd := command(args)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	cost, err := bench.Run(b, cmd)
	if err != nil {
		b.Fatalf("%v: %v:\n%.2000s", cmd, err, stderr.String())
	}
	return cost
}

// milliseconds is the median.
func milliseconds(ds []time.Duration) string {
	return fmt.Sprintf("%.0f ms", float64(bench.Median(ds))/float64(time.Millisecond))
}
