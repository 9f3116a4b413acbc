// Command ipvs compares how long kactl ipvs and ipvsadm -Ln take to list a
// large table: 5,000 virtual services with four servers each, and 10,000. What
// they print must be the same.
//
// It runs as root, where the kernel has no IPVS in user-mode Linux, with the
// path of kactl in KACTL_BIN, and ends with 1 if kactl is past its limit.
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/ipvs"
	"github.com/kactl/kactl/pkg/lvs"

	"github.com/kactl/kactl/test/bench"
	"github.com/kactl/kactl/test/lab"
)

var runs = flag.Int("runs", 11, "how often each program lists the table that has a limit")

// mostRatio is what kactl may take of ipvsadm's time for 5,000 services.
const (
	limited   = 5000
	mostRatio = 0.2
)

func main() {
	os.Exit(lab.Main(func() int {
		flag.Parse()
		if *runs < 1 || flag.NArg() > 0 {
			flag.Usage()
			return 2
		}
		return bench.Main(compare)
	}))
}

func compare(b *bench.B) *bench.Report {
	// Never unlocked: the programs are started from this thread, and so in its
	// namespace.
	runtime.LockOSThread()
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		b.Fatalf("make a network namespace: %v", err)
	}
	lo, err := netlink.LinkByName("lo")
	if err == nil {
		err = netlink.LinkSetUp(lo)
	}
	if err != nil {
		b.Fatalf("set the loopback interface up: %v", err)
	}
	h, err := ipvs.Open()
	if err != nil {
		b.Fatalf("%v", err)
	}
	b.Cleanup(func() { h.Close() })
	report := bench.NewReport("listing a table", "ipvsadm", "kactl")
	var have lvs.Table
	for _, size := range []int{limited, 2 * limited} {
		want := table(size)
		if refused, err := h.Apply(context.Background(), lvs.Diff(have, want, func(lvs.ServiceID) bool { return true })); err != nil || len(refused) > 0 {
			b.Fatalf("%v %v", err, refused)
		}
		have = want
		for _, view := range []string{"", "--stats"} {
			row := strings.TrimSpace(fmt.Sprintf("%d x 4 %s", size, view))
			b.Logf("%s", row)
			count := 1 // for information
			if size == limited && view == "" {
				count = *runs
			}
			turns := times(b, view, count)
			report.Costs(row, turns, func(costs []bench.Cost) string {
				return bench.Fastest(costs).Round(time.Millisecond).String()
			})
			report.LeftOut(row, turns)
			if size == limited && view == "" {
				report.FastestRatio(fmt.Sprintf("%s, %d turns", row, *runs), turns, 1, mostRatio)
			}
		}
	}
	return report
}

// table has a number of services with four servers each.
func table(services int) lvs.Table {
	t := make(lvs.Table, services)
	for i := range services {
		s := lvs.Service{Scheduler: "rr", Destinations: map[netip.AddrPort]lvs.Destination{}}
		for j := range 4 {
			real := netip.AddrFrom4([4]byte{10, byte(j), byte(i >> 8), byte(i)})
			s.Destinations[netip.AddrPortFrom(real, 80)] = lvs.Destination{Forward: lvs.DR, Weight: 1 + j}
		}
		vip := netip.AddrFrom4([4]byte{198, 51, byte(i >> 8), byte(i)})
		t[lvs.ServiceID{Protocol: lvs.TCP, Addr: netip.AddrPortFrom(vip, 80)}] = s
	}
	return t
}

// times are those of both programs, which take turns.
func times(b *bench.B, view string, turns int) bench.Turns {
	var want []byte
	return bench.TakeTurns(b, turns, func() (c bench.Cost) {
		c, want = list(b, append([]string{"ipvsadm", "-Ln"}, words(view)...))
		return c
	}, func() bench.Cost {
		c, got := list(b, append([]string{os.Getenv(lab.BinaryVar), "ipvs"}, words(view)...))
		if !bytes.Equal(got, want) {
			b.Fatalf("kactl prints %d bytes, not the %d of ipvsadm", len(got), len(want))
		}
		return c
	})
}

func words(view string) []string {
	if view == "" {
		return nil
	}
	return []string{view}
}

// list runs a program, whose output goes into a file: a pipe would have it wait
// for this one.
func list(b *bench.B, command []string) (bench.Cost, []byte) {
	out, err := os.CreateTemp("", "bench-ipvs")
	if err != nil {
		b.Fatalf("%v", err)
	}
	defer os.Remove(out.Name())
	defer out.Close()
	var failure bytes.Buffer
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stdout, cmd.Stderr = out, &failure
	cost, err := bench.Run(b, cmd)
	if err != nil {
		b.Fatalf("%v: %v: %s", command, err, &failure)
	}
	text, err := os.ReadFile(out.Name())
	if err != nil {
		b.Fatalf("%v", err)
	}
	return cost, text
}
