package ipvs

import (
	"io"
	"net/netip"
	"strings"
	"testing"

	"github.com/kactl/kactl/pkg/lvs"
)

// FuzzMessages reads what a broken kernel might say: whatever it is, it is read
// or refused, and what is read can be written.
func FuzzMessages(f *testing.F) {
	eachMessage(f, func(_ string, msg []byte) { f.Add(msg) })
	f.Fuzz(func(t *testing.T, msg []byte) {
		_, _, _ = parseInfo(msg)
		var l Listing
		if s, err := parseService(msg); err == nil {
			l.Services = append(l.Services, s)
		}
		if d, err := parseDestination(msg, lvs.ServiceID{}); err == nil {
			l.Services = append(l.Services, Service{Destinations: []Destination{d, d}})
		}
		snapshot := Snapshot{Listing: &l}
		if d, err := parseDaemon(msg); err == nil {
			snapshot.Daemons = []Daemon{d}
		}
		l.Sort()
		for view := Plain; view <= ViewTunnel; view++ {
			if err := (Printer{View: view}).Print(io.Discard, &l); err != nil {
				t.Error(err)
			}
		}
		if err := Save(io.Discard, &l); err != nil {
			t.Error(err)
		}
		if err := PrintDaemons(io.Discard, snapshot.Daemons); err != nil {
			t.Error(err)
		}
		if err := WriteJSON(io.Discard, snapshot); err != nil {
			t.Error(err)
		}
	})
}

// FuzzTable reads /proc/net/ip_vs: every service is in the table, and every
// address is one that can be.
func FuzzTable(f *testing.F) {
	f.Add(testdata(f, "ip_vs"))
	f.Add("TCP  C6336401:0050 rr\n  -> [fd00::1]:0050  Tunnel 1 2 3\n")
	f.Add("FWM  00000000 rr\n")
	f.Fuzz(func(t *testing.T, text string) {
		table, err := parseTable(strings.NewReader(text), 0)
		if err != nil {
			return
		}
		for id, services := range table {
			if id == (lvs.ServiceID{}) || id.Mark == 0 && !id.Addr.IsValid() {
				t.Errorf("service %+v", id)
			}
			for _, destinations := range services {
				for _, d := range destinations {
					if !d.Addr.IsValid() || d.Addr.Addr().Zone() != "" {
						t.Errorf("destination %+v of %v", d, id)
					}
				}
			}
		}
	})
}

func FuzzConnections(f *testing.F) {
	f.Add(testdata(f, "ip_vs_conn"))
	f.Fuzz(func(t *testing.T, text string) {
		p := PrintConnections(io.Discard, true, nil)
		_ = parseConnections(strings.NewReader(text), func(c Connection) error {
			for _, a := range []netip.AddrPort{c.Client, c.Virtual, c.Address} {
				if !a.IsValid() {
					t.Errorf("connection %+v", c)
				}
			}
			return p.Add(c)
		})
	})
}
