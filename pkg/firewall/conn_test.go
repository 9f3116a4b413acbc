package firewall

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/nftables"
	"github.com/mdlayher/netlink"
	"github.com/mdlayher/netlink/nltest"
	vnetlink "github.com/vishvananda/netlink"
	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/vrrp"
	"github.com/kactl/kactl/test/need"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var byDefault = vrrp.Filter{Table: "keepalived", Priority: -1}

func drop(f vrrp.Filter, addr, ifname string) vrrp.Drop {
	return vrrp.Drop{Filter: f, Addr: netip.MustParseAddr(addr), Interface: ifname}
}

// A host is a network namespace, and what drops packets there.
type host struct {
	t  *testing.T
	ns need.Namespace
	*Conn
}

func newHost(t *testing.T) *host {
	h := &host{t, need.NewNamespace(t), Open()}
	t.Cleanup(func() { h.Close() })
	return h
}

// do changes what is dropped, and returns the errors, nil where there is none.
func (h *host) do(change func(context.Context, []vrrp.Drop, Ack), drops ...vrrp.Drop) []error {
	h.t.Helper()
	errs := make([]error, len(drops))
	h.ns.In(h.t, func() error {
		change(context.Background(), drops, func(n int, _ bool, err error) { errs[n] = err })
		return nil
	})
	for _, err := range errs {
		if err != nil {
			return errs
		}
	}
	return nil
}

// must is do without errors.
func (h *host) must(change func(context.Context, []vrrp.Drop, Ack), drops ...vrrp.Drop) {
	h.t.Helper()
	if errs := h.do(change, drops...); errs != nil {
		h.t.Fatal(errors.Join(errs...))
	}
}

// nft runs nft with words of one line.
func (h *host) nft(line string) (string, error) {
	h.t.Helper()
	var out []byte
	var failed error
	h.ns.In(h.t, func() error {
		out, failed = exec.Command("nft", strings.Fields(line)...).CombinedOutput()
		return nil
	})
	return string(out), failed
}

// ruleset is all that there is, without the name of the test.
func (h *host) ruleset() string {
	h.t.Helper()
	text, err := h.nft("list ruleset")
	if err != nil {
		h.t.Fatalf("nft list ruleset: %v: %s", err, text)
	}
	return strings.ReplaceAll(text, " # progname firewall.test", "")
}

// TestRuleset holds what the tables have, as nft prints it.
func TestRuleset(t *testing.T) {
	for name, c := range map[string]struct {
		drops []vrrp.Drop
		want  string
	}{
		"IPv4": {[]vrrp.Drop{drop(byDefault, "192.0.2.1", "")}, ruleset4},
		"IPv6": {[]vrrp.Drop{drop(byDefault, "2001:db8::1", ""), drop(byDefault, "fe80::1", "eth0")}, ruleset6},
		"other words": {[]vrrp.Drop{drop(vrrp.Filter{Table: "x", Priority: 7, Counters: true, ByIndex: true}, "fe80::1", "eth0")},
			strings.NewReplacer("ip6 keepalived", "ip6 x", "filter - 1", "filter + 7", " accept\n\t\tip6", " counter packets 0 bytes 0 accept\n\t\tip6", " drop", " counter packets 0 bytes 0 drop",
				"ifname\n", "iface_index\n", "iifname", "iif", "oifname", "oif", "ipv6_addr\n\t\telements = { 2001:db8::1 }", "ipv6_addr").Replace(ruleset6)},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHost(t)
			h.ns.In(t, func() error {
				return vnetlink.LinkAdd(&vnetlink.Veth{LinkAttrs: vnetlink.LinkAttrs{Name: "eth0"}, PeerName: "peer"})
			})
			h.must(h.AddDrops, c.drops...)
			if diff := cmp.Diff(c.want, h.ruleset()); diff != "" {
				t.Error(diff)
			}
			h.must(h.RemoveDrops, c.drops...)
			if got := h.ruleset(); got != "" {
				t.Errorf("left behind: %s", got)
			}
		})
	}
}

const ruleset4 = `table ip keepalived {
	flags owner

	set vips {
		type ipv4_addr
		elements = { 192.0.2.1 }
	}

	chain in {
		type filter hook input priority filter - 1; policy accept;
		ip daddr @vips drop
	}

	chain out {
		type filter hook output priority filter - 1; policy accept;
		ip saddr @vips drop
	}
}
`

const ruleset6 = `table ip6 keepalived {
	flags owner

	set vips {
		type ipv6_addr
		elements = { 2001:db8::1 }
	}

	set vips_link_local {
		type ipv6_addr . ifname
		elements = { fe80::1 . "eth0" }
	}

	chain in {
		type filter hook input priority filter - 1; policy accept;
		icmpv6 type 135-136 accept
		ip6 daddr @vips drop
		ip6 daddr . iifname @vips_link_local drop
	}

	chain out {
		type filter hook output priority filter - 1; policy accept;
		icmpv6 type 135-136 accept
		ip6 saddr @vips drop
		ip6 saddr . oifname @vips_link_local drop
	}
}
`

