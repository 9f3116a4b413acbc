package checkd_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/vishvananda/netlink"

	"github.com/kactl/kactl/pkg/config"
	"github.com/kactl/kactl/pkg/daemon/checkd"
	"github.com/kactl/kactl/pkg/ipvs"
	"github.com/kactl/kactl/pkg/lvs"
	"github.com/kactl/kactl/pkg/probe"

	"github.com/kactl/kactl/test/need"
)

// A director is a namespace with a table of its own.
type director struct {
	t      *testing.T
	ns     need.Namespace
	handle *ipvs.Handle
}

func newDirector(t *testing.T) director {
	d := director{t: t, ns: need.NewNamespace(t)}
	var missing error // told by this goroutine: a skip ends the one it is called in
	d.ns.In(t, func() error {
		lo, err := netlink.LinkByName("lo")
		if err == nil {
			err = netlink.LinkSetUp(lo) // without it no real server is taken
		}
		if err == nil {
			d.handle, missing = ipvs.Open()
		}
		return err
	})
	if missing != nil {
		need.Missing(t, "%v", missing)
	}
	t.Cleanup(func() { d.handle.Close() })
	return d
}

// compare returns what kactl ipvs --diff says of settings.
func (d director) compare(s lvs.Settings) string {
	d.t.Helper()
	table, err := d.handle.Table(d.t.Context())
	if err != nil {
		d.t.Fatal(err)
	}
	c := lvs.Compare(s, table)
	if len(c.Uncompared) > 0 {
		d.t.Errorf("not compared: %v", c.Uncompared)
	}
	var b strings.Builder
	if err := c.WriteText(&b, nil); err != nil {
		d.t.Fatal(err)
	}
	return b.String()
}

// ipvsadm changes the table as another program does.
func (d director) ipvsadm(args string) {
	d.t.Helper()
	d.ns.In(d.t, func() error {
		if out, err := exec.Command("ipvsadm", strings.Fields(args)...).CombinedOutput(); err != nil {
			return fmt.Errorf("ipvsadm %s: %w: %s", args, err, out)
		}
		return nil
	})
}

func needProgram(t *testing.T, name string) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		need.Missing(t, "%v: apt-get install %s", err, name)
	}
}

// configured writes text to a file, reads that as the daemon does and demands
// that it has no mistake.
func configured(t *testing.T, text string) (file string, s lvs.Settings) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "keepalived.conf")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	res, err := config.Load(file, config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if res.Status == config.MissingValue || res.Fatal {
		t.Fatalf("the configuration is broken: %v", res.Diagnostics)
	}
	return file, res.Config.LVS
}

// allUp is a state in which nothing is down.
type allUp struct{}

func (allUp) Real(_ lvs.RealKey, r *lvs.RealServer) (int, bool) { return r.Weight, true }
func (allUp) Quorum(lvs.VirtualKey) bool                        { return true }

