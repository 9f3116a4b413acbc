package checkd_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/daemon/checkd"
	"github.com/kactl/kactl/pkg/health"
	"github.com/kactl/kactl/pkg/ipvs"
	"github.com/kactl/kactl/pkg/lvs"
	"github.com/kactl/kactl/pkg/probe"

	"github.com/kactl/kactl/test/need"
)

// openIn returns a handle on the table of a new network namespace. The probes
// stay in the namespace of the test: only the table is in the other.
func openIn(t *testing.T) *ipvs.Handle {
	need.Root(t)
	type opened struct {
		h   *ipvs.Handle
		err error
	}
	done := make(chan opened)
	end := make(chan struct{})
	t.Cleanup(func() { close(end) })
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with its namespace
		h, err := newNamespace()
		done <- opened{h, err}
		<-end
	}()
	o := <-done
	if o.err != nil {
		need.Missing(t, "%v", o.err)
	}
	return o.h
}

func newNamespace() (*ipvs.Handle, error) {
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		return nil, fmt.Errorf("make a network namespace: %w", err)
	}
	// The kernel refuses real servers while there is no routing table.
	lo, err := netlink.LinkByName("lo")
	if err != nil {
		return nil, err
	}
	if err := netlink.LinkSetUp(lo); err != nil {
		return nil, err
	}
	return ipvs.Open()
}

// webServer serves status until it is closed; on addr if that is valid.
func webServer(t *testing.T, addr string) (netip.AddrPort, func()) {
	t.Helper()
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello") })}
	var wg sync.WaitGroup
	wg.Go(func() { s.Serve(l) })
	stop := sync.OnceFunc(func() { s.Close(); wg.Wait() })
	t.Cleanup(stop)
	return l.Addr().(*net.TCPAddr).AddrPort(), stop
}

// TestKernel runs the daemon with real probes on a real table.
func TestKernel(t *testing.T) {
	h := openIn(t)
	var mu sync.Mutex
	var writes []string
	h.OnWrite = func(op lvs.Op) {
		mu.Lock()
		defer mu.Unlock()
		writes = append(writes, op.Kind.String())
	}
	reader := h // the handle may be used by both sides

	a, stopA := webServer(t, "127.0.0.1:0")
	b, _ := webServer(t, "127.0.0.1:0")
	sorry := lvs.RealServer{Addr: netip.MustParseAddrPort("10.0.0.9:80"), Forward: lvs.NAT, Weight: 1}
	realServer := func(addr netip.AddrPort) lvs.RealServer {
		return lvs.RealServer{Addr: addr, Forward: lvs.NAT, Weight: 1, Checks: []health.Check{{
			Kind: health.HTTP, Target: addr, Interval: 50 * time.Millisecond, RetryDelay: 20 * time.Millisecond, Retries: 1,
			Timeout: 5 * time.Second, URLs: []health.URL{{Path: "/", Digest: "5d41402abc4b2a76b9719d911017c592"}},
		}}}
	}
	key := lvs.ServiceID{Protocol: lvs.TCP, Addr: netip.MustParseAddrPort("198.51.100.1:80")}
	settings := func(reals ...lvs.RealServer) lvs.Settings {
		return lvs.Settings{Services: []lvs.VirtualServer{{ID: key, Scheduler: "rr", Quorum: 1, Sorry: &sorry, Reals: reals}}}
	}
	expect := func(what string, want ...netip.AddrPort) {
		t.Helper()
		var have map[netip.AddrPort]lvs.Destination
		for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
			table, err := reader.Table(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			have = table[key].Destinations
			found := 0
			for _, w := range want {
				if _, ok := have[w]; ok {
					found++
				}
			}
			if found == len(want) && len(have) == len(want) {
				return
			}
		}
		t.Errorf("%s: %v, want %v", what, have, want)
	}

	d := checkd.New(checkd.Config{
		Settings: settings(realServer(a)),
		Open:     func() (checkd.IPVS, error) { return kept{h}, nil },
		Prober:   new(probe.Prober),
		Log:      slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- d.Run(ctx) }()

	expect("at the start", a)
	mu.Lock()
	writes = nil
	mu.Unlock()
	if err := d.Reload(t.Context(), settings(realServer(a), realServer(b))); err != nil {
		t.Error(err)
	}
	mu.Lock()
	if len(writes) != 1 || writes[0] != lvs.AddDestination.String() {
		t.Errorf("the reload wrote %v, want one new real server", writes)
	}
	mu.Unlock()
	expect("after the reload", a, b)
	stopA()
	expect("with one server down", b)
	if err := d.Reload(t.Context(), settings(realServer(a))); err != nil {
		t.Error(err)
	}
	expect("with none left", sorry.Addr)
	webServer(t, a.String())
	expect("with it back", a)

	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if table, err := reader.Table(context.Background()); err != nil || len(table) != 0 {
		t.Errorf("at the end: %v %v", table, err)
	}
	if err := h.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
		t.Error(err)
	}
}

// kept keeps the daemon from closing a handle that the test still reads with.
type kept struct{ *ipvs.Handle }

func (kept) Close() error { return nil }
