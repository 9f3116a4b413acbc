package rssetup

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kactl/kactl/test/need"
)

// Runs add up: the files have what all of them set up.
func TestPersist(t *testing.T) {
	f := newFake(sysctl("all", "rp_filter", "1"))
	s := f.setup(t)
	labelled := dr("203.0.113.17/32")
	labelled[0].Label = "lo:2"
	forced := dr("203.0.113.18/24")
	forced[0].Force = true
	apply(t, s, Options{Targets: dr("203.0.113.16/32")})
	for _, file := range files {
		if _, ok := f.st.Values[file]; ok {
			t.Errorf("%s was written without being asked for", file.Name)
		}
	}
	apply(t, s, Options{Targets: tun("203.0.113.19/32"), Persist: true})
	apply(t, s, Options{Targets: labelled})
	labelled[0].Label = "lo:1" // of the same address another one
	apply(t, s, Options{Targets: labelled})
	apply(t, s, Options{Targets: forced})
	apply(t, s, Options{Targets: dr("2001:db8::16/128")})
	want := map[string]string{
		sysctlFile: `# Written by kactl rs-setup --persist; kactl rs-setup --undo removes it.
net.ipv4.conf.all.arp_announce = 2
net.ipv4.conf.all.arp_ignore = 1
net.ipv4.conf.all.rp_filter = 0
net.ipv4.conf.eth0.rp_filter = 1
net.ipv4.conf.ip6tnl0.rp_filter = 1
net.ipv4.conf.lo.arp_announce = 2
net.ipv4.conf.lo.arp_ignore = 1
net.ipv4.conf.lo.rp_filter = 1
net.ipv4.conf.tunl0.arp_announce = 2
net.ipv4.conf.tunl0.arp_ignore = 1
net.ipv4.conf.tunl0.rp_filter = 0
`,
		modulesFile: `# Written by kactl rs-setup --persist; kactl rs-setup --undo removes it.
ipip
`,
		unitFile: `# Written by kactl rs-setup --persist; kactl rs-setup --undo removes it.
[Unit]
Description=Virtual addresses of an LVS real server
DefaultDependencies=no
RequiresMountsFor=/var/lib/kactl
After=local-fs.target systemd-modules-load.service systemd-sysctl.service
Wants=network-pre.target
Before=network-pre.target shutdown.target
Conflicts=shutdown.target

[Service]
Type=oneshot
RemainAfterExit=yes
Environment=KACTL_SETTINGS=/dev/null
ExecStart=/usr/bin/kactl rs-setup --mode dr --dev lo --vip 203.0.113.16/32 --vip 2001:db8::16/128
ExecStart=/usr/bin/kactl rs-setup --mode tun --dev tunl0 --vip 203.0.113.19/32
ExecStart=/usr/bin/kactl rs-setup --mode dr --dev lo --label lo:1 --vip 203.0.113.17/32
ExecStart=/usr/bin/kactl rs-setup --mode dr --dev lo --force --vip 203.0.113.18/24

[Install]
WantedBy=multi-user.target
`,
		wantsLink: unitFile,
	}
	got := map[string]string{}
	for _, file := range files {
		got[file.Name] = f.st.Values[file]
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// A unit for an interface that somebody has to make waits for that.
func TestUnitForDummy(t *testing.T) {
	list := dr("203.0.113.16/32")
	list[0].Device = "dummy-0"
	text := unitText(list, `/opt/load balancer/100%/kactl`)
	for _, want := range []string{
		"\nAfter=local-fs.target systemd-modules-load.service systemd-sysctl.service sys-subsystem-net-devices-dummy\\x2d0.device\n",
		"\nWants=sys-subsystem-net-devices-dummy\\x2d0.device\n",
		"\nBefore=network.target shutdown.target\n",
		"\nExecStart=\"/opt/load balancer/100%%/kactl\" rs-setup ",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

func TestUnitVerifies(t *testing.T) {
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		need.Missing(t, "needs systemd-analyze: apt-get install systemd")
	}
	dummy := dr("203.0.113.17/32")
	dummy[0].Device = "dummy0"
	for _, list := range [][]Target{dr("203.0.113.16/32"), append(tun("203.0.113.16/32", "2001:db8::16/128"), dummy...)} {
		unit := filepath.Join(t.TempDir(), unitName)
		if err := os.WriteFile(unit, []byte(unitText(list, "/bin/true")), 0o644); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command("systemd-analyze", "verify", "--man=no", unit).CombinedOutput()
		if err != nil || strings.Contains(string(out), unitName) {
			t.Errorf("%v\n%s", err, out)
		}
	}
}