// TestKernelDrift changes what the daemon wrote in every way, by ipvsadm.
func TestKernelDrift(t *testing.T) {
	needProgram(t, "ipvsadm")
	d := newDirector(t)
	_, settings := configured(t, `
virtual_server 198.51.100.1 80 {
  protocol TCP
  lvs_sched wlc
  lvs_method DR
  persistence_timeout 50
  persistence_granularity 255.255.255.0
  real_server 10.0.0.1 80 {
    weight 1
  }
  real_server 10.0.0.2 80 {
    weight 70000
    lvs_method TUN
  }
}
virtual_server 198.51.100.1 53 {
  protocol UDP
  lvs_sched sh
  lvs_method NAT
  real_server 10.0.0.3 5353 {
    weight 0
  }
}
virtual_server 2001:db8::1 443 {
  protocol TCP
  lvs_sched rr
  lvs_method DR
  persistence_timeout 10
  persistence_granularity 64
  real_server fd00::1 443 {
    weight 3
  }
}
`)
	ops := lvs.Diff(nil, settings.Desired(allUp{}), func(lvs.ServiceID) bool { return true })
	const web, dns, six = "TCP 198.51.100.1:80", "UDP 198.51.100.1:53", "TCP [2001:db8::1]:443"
	tests := []struct {
		change string // of ipvsadm, several by ;
		want   []string
	}{
		{"-L", nil},
		{"-E -t 198.51.100.1:80 -s rr -p 50 -M 255.255.255.0", []string{"different  " + web + "  scheduler is rr, not wlc"}},
		{"-E -t 198.51.100.1:80 -s wlc -p 60 -M 255.255.255.0", []string{"different  " + web + "  persistence is 60 s, not 50 s"}},
		{"-E -t 198.51.100.1:80 -s wlc", []string{"different  " + web + "  persistence is off, not 50 s"}},
		{"-E -t 198.51.100.1:80 -s wlc -p 50", []string{"different  " + web + "  netmask is one by one, not 255.255.255.0"}},
		{"-E -t [2001:db8::1]:443 -s rr -p 10 -M 48", []string{"different  " + six + "  netmask is ffff:ffff:ffff::, not ffff:ffff:ffff:ffff::"}},
		{"-E -u 198.51.100.1:53 -s sh -o -b sh-port", []string{"different  " + dns + "  flags is ops,sh-port, not none"}},
		{"-D -u 198.51.100.1:53", []string{"missing    " + dns + "  sh, 1 real server"}},
		{"-C", []string{
			"missing    " + dns + "  sh, 1 real server",
			"missing    " + web + "  wlc, persistence 50 s, 2 real servers",
			"missing    " + six + "  rr, persistence 10 s, 1 real server",
		}},
		{"-A -t 198.51.100.1:8080 -s rr", []string{"foreign    TCP 198.51.100.1:8080  rr, 0 real servers"}},
		{"-A -u 198.51.100.1:80 -s rr", []string{"foreign    UDP 198.51.100.1:80  rr, 0 real servers"}},
		{"-A -f 5 -s rr; -a -f 5 -r 10.0.0.1 -g", []string{"foreign    FWM 5  rr, 1 real server"}},
		{"-A -f 5 -6 -s rr", []string{"foreign    FWM 5 IPv6  rr, 0 real servers"}},
		{"-d -t 198.51.100.1:80 -r 10.0.0.1", []string{"missing    " + web + " -> 10.0.0.1:80  DR weight 1"}},
		{"-a -t 198.51.100.1:80 -r 10.0.0.9 -g", []string{"foreign    " + web + " -> 10.0.0.9:80  DR weight 1"}},
		{"-a -u 198.51.100.1:53 -r 10.0.0.3:53 -m", []string{"foreign    " + dns + " -> 10.0.0.3:53  NAT weight 1"}},
		{"-e -t 198.51.100.1:80 -r 10.0.0.1 -g -w 9", []string{"different  " + web + " -> 10.0.0.1:80  weight is 9, not 1"}},
		{"-e -t 198.51.100.1:80 -r 10.0.0.1 -m -w 1", []string{"different  " + web + " -> 10.0.0.1:80  forwarding is NAT, not DR"}},
		{"-e -t 198.51.100.1:80 -r 10.0.0.1 -g -w 1 -x 10 -y 5", []string{
			"different  " + web + " -> 10.0.0.1:80  upper-threshold is 10, not 0",
			"different  " + web + " -> 10.0.0.1:80  lower-threshold is 5, not 0",
		}},
		{"-e -t 198.51.100.1:80 -r 10.0.0.2 -i -w 70000 --tun-type gue --tun-port 6080 --tun-nocsum", []string{
			"different  " + web + " -> 10.0.0.2:80  tunnel is gue port 6080 nocsum, not ipip",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.change, func(t *testing.T) {
			d := d
			d.t = t
			d.ipvsadm("-C")
			if refused, err := d.handle.Apply(t.Context(), ops); err != nil || len(refused) > 0 {
				t.Fatal(err, refused)
			}
			for change := range strings.SplitSeq(tt.change, ";") {
				d.ipvsadm(change)
			}
			lines := strings.Split(strings.TrimSuffix(d.compare(settings), "\n"), "\n")
			got := lines[:len(lines)-1] // without the sum
			if diff := cmp.Diff(tt.want, got); diff != "" && len(tt.want)+len(got) > 0 {
				t.Error(diff)
			}
		})
	}
}

// TestKernelDriftOfDaemon runs the daemon, whose checks find servers down.
func TestKernelDriftOfDaemon(t *testing.T) {
	d := newDirector(t)
	up, _ := webServer(t, "127.0.0.1:0")
	var closed []string
	for range 2 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		l.Close()
		closed = append(closed, strings.ReplaceAll(l.Addr().String(), ":", " "))
	}
	const check = "delay_loop 1 \n retry 0 \n TCP_CHECK {\n connect_timeout 1 \n}\n"
	_, settings := configured(t, fmt.Sprintf(`
virtual_server 198.51.100.1 80 {
  protocol TCP
  lvs_sched rr
  lvs_method NAT
  real_server %[1]s {
    %[4]s
  }
  real_server %[2]s {
    %[4]s
  }
  real_server %[3]s {
    inhibit_on_failure
    %[4]s
  }
}
virtual_server 198.51.100.2 80 {
  protocol TCP
  lvs_sched rr
  lvs_method NAT
  sorry_server 10.0.0.9 80
  real_server %[2]s {
    %[4]s
  }
}
`, strings.ReplaceAll(up.String(), ":", " "), closed[0], closed[1], check))
	wrote := make(chan struct{}, 1)
	d.handle.OnWrite = func(lvs.Op) {
		select {
		case wrote <- struct{}{}:
		default:
		}
	}
	daemon := checkd.New(checkd.Config{
		Settings: settings,
		Open:     func() (checkd.IPVS, error) { return kept{d.handle}, nil },
		Prober:   new(probe.Prober),
		Log:      slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- daemon.Run(ctx) }()
	defer func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}()

	dead := func(i int) string { return strings.ReplaceAll(closed[i], " ", ":") }
	downs := []string{
		"down       TCP 198.51.100.1:80 -> " + dead(0) + "  NAT weight 1",
		"down       TCP 198.51.100.1:80 -> " + dead(1) + "  NAT weight 0",
		"down       TCP 198.51.100.2:80 -> " + dead(0) + "  NAT weight 1",
		"sorry      TCP 198.51.100.2:80 -> 10.0.0.9:80  NAT weight 1",
		"2 services compared: no drift, 3 down, 1 sorry",
	}
	slices.Sort(downs)
	var got []string
	for limit := time.After(60 * time.Second); !slices.Equal(got, downs); {
		select {
		case <-wrote:
			got = strings.Split(strings.TrimSuffix(d.compare(settings), "\n"), "\n")
			slices.Sort(got)
		case <-limit:
			t.Fatalf("the daemon's table is not what is wanted: %s", cmp.Diff(downs, got))
		}
	}
}

