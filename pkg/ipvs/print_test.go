package ipvs

import (
	"errors"
	"io"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kactl/kactl/pkg/lvs"
)

// TestCounters has what ipvsadm writes of large numbers.
func TestCounters(t *testing.T) {
	for _, tt := range []struct {
		n     uint64
		short string
	}{
		{0, "        0"},
		{99_999_999, " 99999999"},
		{100_000_000, "  100000K"},
		{999_999_999, "  999999K"},
		{1_000_000_000, "    1000M"},
		{99_999_999_999, "   99999M"},
		{100_000_000_000, "     100G"},
		{99_999_999_999_999, "   99999G"},
		{100_000_000_000_000, "     100T"},
		{1<<64 - 1, "18446744T"},
	} {
		if got := string(line(nil).short(tt.n)); got != tt.short {
			t.Errorf("%d is %q, want %q", tt.n, got, tt.short)
		}
	}
	got := string(Printer{Exact: true}.counters(nil, Counters{1, 22_222_222, 333_333_333, 1<<64 - 1, 0}))
	if want := "        1 22222222 333333333 18446744073709551615        0"; got != want {
		t.Errorf("exact %q, want %q", got, want)
	}
}

func TestNames(t *testing.T) {
	l := &Listing{Services: []Service{{
		ServiceID: lvs.ServiceID{Protocol: lvs.TCP, Addr: netip.MustParseAddrPort("198.51.100.1:80")}, Scheduler: "rr",
		Destinations: []Destination{{Addr: netip.MustParseAddrPort("10.0.0.1:80"), Method: Routing, Weight: 1}},
	}}}
	p := Printer{Name: func(_ lvs.Protocol, a netip.AddrPort) string { return "host" + a.Addr().String()[:2] + ":http" }}
	got := written(t, func(w io.Writer) error { return p.Print(w, l) })
	want := heads[Plain] +
		"TCP  host19:http rr\n" +
		"  -> host10:http                  Route   1      0          0         \n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestNumericAddr(t *testing.T) {
	for _, addr := range []string{
		"198.51.100.1", "2001:db8::1", "::", "::1", "::ffff", "::0.1.0.2", "::10.0.0.1", "::ffff:10.0.0.1", "::1:0:0:0", "fe80::1:0:0:2",
	} {
		if got := numericAddr(netip.MustParseAddr(addr)); got != addr {
			t.Errorf("%s is written %s", addr, got)
		}
	}
}

func TestMalformedText(t *testing.T) {
	for _, text := range []string{
		"  -> 0A000001:0050 Route 1 0 0\n", // of no service
		"TCP C6336401:0050 rr\n  -> 0A000001:0050 Route 1 0\n",
		"TCP C6336401:0050 rr\n  -> 0A000001:0050 Other 1 0 0\n",
		"TCP C6336401:0050 rr\n  -> 0A0000:0050 Route 1 0 0\n",
		"TCP C6336401:0050 rr\n  -> 0A000001 Route 1 0 0\n",
		"TCP C6336401:10000 rr\n",
		"TCP [fe80::1%eth0]:0050 rr\n",
		"ICMP C6336401:0050 rr\n",
		"FWM 100000000 rr\n",
		"FWM 00000000 rr\n",
	} {
		if got, err := parseTable(strings.NewReader(text), 0); !errors.Is(err, errProc) {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{
		"TCP C6336401 AA10 C6336401 0050 0A000001 0050 ESTABLISHED\n",
		"TCP C6336401 AA10 C6336401 0050 0A000001 0050 ESTABLISHED soon\n",
		"TCP C6336401 AA10 C6336401 0050\n",
		"\n",
	} {
		if err := parseConnections(strings.NewReader(text), func(Connection) error { return nil }); !errors.Is(err, errProc) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestMalformedMessages(t *testing.T) {
	eachMessage(t, func(kind string, msg []byte) {
		if kind != "service" && kind != "destination" {
			return
		}
		for n := range len(msg) {
			_, err1 := parseService(msg[:n:n])
			_, err2 := parseDestination(msg[:n:n], lvs.ServiceID{})
			if err1 == nil || err2 == nil {
				t.Fatalf("the first %d of the %d bytes of a %s are taken", n, len(msg), kind)
			}
		}
		long := append(slices.Clip(msg), 1)
		_, err1 := parseService(long)
		_, err2 := parseDestination(long, lvs.ServiceID{})
		if err1 == nil || err2 == nil {
			t.Fatalf("a %s with a byte behind it is taken", kind)
		}
	})
}

func TestWriteJSON(t *testing.T) {
	s := Snapshot{
		Listing: &Listing{Version: "1.2.1", Size: 4096, Services: []Service{
			{
				ServiceID: lvs.ServiceID{Protocol: lvs.UDP, Addr: netip.MustParseAddrPort("198.51.100.1:53")}, Scheduler: "sh",
				Flags: FlagPersistent | FlagOnePacket | FlagSched2, Persistence: time.Minute,
				Netmask: netip.MustParseAddr("255.255.255.0"), Engine: "sip", Stats: Stats{Total: Counters{InBytes: 1<<64 - 1}},
				Destinations: []Destination{{
					Addr: netip.MustParseAddrPort("[2001:db8::1]:53"), Method: Tunneling, Weight: 7, UpperThreshold: 8,
					Tunnel: lvs.Tunnel{Type: lvs.GUE, Port: 6080, Checksum: lvs.WithChecksum}, Stats: Stats{Rate: Counters{Connections: 3}},
				}},
			},
			{ServiceID: lvs.ServiceID{Mark: 1 << 31, Family: 6}, Scheduler: "rr"},
		}},
		Timeouts: Timeouts{TCP: 900 * time.Second, TCPFin: 120 * time.Second, UDP: 300 * time.Second},
		Daemons:  []Daemon{{Backup: true, Interface: "eth0", SyncID: 7}},
		Connections: []Connection{{
			Protocol: "TCP", Client: netip.MustParseAddrPort("192.0.2.1:50000"), Virtual: netip.MustParseAddrPort("198.51.100.1:80"),
			Address: netip.MustParseAddrPort("10.0.0.1:80"), State: "ESTABLISHED", Expires: 897 * time.Second,
		}},
	}
	got := written(t, func(w io.Writer) error { return WriteJSON(w, s) })
	if diff := cmp.Diff(testdata(t, "table.json"), got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
