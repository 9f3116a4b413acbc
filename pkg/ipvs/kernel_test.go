package ipvs_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/ipvs"
	"github.com/kactl/kactl/pkg/lvs"

	"github.com/kactl/kactl/test/need"
)

var equal = cmp.Options{
	cmp.Comparer(func(a, b netip.Addr) bool { return a == b }),
	cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b }),
	cmpopts.EquateEmpty(),
}

// inNamespace runs test on a thread in a network namespace of its own.
func inNamespace(t *testing.T, test func(h *ipvs.Handle)) {
	need.Root(t)
	done := make(chan error)
	go func() {
		// Never unlocked: the thread ends with its namespace.
		runtime.LockOSThread()
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			done <- fmt.Errorf("make a network namespace: %w", err)
			return
		}
		// Without a local routing table the kernel takes every address for a
		// broadcast address and refuses it as a real server.
		if err := loopbackUp(); err != nil {
			done <- err
			return
		}
		h, err := ipvs.Open()
		if err != nil {
			done <- err
			return
		}
		defer close(done)
		defer h.Close()
		test(h)
	}()
	if err := <-done; err != nil {
		need.Missing(t, "%v", err)
	}
}

func loopbackUp() error {
	lo, err := netlink.LinkByName("lo")
	if err != nil {
		return err
	}
	return netlink.LinkSetUp(lo)
}

func ap(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }

func sampleTable() lvs.Table {
	return lvs.Table{
		{Protocol: lvs.TCP, Addr: ap("198.51.100.1:80")}: {
			Scheduler: "wlc", Persistence: 50 * time.Second, Netmask: netip.MustParseAddr("255.255.255.0"),
			Destinations: map[netip.AddrPort]lvs.Destination{
				ap("10.0.0.1:80"): {Forward: lvs.DR, Weight: 1},
				ap("10.0.0.2:80"): {Forward: lvs.TUN, Weight: 70000},
			},
		},
		{Protocol: lvs.UDP, Addr: ap("198.51.100.1:53")}: {
			Scheduler:    "rr",
			Destinations: map[netip.AddrPort]lvs.Destination{ap("10.0.0.3:5353"): {Forward: lvs.NAT}},
		},
		{Protocol: lvs.TCP, Addr: ap("[2001:db8::1]:443")}: {
			Scheduler: "rr", Persistence: 10 * time.Second,
			Destinations: map[netip.AddrPort]lvs.Destination{ap("[fd00::1]:443"): {Forward: lvs.DR, Weight: 3}},
		},
	}
}

func all(lvs.ServiceID) bool { return true }

func TestKernelTable(t *testing.T) {
	inNamespace(t, func(h *ipvs.Handle) {
		ctx := context.Background()
		var writes []string
		h.OnWrite = func(op lvs.Op) { writes = append(writes, op.Kind.String()) }
		apply := func(ops []lvs.Op) {
			t.Helper()
			if refused, err := h.Apply(ctx, ops); err != nil || len(refused) > 0 {
				t.Error(err, refused)
			}
		}
		expect := func(want lvs.Table) {
			t.Helper()
			got, err := h.Table(ctx)
			if err != nil {
				t.Error(err)
			} else if d := cmp.Diff(want, got, equal); d != "" {
				t.Error(d)
			}
		}
		expect(lvs.Table{})

		want := sampleTable()
		create := lvs.Diff(nil, want, all)
		apply(create)
		expect(want)
		if len(writes) != len(create) {
			t.Errorf("%d writes for %d operations", len(writes), len(create))
		}
		compareWithIpvsadm(t)
		compareWithMoby(t, want)

		apply(create) // the second time every add becomes an edit
		expect(want)

		writes = nil
		changed := want.Clone()
		web := lvs.ServiceID{Protocol: lvs.TCP, Addr: ap("198.51.100.1:80")}
		changed[web].Destinations[ap("10.0.0.9:80")] = lvs.Destination{Forward: lvs.DR, Weight: 2}
		apply(lvs.Diff(want, changed, all))
		expect(changed)
		if d := cmp.Diff([]string{"add real server"}, writes); d != "" {
			t.Error(d)
		}

		s := changed[web]
		s.Scheduler, s.Persistence = "rr", 0
		changed[web] = s
		delete(changed[web].Destinations, ap("10.0.0.1:80"))
		changed[web].Destinations[ap("10.0.0.2:80")] = lvs.Destination{Forward: lvs.NAT, Weight: 0}
		have, err := h.Table(ctx)
		if err != nil {
			t.Error(err)
		}
		apply(lvs.Diff(have, changed, all))
		expect(changed)

		clear := lvs.Diff(changed, nil, all)
		apply(clear)
		expect(lvs.Table{})
		writes = nil
		apply(clear) // what is gone already is no error
		if len(writes) != 0 {
			t.Errorf("writes %v on an empty table", writes)
		}
		// An edit of what is not there becomes an add.
		apply([]lvs.Op{{Kind: lvs.EditService, ID: web, Service: lvs.Service{Scheduler: "rr"}}})
		expect(lvs.Table{web: {Scheduler: "rr"}})
	})
}