// TestKernelDriftOfKeepalived compares what keepalived makes of a file,
// services by mark and groups included.
func TestKernelDriftOfKeepalived(t *testing.T) {
	needProgram(t, "keepalived")
	d := newDirector(t)
	file, settings := configured(t, `
virtual_server_group web {
  198.51.100.1 80
  198.51.100.10-12 81
  fwmark 7
}
virtual_server group web {
  lvs_sched rr
  lvs_method DR
  protocol TCP
  persistence_timeout 30
  real_server 10.0.0.1 80 {
    weight 2
  }
  real_server 10.0.0.2 8080 {
    lvs_method NAT
  }
}
virtual_server_group dns {
  198.51.100.2 53
  2001:db8::1 53
  fwmark 8 inet6
  fwmark 9 inet
}
virtual_server group dns {
  lvs_sched wlc
  lvs_method TUN
  protocol UDP
  ops
  real_server 10.0.0.1 53 {
    uthreshold 10
    lthreshold 5
  }
}
virtual_server_group six {
  fwmark 6
  2001:db8::6 80
}
virtual_server group six {
  lvs_sched rr
  lvs_method TUN
  protocol TCP
  real_server 10.0.0.1 80 {
  }
  real_server fd00::1 80 {
  }
}
virtual_server fwmark 20 {
  lvs_sched mh
  mh-port
  lvs_method TUN
  real_server fd00::1 {
    weight 2
  }
  real_server 10.0.0.2 {
  }
}
virtual_server fwmark 21 {
  lvs_sched sh
  sh-port
  sh-fallback
  ip_family inet6
  lvs_method DR
  persistence_timeout 10
  persistence_granularity 64
  real_server fd00::1 {
  }
}
virtual_server fwmark 22 {
  lvs_sched rr
  lvs_method NAT
  sorry_server 10.0.0.9 99
  sorry_server_inhibit
  real_server 10.0.0.1 80 {
  }
  real_server 10.0.0.2 80 {
    lvs_method DR
  }
}
virtual_server 198.51.100.30 132 {
  lvs_sched rr
  lvs_method NAT
  protocol SCTP
  sorry_server 10.0.0.9 80
  sorry_server_inhibit
  real_server 10.0.0.1 80 {
  }
}
virtual_server 2001:db8::30 80 {
  lvs_sched rr
  lvs_method TUN
  protocol TCP
  real_server 10.0.0.1 80 {
    lvs_method TUN type gue port 6080 nocsum
    inhibit_on_failure
    alpha
    TCP_CHECK {
      connect_timeout 5
    }
  }
  real_server fd00::1 80 {
    lvs_method TUN type gre csum
    weight 70000
  }
}
virtual_server 198.51.100.8 443 {
  lvs_sched rr
  lvs_method NAT
  protocol TCP
  quorum 4
  sorry_server 10.0.0.9 80
  real_server 10.0.0.1 80 {
    weight 2
  }
  real_server 10.0.0.2 80 {
    weight 3
    alpha
    TCP_CHECK {
      connect_timeout 5
    }
  }
}
`)
	defer d.keepalived(file)()
	want := `down       TCP 198.51.100.8:443 -> 10.0.0.1:80  NAT weight 2
down       TCP 198.51.100.8:443 -> 10.0.0.2:80  NAT weight 3
sorry      TCP 198.51.100.8:443 -> 10.0.0.9:80  NAT weight 1
down       TCP [2001:db8::30]:80 -> 10.0.0.1:80  TUN weight 0
17 services compared: no drift, 3 down, 1 sorry
`
	if diff := cmp.Diff(want, d.compare(settings)); diff != "" {
		t.Error(diff)
	}
}
