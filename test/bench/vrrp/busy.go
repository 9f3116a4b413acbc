package main

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/test/bench"
	"github.com/kactl/kactl/test/lab"
)

// loops is how many processes keep the machine busy.
const loops = 8

// busyMachine counts the take-overs of a living master's instances on a machine
// that has no processor to spare. Master and backup are of one program.
func (r *run) busyMachine() {
	for _, settings := range []struct{ name, global string }{{"", ""}, {", real-time", realTime}} {
		for _, interval := range []time.Duration{100 * time.Millisecond, 10 * time.Millisecond} {
			what := fmt.Sprintf("false take-overs at %v%s", interval, settings.name)
			r.Logf("%s", what)
			c := config{interval: interval, links: 1, perLink: r.busyInstances, global: settings.global}
			got := each(r, func(kind lab.Kind) int { return r.falseTakeovers(kind, c) })
			r.report.Row(fmt.Sprintf("%s, in %v", what, r.busy), cells(got, func(n int) string { return fmt.Sprint(n) })...)
			addFalse(r.report, what, interval, got[0], got[1])
		}
	}
}

// addFalse holds the false take-overs to the limit: none at 100 ms, unless the
// peer has some too, and at less fewer than the peer has.
func addFalse(report *bench.Report, what string, interval time.Duration, peer, kactl int) {
	if interval < 100*time.Millisecond {
		report.Limit(what, float64(kactl), float64(max(0, peer-1)), "")
		return
	}
	report.Beside(what, float64(kactl), float64(peer), 0, "")
}

// falseTakeovers is how often the backup's instances became master while the
// machine was busy.
func (r *run) falseTakeovers(kind lab.Kind, c config) int {
	n := newNetwork(r, 1)
	lb1, lb2 := n.host("lb1"), n.host("lb2")
	c.priority = high
	master := lb1.start(kind, c)
	r.await(master, toMaster, c.perLink)
	c.priority = low
	backup := lb2.start(kind, c)
	r.await(backup, toBackup, c.perLink)
	time.Sleep(2 * time.Second) // both idle
	before := states(backup, toMaster)

	for range loops {
		if err := r.load(); err != nil {
			r.Fatalf("keep the machine busy: %v", err)
		}
	}
	time.Sleep(r.busy)
	if !master.Running() || !backup.Running() {
		r.Fatalf("%s ended on the busy machine; the logs end:\n%s\n%s", kind, tail(master), tail(backup))
	}
	return states(backup, toMaster) - before
}

// spinVar tells this program to do nothing but use a processor.
const spinVar = "KACTL_BENCH_SPIN"

func spinning() bool { return os.Getenv(spinVar) != "" }

// spin does not outlast any run.
func spin() {
	for end := time.Now().Add(time.Hour); time.Now().Before(end); {
	}
	os.Exit(0)
}

// load starts a process that uses as much of a processor as it gets, until the
// end of the part.
func (r *run) load() error {
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), spinVar+"=1", "GOMAXPROCS=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: unix.SIGKILL}
	if err := cmd.Start(); err != nil {
		return err
	}
	r.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return nil
}
