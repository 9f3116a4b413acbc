package peers

import (
	"context"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/kactl/kactl/pkg/netio"
	"github.com/kactl/kactl/pkg/vrrp"
	"github.com/kactl/kactl/pkg/watch"
	"github.com/kactl/kactl/test/lab"
	"github.com/kactl/kactl/test/tshark"
)

// watched is the configuration of two of the three nodes; the second has two
// virtual routers more.
const watched = `
global_defs {
   router_id {{.Host}}
}
vrrp_instance VI_1 {
    state BACKUP
    interface eth0
    virtual_router_id 51
    priority {{.Data.Priority}}
    advert_int 1
    authentication {
        auth_type PASS
        auth_pass 1111
    }
    virtual_ipaddress {
        203.0.113.51
    }
}
vrrp_instance VI_2 {
    state BACKUP
    interface eth0
    virtual_router_id 52
    priority {{.Data.Priority}}
    advert_int 0.5
    version 3
    virtual_ipaddress {
        203.0.113.52
        203.0.113.152
        203.0.113.252
    }
}
{{- if .Data.More}}
vrrp_instance VI_3 {
    state MASTER
    interface eth0
    virtual_router_id 53
    priority 100
    advert_int 0.3
    version 3
    virtual_ipaddress {
        fe80::53
        2001:db8::53
    }
}
vrrp_instance VI_4 {
    state MASTER
    interface eth0
    virtual_router_id 54
    priority 100
    advert_int 1
    authentication {
        auth_type AH
        auth_pass 1111
    }
    virtual_ipaddress {
        203.0.113.54
    }
}
{{- end}}
`

// Of three programs on one segment, one of which resigns, a capture shows what
// tshark reads of it.
func TestWatchThreeNodes(t *testing.T) {
	t.Parallel()
	l := lab.New(t)
	net := l.Segment("lan")
	lb1 := l.Host("lb1", net, "198.51.100.1/24")
	lb2 := l.Host("lb2", net, "198.51.100.2/24", "fe80::2/64")
	lb3 := l.Host("lb3", net, "198.51.100.3/24")
	witness := l.Host("witness", net)

	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var c *netio.Capture
	if err := witness.Do(func() (err error) {
		c, err = netio.OpenCapture(ctx, netio.CaptureOptions{})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	path := filepath.Join(t.TempDir(), "three.pcapng")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()

	w, d := netio.NewFileWriter(file, netio.FormatOf(path)), watch.NewDissector()
	// until captures until an advert is as is wanted.
	until := func(what string, wanted func(*watch.Packet) bool) {
		t.Helper()
		var f netio.Frame
		var p watch.Packet
		for {
			if err := c.Next(&f); err != nil {
				t.Fatalf("waiting for %s: %v", what, err)
			}
			if err := w.Write(&f); err != nil {
				t.Fatal(err)
			}
			if d.Dissect(&f, &p); p.Kind == watch.Advert && wanted(&p) {
				return
			}
		}
	}
	type data struct {
		Priority int
		More     bool
	}
	d1 := lb1.Start(lab.Config{Text: watched, Data: data{high, false}})
	until("lb1's adverts", func(p *watch.Packet) bool { return p.Advert.VRID == 51 })
	lb2.Start(lab.Config{Kind: lab.Keepalived, Text: watched, Data: data{low, true}})
	lb3.StartFRR(lab.Router{VRID: 55, Priority: high, Interval: 250 * time.Millisecond, VIP: netip.MustParsePrefix("203.0.113.55/24")})
	for vrid := range uint8(5) {
		until("an advert of each", func(p *watch.Packet) bool { return p.Advert.VRID == 51+vrid })
	}
	d1.Stop()
	until("lb1 resigns", func(p *watch.Packet) bool { return p.Advert.Priority == vrrp.PriorityResign })
	for _, vrid := range []uint8{51, 52} {
		until("lb2 takes over", func(p *watch.Packet) bool { return p.Advert.VRID == vrid && p.Advert.Priority == low })
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}

	seen := map[uint8]int{}
	for i, v := range tshark.Agree(t, path) {
		seen[v.VRID]++
		if !v.Theirs || v.Ours == 0 || v.Fault != vrrp.Accepted {
			t.Errorf("advert %d: %+v", i+1, v)
		}
	}
	if len(seen) != 5 {
		t.Errorf("adverts by VRID: %v", seen)
	}
	t.Logf("adverts by VRID: %v", seen)
	if s, err := c.Stats(); err != nil || s.Dropped > 0 {
		t.Errorf("%+v, %v", s, err)
	}
}
