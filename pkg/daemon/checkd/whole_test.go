package checkd_test

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/daemon/checkd"
	"github.com/kactl/kactl/pkg/lvs"
	"github.com/kactl/kactl/pkg/probe"
)

// whole has every setting of the kernel's table that a service by address has.
const whole = `
virtual_server 198.51.100.1 80 {
  lvs_sched sh
  sh-port
  sh-fallback
  lvs_method DR
  protocol TCP
  persistence_timeout 50
  persistence_granularity 255.255.255.0
  real_server 10.0.0.1 80 {
    weight 3
    uthreshold 100
    lthreshold 7
  }
  real_server 10.0.0.2 80 {
    lvs_method TUN type gue port 6080 remcsum
  }
  real_server 10.0.0.3 80 {
    lvs_method TUN type gre csum
  }
}
virtual_server 198.51.100.1 5060 {
  lvs_sched rr
  flag-1
  flag-2
  flag-3
  lvs_method NAT
  protocol UDP
  ops
  persistence_timeout 60
  persistence_engine sip
  real_server 10.0.0.1 5060 {
  }
}
virtual_server 2001:db8::1 80 {
  lvs_sched mh
  mh-port
  mh-fallback
  lvs_method TUN type gue port 6081 nocsum
  protocol TCP
  sorry_server fd00::9 80
  sorry_server_lvs_method TUN type gre nocsum
  real_server fd00::1 80 {
    uthreshold 9
    TCP_CHECK {
      warmup 0
      retry 0
      connect_timeout 1
    }
  }
}
`

// TestKernelWholeSettings runs the daemon and keepalived with every setting of the
// table, and finds the same in the kernel.
func TestKernelWholeSettings(t *testing.T) {
	needProgram(t, "keepalived")
	own, other := newDirector(t), newDirector(t)
	file, settings := configured(t, whole)

	daemon := checkd.New(checkd.Config{
		Settings: settings,
		Open:     func() (checkd.IPVS, error) { return kept{own.handle}, nil },
		Prober:   new(probe.Prober),
		Log:      slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- daemon.Run(ctx) }()
	defer func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}()
	stop := other.keepalived(file)
	defer stop()

	// Nothing listens at fd00::1: its sorry server stands in, by a tunnel of its own.
	sorry := lvs.ServiceID{Protocol: lvs.TCP, Addr: netip.MustParseAddrPort("[2001:db8::1]:80")}
	want := map[netip.AddrPort]lvs.Destination{
		netip.MustParseAddrPort("[fd00::9]:80"): {Forward: lvs.TUN, Weight: 1, Tunnel: lvs.Tunnel{Type: lvs.GRE}},
	}
	ours, theirs := own.settled(sorry, want), other.settled(sorry, want)
	if d := cmp.Diff(theirs, ours, values); d != "" {
		t.Errorf("keepalived and kactl (-want +got):\n%s", d)
	}
	if got, want := own.compare(settings), "3 services compared: no drift, 1 down, 1 sorry\n"; !strings.HasSuffix(got, want) {
		t.Errorf("%s, want %s", got, want)
	}
	web := ours[lvs.ServiceID{Protocol: lvs.TCP, Addr: netip.MustParseAddrPort("198.51.100.1:80")}]
	if d := web.Destinations[netip.MustParseAddrPort("10.0.0.1:80")]; web.Flags != 3 || d.UpperThreshold != 100 || d.LowerThreshold != 7 {
		t.Errorf("flags %#x, real server %+v", web.Flags, d)
	}
}

var values = cmp.Options{
	cmp.Comparer(func(a, b netip.Addr) bool { return a == b }),
	cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b }),
	cmpopts.EquateEmpty(),
}

// settled waits until service id has the destinations want, and returns the
// table.
func (d director) settled(id lvs.ServiceID, want map[netip.AddrPort]lvs.Destination) lvs.Table {
	d.t.Helper()
	var table lvs.Table
	for deadline := time.Now().Add(60 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		var err error
		if table, err = d.handle.Table(d.t.Context()); err != nil {
			d.t.Fatal(err)
		}
		diff := cmp.Diff(want, table[id].Destinations, values)
		switch {
		case diff == "":
			return table
		case time.Now().After(deadline):
			d.t.Errorf("%s does not become what is wanted:\n%s", id.Listed(), diff)
			return table
		}
	}
}

// keepalived runs keepalived's checkers with file, and returns once they have
// started. stop ends them.
func (d director) keepalived(file string) (stop func()) {
	d.t.Helper()
	dir := d.t.TempDir()
	cmd := exec.Command("keepalived", "-C", "-n", "-l", "-f", file, "-p", filepath.Join(dir, "pid"), "-c", filepath.Join(dir, "checkers.pid"))
	out, err := cmd.StdoutPipe()
	if err != nil {
		d.t.Fatal(err)
	}
	cmd.Stderr = cmd.Stdout
	d.ns.In(d.t, cmd.Start)
	limit := time.AfterFunc(90*time.Second, func() { cmd.Process.Kill() })
	read := make(chan struct{})
	stop = func() {
		cmd.Process.Signal(unix.SIGTERM)
		<-read
		cmd.Wait()
		limit.Stop()
	}
	var log strings.Builder
	lines := bufio.NewScanner(out)
	started := false
	for !started && lines.Scan() {
		fmt.Fprintln(&log, lines.Text())
		started = strings.Contains(lines.Text(), "Startup complete")
	}
	go func() { // or it would stop where nobody reads
		for lines.Scan() {
		}
		close(read)
	}()
	if !started {
		stop()
		d.t.Fatalf("keepalived did not start:\n%s", &log)
	}
	return stop
}