// TestKernelRefusals has what the kernel refuses. Each is said with what it means,
// and keeps nothing else from being done.
func TestKernelRefusals(t *testing.T) {
	inNamespace(t, func(h *ipvs.Handle) {
		broadcast := &netlink.Addr{IPNet: &net.IPNet{IP: net.IPv4(10, 9, 0, 1).To4(), Mask: net.CIDRMask(24, 32)}}
		if lo, err := netlink.LinkByName("lo"); err != nil {
			t.Error(err)
		} else if err := netlink.AddrAdd(lo, broadcast); err != nil {
			t.Error(err)
		}
		service := func(addr, scheduler string, reals ...string) lvs.Table {
			s := lvs.Service{Scheduler: scheduler, Destinations: map[netip.AddrPort]lvs.Destination{}}
			for _, r := range reals {
				s.Destinations[ap(r)] = lvs.Destination{Forward: lvs.NAT, Weight: 1}
			}
			return lvs.Table{{Protocol: lvs.TCP, Addr: ap(addr)}: s}
		}
		for _, tt := range []struct {
			name  string
			table lvs.Table
			errno unix.Errno
			says  string
		}{
			{"a scheduler that is not there", service("198.51.100.1:80", "kactl", "10.0.0.1:80", "10.0.0.2:80"), unix.ENOENT, "modprobe ip_vs_kactl"},
			{"multicast", service("198.51.100.1:80", "rr", "10.0.0.1:80", "224.0.0.9:80", "10.0.0.2:80"), unix.EINVAL, "224.0.0.9 cannot be a real server"},
			{"limited broadcast", service("198.51.100.1:80", "rr", "255.255.255.255:80"), unix.EINVAL, "broadcast"},
			{"broadcast of a network", service("198.51.100.1:80", "rr", "10.9.0.255:80"), unix.EINVAL, "broadcast"},
			{"unspecified", service("198.51.100.1:80", "rr", "0.0.0.0:80"), unix.EINVAL, "unspecified"},
			{"IPv6 multicast", service("[2001:db8::1]:80", "rr", "[ff02::9]:80", "[fd00::1]:80"), unix.EINVAL, "ff02::9 cannot be a real server"},
			{"IPv6 link-local", service("[2001:db8::1]:80", "rr", "[fe80::9]:80"), unix.EINVAL, "link-local"},
			{"IPv6 unspecified", service("[2001:db8::1]:80", "rr", "[::]:80"), unix.EINVAL, "unspecified"},
			{"another family", service("198.51.100.1:80", "rr", "[fd00::1]:80"), unix.EINVAL, "lvs_method TUN"},
		} {
			ops := lvs.Diff(nil, tt.table, all)
			var writes int
			h.OnWrite = func(lvs.Op) { writes++ }
			refused, err := h.Apply(t.Context(), ops)
			if err != nil || len(refused) != 1 || !errors.Is(refused[0].Err, tt.errno) || !strings.Contains(refused[0].Err.Error(), tt.says) {
				t.Errorf("%s: %v %v, want one of %v about %q", tt.name, err, refused, tt.errno, tt.says)
			}
			want := len(ops) - 1
			if tt.errno == unix.ENOENT {
				want = 0 // of a service that is not there
			}
			if writes != want {
				t.Errorf("%s: %d of %d operations were done, want %d", tt.name, writes, len(ops), want)
			}
			if _, err := h.Apply(t.Context(), lvs.Diff(tt.table, nil, all)); err != nil {
				t.Error(err)
			}
		}

		edit := service("198.51.100.1:80", "rr", "10.0.0.1:80")
		if _, err := h.Apply(t.Context(), lvs.Diff(nil, edit, all)); err != nil {
			t.Error(err)
		}
		refused, err := h.Apply(t.Context(), lvs.Diff(edit, service("198.51.100.1:80", "kactl", "10.0.0.1:80", "10.0.0.2:80"), all))
		if err != nil || len(refused) != 1 || !strings.Contains(refused[0].Err.Error(), "modprobe ip_vs_kactl") {
			t.Errorf("an edit to a scheduler that is not there: %v %v", err, refused)
		}
	})
}

func compareWithIpvsadm(t *testing.T) {
	t.Helper()
	saved(t,
		"-A -t 198.51.100.1:80 -s wlc -p 50 -M 255.255.255.0",
		"-a -t 198.51.100.1:80 -r 10.0.0.1:80 -g -w 1",
		"-a -t 198.51.100.1:80 -r 10.0.0.2:80 -i -w 70000",
		"-A -u 198.51.100.1:53 -s rr",
		"-a -u 198.51.100.1:53 -r 10.0.0.3:5353 -m -w 0",
		"-A -t [2001:db8::1]:443 -s rr -p 10",
		"-a -t [2001:db8::1]:443 -r [fd00::1]:443 -g -w 3",
	)
}

func TestKernelManyServices(t *testing.T) {
	inNamespace(t, func(h *ipvs.Handle) {
		want := lvs.Table{}
		for i := range 1000 {
			k := lvs.ServiceID{Protocol: lvs.TCP, Addr: netip.AddrPortFrom(netip.AddrFrom4([4]byte{198, 51, byte(i >> 8), byte(i)}), 80)}
			want[k] = lvs.Service{Scheduler: "rr", Destinations: map[netip.AddrPort]lvs.Destination{
				ap("10.0.0.1:80"): {Forward: lvs.DR, Weight: 1},
				ap("10.0.0.2:80"): {Forward: lvs.DR, Weight: 2},
			}}
		}
		if refused, err := h.Apply(context.Background(), lvs.Diff(nil, want, all)); err != nil || len(refused) > 0 {
			t.Error(err, refused)
		}
		got, err := h.Table(context.Background())
		if err != nil {
			t.Error(err)
		}
		if d := cmp.Diff(want, got, equal); d != "" {
			t.Error(d)
		}
	})
}
