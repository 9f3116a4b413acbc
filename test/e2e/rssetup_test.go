package e2e

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kactl/kactl/test/lab"
)

// A realServer is a host that kactl rs-setup makes a real server.
type realServer struct {
	*lab.Host
	t testing.TB
}

func newRealServer(t testing.TB, h *lab.Host) *realServer {
	t.Helper()
	h.Serve(":80")
	return &realServer{h, t}
}

// state is what the host has of sysctls and addresses.
func (r *realServer) state() map[string]string {
	r.t.Helper()
	state := map[string]string{}
	err := r.Do(func() error {
		out, err := exec.Command("ip", "addr").Output()
		state["ip addr"] = string(out)
		for _, root := range []string{"/proc/sys/net/ipv4", "/proc/sys/net/ipv6"} {
			err = errors.Join(err, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
				if err == nil && !d.IsDir() {
					text, _ := os.ReadFile(path) // some cannot be read, nor changed
					state[path] = string(text)
				}
				return err
			}))
		}
		return err
	})
	if err != nil || len(state) < 200 {
		r.t.Fatalf("%s: %d values, %v", r.Name, len(state), err)
	}
	return state
}

// restored ends the test unless the host is as it was.
func (r *realServer) restored(before map[string]string) {
	r.t.Helper()
	if d := cmp.Diff(before, r.state()); d != "" {
		r.t.Errorf("%s: --undo left something:\n%s", r.Name, d)
	}
}

// TestRSSetup makes real servers with kactl rs-setup, one by the address and one by
// a copy of the director's configuration, and takes that back.
func TestRSSetup(t *testing.T) {
	for _, kind := range []string{"DR", "TUN"} {
		t.Run(kind, lab.Story(func(t testing.TB) {
			l := lab.New(t)
			net := l.Segment("lan")
			sources := lab.Addresses("198.51.100.129", 32)
			vip := addr("203.0.113.16")
			lb := l.Host("lb", net, "198.51.100.37/24")
			client := l.Host("client", net, lab.WithBits(sources, 24)...)
			client.Route("203.0.113.0/24", netip.Addr{}, "eth0")
			reals := []string{"198.51.100.51", "198.51.100.52"}
			d := lb.Start(lab.Config{Text: conf(t, "forward.conf"), Data: forwardData{"eth0", "rr", kind, reals}})

			how := [][]string{{"--vip", vip.String(), "--mode", strings.ToLower(kind)}, {"--config", filepath.Join(d.Dir, "keepalived.conf")}}
			device := map[string]string{"DR": "lo", "TUN": "tunl0"}[kind]
			var servers []*realServer
			var before []map[string]string
			for i, a := range reals {
				rs := newRealServer(t, l.Host(fmt.Sprintf("rs%d", i+1), net, a+"/24"))
				// As many distributions have it; packets out of a tunnel are
				// thrown away by it.
				rs.Sysctl("net/ipv4/conf/all/rp_filter", "1")
				if kind == "TUN" {
					rs.usedTunnel()
				}
				servers, before = append(servers, rs), append(before, rs.state())
				if out := rs.RSSetup(0, how[i]...); !strings.Contains(out, "\nip addr add 203.0.113.16/32 dev "+device+"\n") {
					t.Errorf("%s: no address was added to %s:\n%s", rs.Name, device, out)
				}
				if out := rs.RSSetup(0, how[i]...); out != "# nothing to do\n" {
					t.Errorf("%s: the second time it did something:\n%s", rs.Name, out)
				}
				rs.RSSetup(0, "--status")
			}
			probe := client.ProbeARP(vip, 50*time.Millisecond)
			began := time.Now()
			carries(t, d, client, vip, sources, map[string]string{"DR": "Route", "TUN": "Tunnel"}[kind], reals...)
			if got := probe.Owners(began); !cmp.Equal(got, []string{"lb"}) {
				t.Errorf("the address was answered for by %v, want the director alone", got)
			}
			for i, rs := range servers {
				rs.RSSetup(0, "--undo")
				rs.restored(before[i])
				if out := rs.RSSetup(1, "--status", "--vip", vip.String()); !strings.Contains(out, "wrong  203.0.113.16/32 is not on lo") {
					t.Errorf("%s: --status after --undo:\n%s", rs.Name, out)
				}
			}
		}))
	}
}

// usedTunnel sets tunl0 up and down: the first time leaves traces in the kernel
// that nothing takes away.
func (r *realServer) usedTunnel() {
	r.t.Helper()
	for _, state := range []string{"up", "down"} {
		if err := r.Do(func() error { return exec.Command("ip", "link", "set", "tunl0", state).Run() }); err != nil {
			r.t.Fatalf("%s: set tunl0 %s: %v (modprobe ipip)", r.Name, state, err)
		}
	}
}
