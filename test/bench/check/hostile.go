package main

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/kactl/kactl/test/bench"
	"github.com/kactl/kactl/test/lab"
)

// What kactl is held to by a file that is made to exhaust it.
const (
	mostHostileRatio  = 0.5 // of keepalived's time for the large file, in the same run
	mostHostileMemory = 200 // MB
	hostileTries      = 3   // of which the fastest counts
)

// hostile are texts that stand for far more than they hold.
func hostile() map[string]string {
	lines, bytes := "$A0=flag x \\\n flag y\n", "$B0=xx\n"
	for i := range 40 {
		lines += fmt.Sprintf("$A%d= \\\n $A%d \\\n $A%d\n", i+1, i, i)
		bytes += fmt.Sprintf("$B%d=${B%d}${B%d}\n", i+1, i, i)
	}
	return map[string]string{
		"include loop":            "include hostile.conf\n",
		"definition of itself":    "$A=$A\n$A\n",
		"definition that grows":   "$A=a${A}\nrouter_id $A\n",
		"2^40 lines":              lines + "$A40\n",
		"2^40 bytes":              bytes + "router_id $B40\n",
		"10,000 braces":           strings.Repeat("vrrp_instance A {\n", 10000),
		"10,000 braces in a line": strings.Repeat("virtual_server 192.0.2.1 80 { real_server 192.0.2.2 80 {", 5000),
		"sequence of a billion":   "~SEQ(I, 1, 1000000000) vrrp_script s$I {\n",
		"sequences in each other": "~SEQ(I, 1, 1000) ~SEQ(J, 1, 1000) ~SEQ(K, 1, 1000) @no flag\n",
		"a line of 10 MB":         strings.Repeat("a", 10<<20),
	}
}

// endure holds kactl check to the limits with each of them. The peer's time for the
// large file says how fast the machine is; doubt is why it says nothing.
func endure(b *bench.B, dir string, report *bench.Report, peer time.Duration, doubt string) {
	path := filepath.Join(dir, "hostile.conf")
	var worst bench.Cost
	for name, text := range hostile() {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			b.Fatalf("%v", err)
		}
		all := bench.Collect([]string{ours}, hostileTries, func(string) (bench.Cost, bool) {
			s, disturbed := refuse(b, name, path)
			worst.Memory = max(worst.Memory, s.Memory) // disturbed or not
			return s, disturbed
		})
		if why := all.Doubt(ours); why != "" {
			doubt = cmp.Or(doubt, why)
			continue
		}
		took := bench.Fastest(all.Of[ours])
		b.Logf("%s: %v", name, took.Round(time.Millisecond))
		worst.Time = max(worst.Time, took)
	}
	what := fmt.Sprintf("hostile files, worst time, to keepalived's for %d virtual servers", large)
	if doubt != "" {
		report.Unknown(what, doubt)
	} else {
		report.Row("hostile files, worst time", "", milliseconds(worst.Time))
		report.Limit(what, worst.Time.Seconds()/peer.Seconds(), mostHostileRatio, "")
	}
	report.Row("hostile files, memory at most", "", fmt.Sprintf("%d MB", worst.Memory/mib))
	report.Limit("hostile files, memory", float64(worst.Memory)/1e6, mostHostileMemory, "MB")
}

// refuse has kactl check read a file that has errors.
func refuse(b *bench.B, name, path string) (bench.Cost, bool) {
	cmd := exec.Command(os.Getenv(lab.BinaryVar), "check", path)
	s, out, disturbed, err := cost(b, cmd)
	if status := cmd.ProcessState.ExitCode(); status != 1 && status != 2 {
		b.Fatalf("%s: status %d, %v:\n%.2000s", name, status, err, out)
	}
	return s, disturbed
}
