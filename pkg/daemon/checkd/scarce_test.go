package checkd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/health"
	"github.com/kactl/kactl/pkg/lvs"
	"github.com/kactl/kactl/pkg/probe"

	"github.com/kactl/kactl/test/need"
)

// TestScarceDescriptors has 20 servers that answer and 600 that hang, and 256
// descriptors: for as many probes at a time as there is room for, and for more.
// It runs itself with that limit.
func TestScarceDescriptors(t *testing.T) {
	if servers := os.Getenv("KACTL_TEST_SCARCE"); servers != "" {
		scarce(t, servers)
		return
	}
	need.Time(t)
	healthy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer healthy.Close()
	go func() {
		for {
			conn, err := healthy.Accept()
			if err != nil {
				return
			}
			conn.Close()
		}
	}()
	hanging := hangingPort(t)
	for _, limit := range []int{192, 512} {
		t.Run(fmt.Sprintf("%d at a time", limit), func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), "sh", "-c", `ulimit -n 256; exec "$0" -test.run='^TestScarceDescriptors$'`, os.Args[0])
			cmd.Env = append(os.Environ(), fmt.Sprintf("KACTL_TEST_SCARCE=%s %d %d", healthy.Addr(), hanging, limit))
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// hangingPort returns a port of the loopback's addresses on which connections are
// neither accepted nor refused.
func hangingPort(t *testing.T) int {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	if err := errors.Join(unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}), unix.Listen(fd, 0)); err != nil {
		t.Fatal(err)
	}
	sa, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	port := sa.(*unix.SockaddrInet4).Port
	for {
		conn, err := net.DialTimeout("tcp", fmt.Sprintf("127.0.0.1:%d", port), 500*time.Millisecond)
		if err != nil {
			return port // its queue is full
		}
		t.Cleanup(func() { conn.Close() })
	}
}

// counting counts the probes that could not be made.
type counting struct {
	probe.Prober
	failed chan error
}

func (c *counting) Probe(ctx context.Context, check health.Check) health.Result {
	r := c.Prober.Probe(ctx, check)
	if errors.Is(r.Err, syscall.EMFILE) {
		select {
		case c.failed <- r.Err:
		default:
		}
	}
	return r
}

func scarce(t *testing.T, servers string) {
	var healthyAt string
	var hangingPort, limit int
	if _, err := fmt.Sscan(servers, &healthyAt, &hangingPort, &limit); err != nil {
		t.Fatal(err)
	}
	v := lvs.VirtualServer{ID: key(vip1), Scheduler: "rr", Quorum: 1}
	add := func(i int, target netip.AddrPort, timeout time.Duration) {
		addr := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), 80)
		v.Reals = append(v.Reals, lvs.RealServer{Addr: addr, Forward: lvs.DR, Weight: 1, Checks: []health.Check{{
			Kind: health.TCP, Target: target, Interval: 200 * time.Millisecond, Warmup: 100 * time.Millisecond, Timeout: timeout,
		}}})
	}
	for i := range 600 {
		add(i, netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(hangingPort)), time.Second)
	}
	for i := 600; i < 620; i++ {
		add(i, ap(healthyAt), 20*time.Second) // on a machine that is busy, too
	}
	kernel, log := &fakeIPVS{table: lvs.Table{}}, &messages{}
	prober := &counting{failed: make(chan error, 1)}
	d := New(Config{
		Settings: settings(v), Open: func() (IPVS, error) { return kernel, nil }, Prober: prober,
		Log: slog.New(log), Probes: func(int) int { return limit },
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- d.Run(ctx) }()
	defer func() {
		cancel()
		<-done
	}()

	began := time.Now()
	var have map[netip.AddrPort]lvs.Destination
	for deadline := began.Add(2 * time.Minute); ; time.Sleep(50 * time.Millisecond) {
		if have = kernel.content()[key(vip1)].Destinations; len(have) == 20 {
			break
		}
		if time.Now().After(deadline) {
			break
		}
	}
	for _, r := range v.Reals[600:] {
		if _, ok := have[r.Addr]; !ok {
			t.Errorf("%v, which answers, is not in the table", r.Addr)
		}
	}
	if len(have) != 20 {
		t.Errorf("%d servers are in the table, want the 20 that answer", len(have))
	}
	log.mu.Lock()
	defer log.mu.Unlock()
	said, ended := 0, 0
	for _, line := range log.text {
		// A busy machine may have troubles of another kind.
		switch isOf := strings.Contains(line, "descriptor"); {
		case isOf && strings.HasPrefix(line, "Checks cannot be made"):
			said++
		case isOf && strings.HasPrefix(line, "Checks can be made again"):
			ended++
		}
		for i := 600; i < 620; i++ {
			if strings.Contains(line, "Removing service ["+v.Reals[i].Addr.Addr().String()+"]") {
				t.Errorf("it was out of the table: %s", line)
			}
		}
	}
	// On a busy machine it may end and come again.
	if short := len(prober.failed) > 0; short != (limit > 256) || short != (said > 0) || said > ended+1 {
		t.Errorf("descriptors ran out: %t; said %d times, and %d times that it was over", short, said, ended)
	}
	t.Logf("%d at a time: the table is as it should be after %v", limit, time.Since(began))
}
