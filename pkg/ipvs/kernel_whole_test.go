package ipvs_test

import (
	"net/netip"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kactl/kactl/pkg/ipvs"
	"github.com/kactl/kactl/pkg/lvs"

	"github.com/kactl/kactl/test/need"
)

// wholeTable has all that can be configured.
func wholeTable() lvs.Table {
	return lvs.Table{
		{Protocol: lvs.TCP, Addr: ap("198.51.100.1:80")}: {
			Scheduler: "sh", Flags: 0b011,
			Destinations: map[netip.AddrPort]lvs.Destination{
				ap("10.0.0.1:80"): {Forward: lvs.DR, Weight: 1, UpperThreshold: 100, LowerThreshold: 7},
				ap("10.0.0.2:80"): {Forward: lvs.TUN, Weight: 2, Tunnel: lvs.Tunnel{Type: lvs.GUE, Port: 6080, Checksum: lvs.RemoteChecksum}},
				ap("10.0.0.3:80"): {Forward: lvs.TUN, Weight: 3, Tunnel: lvs.Tunnel{Type: lvs.GRE, Checksum: lvs.WithChecksum}},
			},
		},
		{Protocol: lvs.UDP, Addr: ap("198.51.100.1:5060")}: {
			Scheduler: "rr", OnePacket: true, Persistence: time.Minute, Engine: "sip",
			Destinations: map[netip.AddrPort]lvs.Destination{ap("10.0.0.1:5060"): {Forward: lvs.NAT, Weight: 1}},
		},
		{Protocol: lvs.SCTP, Addr: ap("[2001:db8::1]:80")}: {
			Scheduler: "mh", Flags: 0b010,
			Destinations: map[netip.AddrPort]lvs.Destination{ap("[fd00::1]:80"): {Forward: lvs.NAT, Weight: 1, UpperThreshold: 9}},
		},
		{Mark: 7, Family: 4}: {
			Scheduler: "wlc", Flags: 0b100, Persistence: 50 * time.Second, Netmask: netip.MustParseAddr("255.255.255.0"),
			Destinations: map[netip.AddrPort]lvs.Destination{ap("10.0.0.1:0"): {Forward: lvs.DR, Weight: 1}},
		},
		{Mark: 7, Family: 6}: {
			Scheduler: "rr", Persistence: time.Minute, Netmask: netip.MustParseAddr("ffff:ffff::"),
			Destinations: map[netip.AddrPort]lvs.Destination{ap("[fd00::1]:0"): {Forward: lvs.DR, Weight: 1}},
		},
	}
}

// TestKernelWholeTable writes, reads, edits and removes services of every kind
// with all that can be configured of them.
func TestKernelWholeTable(t *testing.T) {
	inNamespace(t, func(h *ipvs.Handle) {
		have := lvs.Table{}
		become := func(what string, want lvs.Table) {
			t.Helper()
			if refused, err := h.Apply(t.Context(), lvs.Diff(have, want, all)); err != nil || len(refused) > 0 {
				t.Errorf("%s: %v %v", what, err, refused)
			}
			var err error
			if have, err = h.Table(t.Context()); err != nil {
				t.Errorf("%s: %v", what, err)
			}
			if d := cmp.Diff(want, have, equal); d != "" {
				t.Errorf("%s:\n%s", what, d)
			}
		}
		become("written", wholeTable())
		saved(t,
			"-A -t 198.51.100.1:80 -s sh -b sh-fallback,sh-port",
			"-a -t 198.51.100.1:80 -r 10.0.0.2:80 -i -w 2 --tun-type gue --tun-port 6080 --tun-remcsum",
			"-A -u 198.51.100.1:5060 -s rr -p 60 --pe sip -o",
			"-A --sctp-service [2001:db8::1]:80 -s mh -b mh-port",
			"-A -f 7 -s wlc -p 50 -M 255.255.255.0 -b flag-3",
			"-A -f 7 -6 -s rr -p 60 -M 32",
		)

		plain := wholeTable()
		for id, s := range plain {
			s.Flags, s.OnePacket, s.Engine, s.Persistence, s.Netmask = 0, false, "", 0, netip.Addr{}
			for addr, d := range s.Destinations {
				s.Destinations[addr] = lvs.Destination{Forward: d.Forward, Weight: 5}
			}
			plain[id] = s
		}
		become("everything off", plain)
		become("everything on again", wholeTable())
		become("removed", lvs.Table{})
	})
}

// saved holds that ipvsadm saves lines, among others.
func saved(t *testing.T, lines ...string) {
	t.Helper()
	if _, err := exec.LookPath("ipvsadm"); err != nil {
		if need.Everything() {
			t.Error("no ipvsadm to compare with")
		}
		return
	}
	out, err := exec.Command("ipvsadm", "-Sn").CombinedOutput() // from this thread, and so in its namespace
	if err != nil {
		t.Errorf("ipvsadm: %v: %s", err, out)
	}
	for _, l := range lines {
		if !strings.Contains(string(out), l+"\n") && !strings.Contains(string(out), l+" ") {
			t.Errorf("ipvsadm does not print %q in\n%s", l, out)
		}
	}
}
