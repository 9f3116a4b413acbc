package rssetup

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/test/need"
)

var (
	direct   = dr("198.51.100.100/32", "2001:db8:1::100/128")
	tunneled = tun("198.51.100.101/32", "2001:db8:1::101/128")
)

// needTunnels ends a test unless the namespace has the kernel's own tunnels. With
// used they have been up before: the kernel leaves traces of the first time, a
// queue and IPv6 settings, which nothing takes away.
func needTunnels(t *testing.T, ns need.Namespace, used bool) {
	t.Helper()
	var err error
	ns.In(t, func() error {
		for _, name := range []string{"tunl0", "ip6tnl0"} {
			link, e := netlink.LinkByName(name)
			if e == nil && used {
				e = errors.Join(netlink.LinkSetUp(link), netlink.LinkSetDown(link))
			}
			err = errors.Join(err, e)
		}
		return nil
	})
	if err != nil {
		need.Missing(t, "needs the kernel's modules ipip and ip6_tunnel: %v", err)
	}
}

// A process is killed with -9 at each change in turn, before and after it is made;
// then all is taken back. So it is when the process that takes back is killed.
func TestKernelKilled(t *testing.T) {
	ns, _ := newMachine(t)
	for _, setup := range []job{{Targets: direct, Persist: true}, {Targets: tunneled[:1]}} {
		mode := setup.Targets[0].Mode
		t.Run(string(mode), func(t *testing.T) {
			if mode == TUN {
				needTunnels(t, ns, true)
			}
			root := t.TempDir()
			setup.Root = root
			before := snapshot(t, ns)
			check := func(what string, n int) {
				t.Helper()
				if d := cmp.Diff(before, snapshot(t, ns)); d != "" {
					t.Fatalf("%s %d: the former state is not back:\n%s", what, n, d)
				}
				filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
					if err != nil || !d.IsDir() {
						t.Errorf("%s %d: %s is left, %v", what, n, path, err)
					}
					return nil
				})
			}
			changes := 0
			for n, killed := 1, true; killed; n++ {
				// With the change in the journal alone, then with the change made.
				for _, after := range []bool{false, true} {
					dying := setup
					dying.Kill, dying.After = n, after
					killed = dying.run(t, ns)
					job{Root: root, Undo: true}.run(t, ns)
					check("kill at change", n)
				}
				changes = n - 1
			}
			if t.Logf("killed at each of %d changes", changes); changes < 9 {
				t.Errorf("only %d changes", changes)
			}
			for n, killed := 1, true; killed; n++ {
				setup.run(t, ns)
				killed = job{Root: root, Undo: true, Kill: n, After: true}.run(t, ns)
				job{Root: root, Undo: true}.run(t, ns)
				check("kill at change back", n)
			}
		})
	}
}

// Runs for other addresses, some of them killed, are taken back together.
func TestKernelRuns(t *testing.T) {
	ns, _ := newMachine(t)
	needTunnels(t, ns, true)
	root := t.TempDir()
	before := snapshot(t, ns)
	job{Root: root, Targets: direct[:1], Kill: 3, After: true}.run(t, ns)
	job{Root: root, Targets: tunneled, Persist: true}.run(t, ns)
	job{Root: root, Targets: direct}.run(t, ns)
	if cmp.Equal(before, snapshot(t, ns)) {
		t.Error("nothing changed")
	}
	job{Root: root, Undo: true, Kill: 5}.run(t, ns)
	job{Root: root, Targets: direct[1:]}.run(t, ns)
	job{Root: root, Undo: true}.run(t, ns)
	if d := cmp.Diff(before, snapshot(t, ns)); d != "" {
		t.Errorf("the former state is not back:\n%s", d)
	}
}

// Of tunnels that were never up, what had a value has it again.
func TestKernelNewTunnels(t *testing.T) {
	ns, _ := newMachine(t)
	needTunnels(t, ns, false)
	root := t.TempDir()
	before := snapshot(t, ns)
	job{Root: root, Targets: tunneled}.run(t, ns)
	job{Root: root, Undo: true}.run(t, ns)
	after := snapshot(t, ns)
	for name := range after {
		_, was := before[name]
		if !was && (strings.HasPrefix(name, "/proc/sys/net/ipv6/conf/tunl0/") || strings.HasPrefix(name, "/proc/sys/net/ipv6/neigh/tunl0/")) {
			delete(after, name)
		}
	}
	before["ip addr"] = regexp.MustCompile(`((?:tunl0|ip6tnl0)@NONE: .*) qdisc noop `).ReplaceAllString(before["ip addr"], "$1 qdisc noqueue ")
	if d := cmp.Diff(before, after); d != "" {
		t.Errorf("the former state is not back:\n%s", d)
	}
}

