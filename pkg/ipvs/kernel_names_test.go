package ipvs_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/ipvs"

	"github.com/kactl/kactl/test/need"
)

// hosts is both what ipvsadm finds in /etc/hosts and what we find in a map.
type hosts map[string]string

func (h hosts) LookupAddr(_ context.Context, addr string) ([]string, error) {
	if name := h[addr]; name != "" {
		return []string{name}, nil
	}
	return nil, errors.New("no such host")
}

// shadow puts h in the place of /etc/hosts, for this thread and what it runs.
func (h hosts) shadow(t *testing.T) error {
	var b strings.Builder
	for addr, name := range h {
		b.WriteString(addr + " " + name + "\n")
	}
	file := filepath.Join(t.TempDir(), "hosts")
	return errors.Join(
		os.WriteFile(file, []byte(b.String()), 0o644),
		unix.Unshare(unix.CLONE_NEWNS),
		unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""),
		unix.Mount(file, "/etc/hosts", "", unix.MS_BIND, ""),
	)
}

// TestKernelNames compares what we print by name with ipvsadm -L.
func TestKernelNames(t *testing.T) {
	if _, err := exec.LookPath("ipvsadm"); err != nil {
		need.Missing(t, "no ipvsadm to compare with")
	}
	h := hosts{
		"198.51.100.1": "www.example.com",
		"198.51.100.2": "a-very-long-host-name-for-a-virtual-server.example.com",
		"10.0.0.1":     "rs1",
		"10.0.0.2":     "another-long-real-server-name.example.com",
		"10.0.0.3":     "of-24-characters.example",
		"2001:db8::1":  "six-with-a-rather-long-name.example.com",
		"127.0.0.1":    "localhost",
	}
	inNamespace(t, func(handle *ipvs.Handle) {
		if err := h.shadow(t); err != nil {
			t.Error(err)
			return
		}
		run := func(args string) []byte {
			out, err := exec.Command("ipvsadm", strings.Fields(args)...).CombinedOutput()
			if err != nil {
				t.Errorf("ipvsadm %s: %v: %s", args, err, out)
			}
			return out
		}
		for _, args := range []string{
			"-A -t 198.51.100.1:80 -s wlc -p 50 -M 255.255.255.0",
			"-a -t 198.51.100.1:80 -r 10.0.0.1 -g -w 1",
			"-a -t 198.51.100.1:80 -r 10.0.0.2 -g -w 1",
			"-a -t 198.51.100.1:80 -r 10.0.0.3 -g -w 1",
			"-A -t 198.51.100.2:443 -s rr",
			"-a -t 198.51.100.2:443 -r 10.0.0.2:8443 -m -x 10 -y 5",
			"-A -u 198.51.100.1:53 -s rr -o",
			"-a -u 198.51.100.1:53 -r 10.0.0.3:5353 -m",
			"-A -t 198.51.100.9:64999 -s rr",
			"-a -t 198.51.100.9:64999 -r 10.0.0.9 -i",
			"-A --sctp-service 198.51.100.1:80 -s rr",
			"-A -t 198.51.100.1:0 -s rr -p",
			"-A -f 5 -s rr",
			"-a -f 5 -r 127.0.0.1:80 -m",
			"-A -f 6 -6 -s rr",
			"-A -t [2001:db8::1]:443 -s rr -p 10",
			"-A -t [2001:db8:1111:2222:3333:4444:5555:6666]:8080 -s rr",
			"-A -t [::10.0.0.1]:80 -s rr",
		} {
			run(args)
		}
		l, err := handle.List(t.Context(), ipvs.Query{Full: true})
		if err != nil {
			t.Error(err)
			return
		}
		l.Sort()
		services, err := os.ReadFile("/etc/services")
		if err != nil {
			t.Error(err)
			return
		}
		var names ipvs.Names
		if names.Ports, err = ipvs.ReadPorts(bytes.NewReader(services)); err != nil {
			t.Error(err)
		}
		names.Resolve(t.Context(), h, l.Addresses())
		for _, tt := range []struct {
			args string
			view ipvs.View
		}{
			{"-L", ipvs.Plain},
			{"-L --stats", ipvs.ViewStats},
			{"-L --rate", ipvs.ViewRate},
			{"-L --thresholds", ipvs.ViewThresholds},
			{"-L --persistent-conn", ipvs.ViewPersistent},
		} {
			var out bytes.Buffer
			p := ipvs.Printer{View: tt.view, Title: true, Name: names.Listed}
			if err := p.Print(&out, l); err != nil {
				t.Error(err)
			}
			if d := cmp.Diff(string(run(tt.args)), out.String()); d != "" {
				t.Errorf("ipvsadm %s: %s", tt.args, d)
			}
		}
	})
}
