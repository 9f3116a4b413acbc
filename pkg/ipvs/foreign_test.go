package ipvs

import (
	"bytes"
	"net/netip"
	"strings"
	"testing"
	"unicode"

	"github.com/kactl/kactl/pkg/lvs"
)

// TestForeignNames prints names of the kernel, of packets and of the DNS that
// would be obeyed by a terminal: each stays within its line.
func TestForeignNames(t *testing.T) {
	const evil = "x\n\x1b[2J\x9b\u009b\u202e"
	at := netip.MustParseAddrPort("192.0.2.1:80")
	s := Service{ServiceID: lvs.ServiceID{Protocol: lvs.TCP, Addr: at}, Scheduler: evil, Engine: evil}
	names := Names{Ports: Ports{portKey{lvs.TCP, 80}: evil}, hosts: map[netip.Addr]string{at.Addr(): evil}}
	l := &Listing{Services: []Service{s}}
	c := Connection{Protocol: evil, Client: at, Virtual: at, Address: at, State: evil, Engine: evil, EngineData: evil}
	var out bytes.Buffer
	p := PrintConnections(&out, true, names.Endpoint)
	for _, err := range []error{
		p.Add(c), p.Flush(),
		Printer{}.Print(&out, l), Printer{Name: names.Listed}.Print(&out, l), Save(&out, l),
		PrintDaemons(&out, []Daemon{{Interface: evil}}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if n := strings.Count(out.String(), "\n"); n != 11 {
		t.Errorf("%d lines:\n%s", n, &out)
	}
	for _, r := range out.String() {
		if r != '\n' && (unicode.In(r, unicode.Cc, unicode.Cf) || r == unicode.ReplacementChar) {
			t.Fatalf("%q in %q", r, &out)
		}
	}
}