// An interface is the same one by another name, though another one has its name
// now.
func TestKernelRenamed(t *testing.T) {
	ns, _ := newMachine(t)
	root := t.TempDir()
	ip := func(commands ...string) {
		t.Helper()
		ns.In(t, func() error {
			for _, c := range commands {
				if out, err := exec.Command("ip", strings.Fields(c)...).CombinedOutput(); err != nil {
					return fmt.Errorf("ip %s: %w: %s", c, err, out)
				}
			}
			return nil
		})
	}
	ip("link add inner0 type veth peer name outer0", "link set inner0 arp off up", "link set outer0 up")
	list := dr("198.51.100.100/32")
	list[0].Device, list[0].Label = "inner0", "inner0:1"
	job{Root: root, Targets: list}.run(t, ns)
	ip("link set inner0 down", "link set inner0 name other0", "link set other0 up", "link add inner0 type bridge")
	ns.In(t, func() error {
		s, err := open(linux{root: root})
		if err != nil {
			return err
		}
		found, err := s.Status(nil)
		if bad := wrong(found); len(bad) > 0 {
			t.Errorf("%q", bad)
		}
		return err
	})
	list[0].Device, list[0].Label = "other0", "other0:1"
	job{Root: root, Targets: list}.run(t, ns) // it knows it
	job{Root: root, Undo: true}.run(t, ns)
	ns.In(t, func() error {
		st, err := linux{root: root}.State()
		if places := st.at(list[0].VIP.Addr()); len(places) > 0 {
			t.Errorf("it is left: %v", places)
		}
		for _, name := range []string{"arp_ignore", "arp_announce"} {
			if v := st.Values[conf("other0", name)]; v != "0" {
				t.Errorf("%s is %s", name, v)
			}
		}
		return err
	})
}

// What --status says of an interface is what the kernel does, whatever the
// sysctls are.
func TestKernelAnswers(t *testing.T) {
	ns, neighbour := newMachine(t)
	vip4, vip6 := direct[0].VIP.Addr(), direct[1].VIP.Addr()
	root := t.TempDir()
	job{Root: root, Targets: direct}.run(t, ns)
	status := func() (bad []string) {
		ns.In(t, func() error {
			s, err := open(linux{root: root})
			if err != nil {
				return err
			}
			found, err := s.Status(nil)
			bad = wrong(found)
			return err
		})
		return bad
	}
	answers := func(vip netip.Addr) bool {
		if vip.Is6() {
			return resolves(t, neighbour, vip.String(), "2001:db8:1::51")
		}
		return resolves(t, neighbour, vip.String(), "198.51.100.51")
	}
	if bad := status(); len(bad) > 0 || answers(vip4) || answers(vip6) {
		t.Errorf("set up, but %q; answers: %v, %v", bad, answers(vip4), answers(vip6))
	}
	// 8 is left out: with it the machine answers for nothing at all.
	for all := range 8 {
		for _, own := range []int{0, 1, 3, 4} {
			ns.In(t, func() error {
				return errors.Join(
					linux{}.Set(conf("all", "arp_ignore"), text(all)),
					linux{}.Set(conf("eth0", "arp_ignore"), text(own)))
			})
			said, does := len(status()) > 0, answers(vip4)
			if said != does {
				t.Errorf("arp_ignore of all %d, of eth0 %d: answers %v, status says %v", all, own, does, said)
			}
		}
	}
	ns.In(t, func() error { return linux{}.Set(addr(vip6.String()+"/64", "eth0"), new(string)) })
	resolves(t, neighbour, vip6.String(), vip6.String()) // or it ends the test
	if bad := strings.Join(status(), "\n"); !strings.Contains(bad, "eth0 has 2001:db8:1::100 and answers neighbour discovery") {
		t.Errorf("on the wire; status: %s", bad)
	}
}

func text(n int) *string {
	s := fmt.Sprint(n)
	return &s
}