// Nobody else can change what is ours, and nothing of it is left when its socket is
// closed, as the kernel does at the end of a process.
func TestOwner(t *testing.T) {
	h := newHost(t)
	if out, err := h.nft("add table ip other"); err != nil {
		t.Fatal(out)
	}
	h.must(h.AddDrops, drop(byDefault, "192.0.2.1", ""))
	for _, line := range []string{"delete table ip keepalived", "flush table ip keepalived", "delete element ip keepalived vips { 192.0.2.1 }"} {
		if out, err := h.nft(line); err == nil {
			t.Errorf("nft %s: %s", line, out)
		}
	}
	if _, err := h.nft("flush ruleset"); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(ruleset4, h.ruleset()); diff != "" {
		t.Error(diff)
	}
	h.Close()
	if got := h.ruleset(); got != "" {
		t.Errorf("left behind: %s", got)
	}
}

// A table that is another's is left alone, and the other family works.
func TestTableOfAnother(t *testing.T) {
	h := newHost(t)
	h.nft("add table ip keepalived")
	before := h.ruleset()
	four, six := drop(byDefault, "192.0.2.1", ""), drop(byDefault, "2001:db8::1", "")
	errs := h.do(h.AddDrops, four, six)
	if errs == nil || !errors.Is(errs[0], unix.EEXIST) || errs[1] != nil {
		t.Fatalf("got %v", errs)
	}
	const want = "packets to the addresses are not dropped: there is an nftables table ip keepalived already, which is not this process's: delete it (nft delete table ip keepalived), or name another one with nftables in global_defs: "
	if got := errs[0].Error(); !strings.HasPrefix(got, want) {
		t.Error(got)
	}
	h.must(h.RemoveDrops, four)
	if got := h.ruleset(); !strings.HasPrefix(got, before) || !strings.Contains(got, "2001:db8::1") {
		t.Error(got)
	}
	h.nft("delete table ip keepalived")
	h.must(h.AddDrops, four)
	if got := h.ruleset(); !strings.Contains(got, ruleset4) {
		t.Error(got)
	}
}

// Many addresses come and go, and are all there again where the connection failed.
func TestManyDrops(t *testing.T) {
	h := newHost(t)
	var all []vrrp.Drop
	for n := range 2500 {
		all = append(all, vrrp.Drop{Filter: byDefault, Addr: netip.AddrFrom4([4]byte{10, 0, byte(n >> 8), byte(n)})})
	}
	count := func(when string, want int) {
		t.Helper()
		if got := strings.Count(h.ruleset(), "10.0."); got != want {
			t.Errorf("%s: %d addresses, want %d", when, got, want)
		}
	}
	h.must(h.AddDrops, all...)
	count("added", len(all))
	h.must(h.AddDrops, all[:10]...)
	count("added twice", len(all))
	h.must(h.RemoveDrops, all[10:]...)
	count("most removed", 10)
	for _, tt := range h.tables {
		tt.sock.Close()
	}
	h.must(h.AddDrops, all[10])
	count("after a failure", 11)
	for _, tt := range h.tables {
		tt.sock.Close()
	}
	h.must(h.RemoveDrops, all[10])
	count("after another", 10)
	h.must(h.RemoveDrops, all[:10]...)
	if got := h.ruleset(); got != "" || len(h.tables) > 0 {
		t.Errorf("left behind: %s", got)
	}
}

// An interface that is not there keeps its own address from being dropped, and none
// else.
func TestInterfaceThatIsNotThere(t *testing.T) {
	h := newHost(t)
	f := byDefault
	f.ByIndex = true
	errs := h.do(h.AddDrops, drop(f, "fe80::1", "eth9"), drop(f, "2001:db8::1", ""))
	if errs == nil || errs[0] == nil || !strings.Contains(errs[0].Error(), "eth9") || errs[1] != nil {
		t.Errorf("got %v", errs)
	}
	h.must(h.RemoveDrops, drop(f, "fe80::1", "eth9"), drop(f, "2001:db8::1", ""))
}

// What the kernel may answer says what to do.
func TestRefusals(t *testing.T) {
	for errno, want := range map[unix.Errno]string{
		unix.EOPNOTSUPP: "not dropped: this kernel has no nftables, or none of Linux 5.12 or newer: load its modules (modprobe nf_tables), or write accept",
		unix.EPERM:      "not dropped: the process may not add the nftables table ip keepalived: it needs CAP_NET_ADMIN",
		unix.ENOMEM:     "not dropped: add the nftables table ip keepalived",
	} {
		t.Run(fmt.Sprint(errno), func(t *testing.T) {
			c := Open()
			c.options = []nftables.ConnOption{nftables.WithTestDial(func(req []netlink.Message) ([]netlink.Message, error) {
				return nltest.Error(int(errno), req)
			})}
			var got error
			c.AddDrops(context.Background(), []vrrp.Drop{drop(byDefault, "192.0.2.1", "")}, func(_ int, _ bool, err error) { got = err })
			if !errors.Is(got, errno) || !strings.Contains(got.Error(), want) {
				t.Errorf("got %v", got)
			}
		})
	}
}