// What is read of the kernel.
func TestKernelState(t *testing.T) {
	ns, _ := newMachine(t)
	ns.In(t, func() error {
		for _, args := range []string{
			"route add default via 198.51.100.1", "route add 192.0.2.0/24 nexthop via 198.51.100.2 nexthop via 198.51.100.3",
			"route add default via 2001:db8:1::1 src 2001:db8:1::51", "addr add 198.51.100.60/24 dev eth0 label eth0:1",
		} {
			if out, err := exec.Command("ip", strings.Fields(args)...).CombinedOutput(); err != nil {
				return fmt.Errorf("ip %s: %w: %s", args, err, out)
			}
		}
		st, err := linux{root: t.TempDir()}.State()
		if err != nil {
			return err
		}
		for _, gateway := range []string{"198.51.100.1", "198.51.100.2", "198.51.100.3", "2001:db8:1::1"} {
			if !slices.Contains(st.Gateways, gateway) {
				t.Errorf("%s is no gateway of %v", gateway, st.Gateways)
			}
		}
		slices.Sort(st.Sources)
		if d := cmp.Diff([]string{"198.51.100.51", "2001:db8:1::51"}, st.Sources); d != "" {
			t.Error(d)
		}
		for thing, want := range map[Thing]string{
			addr("198.51.100.51/24", "eth0"): "", addr("198.51.100.60/24", "eth0"): "eth0:1", addr("::1/128", "lo"): "",
			conf("all", "rp_filter"): "1", {Kind: Switch, Name: "eth0"}: "up", disableIPv6("lo"): "0",
		} {
			if got, ok := st.Values[thing]; !ok || got != want {
				t.Errorf("%v is %q, %v, want %q", thing, got, ok, want)
			}
		}
		if st.Systemd || !slices.Equal(st.talkers(), []string{"eth0"}) {
			t.Errorf("systemd %v, %v", st.Systemd, st.Links)
		}
		// Nobody is to send from a virtual address unasked.
		err = linux{}.Set(addr("2001:db8::16/128", "lo"), new(string))
		list, err1 := dump("addresses", func() ([]netlink.Addr, error) { return netlink.AddrList(nil, netlink.FAMILY_V6) })
		for _, a := range list {
			if flags := unix.IFA_F_NODAD | unix.IFA_F_DEPRECATED | unix.IFA_F_PERMANENT; a.IP.String() == "2001:db8::16" && a.Flags&flags != flags {
				t.Errorf("its flags are %#x, want %#x", a.Flags, flags)
			}
		}
		return errors.Join(err, err1)
	})
}

// No two namespaces share a journal, whichever ends first.
func TestKernelJournals(t *testing.T) {
	root := t.TempDir()
	one, _ := newMachine(t)
	two, _ := newMachine(t)
	path := func(ns need.Namespace) (path string) {
		ns.In(t, func() error {
			s, err := open(linux{root: root})
			if err == nil {
				path = s.store.path
			}
			return err
		})
		return path
	}
	before := snapshot(t, two)
	job{Root: root, Targets: direct}.run(t, one)
	job{Root: root, Targets: direct}.run(t, two)
	own := path(two)
	if own == path(one) {
		t.Errorf("both have %s", own)
	}
	job{Root: root, Undo: true}.run(t, one)
	if now := path(two); now != own {
		t.Errorf("%s became %s", own, now)
	}
	job{Root: root, Undo: true}.run(t, two)
	if d := cmp.Diff(before, snapshot(t, two)); d != "" {
		t.Errorf("the former state is not back:\n%s", d)
	}
}

// A namespace that has the number of one that is gone is another one all the same.
func TestKernelBoot(t *testing.T) {
	cookies := map[string]bool{}
	for range 2 {
		need.NewNamespace(t).In(t, func() error {
			boot, err := linux{}.Boot()
			if err != nil {
				return err
			}
			again, err := linux{}.Boot()
			if f := strings.Fields(boot); len(f) != 3 || cookies[f[2]] || again != boot {
				t.Errorf("it is %q, then %q, after %v", boot, again, cookies)
			} else {
				cookies[f[2]] = true
			}
			return err
		})
	}
}

// What cannot be done is said with what it was.
func TestKernelErrors(t *testing.T) {
	ns, _ := newMachine(t)
	ns.In(t, func() error {
		l := linux{root: t.TempDir()}
		for _, tt := range []struct {
			thing Thing
			value *string
			want  error
		}{
			{conf("nothing0", "arp_ignore"), text(1), fs.ErrNotExist},
			{addr("203.0.113.16/32", "nothing0"), new(string), unix.ENODEV},
			{addr("203.0.113.16/32", "nothing0"), nil, unix.ENODEV},
			{Thing{Kind: Switch, Name: "nothing0"}, nil, unix.ENODEV},
			{addr("203.0.113.16/32", "lo"), nil, nil},
			{addr("198.51.100.51/24", "eth0"), new(string), nil},
			{conf("lo", "arp_ignore"), nil, nil},
			{Thing{Kind: File, Name: "/etc/no/such"}, nil, nil},
		} {
			if err := l.Set(tt.thing, tt.value); !errors.Is(err, tt.want) {
				t.Errorf("%v: %v, want %v", tt.thing, err, tt.want)
			}
		}
		return nil
	})
}
