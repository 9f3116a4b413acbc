package packages

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kactl/kactl/test/lab"
)

const configuration = `vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    priority 100
    virtual_ipaddress {
        192.0.2.100/24
    }
    notify /etc/keepalived/notify.sh
}
`

// service does on a booted machine what tutorials say that one does with
// keepalived.
func service(t *testing.T, r *root, first, second packages) {
	m := boot(t, r)
	m.run("dpkg", "--install", r.bring(first.deb("kactl")), r.bring(first.deb("kactl-keepalived")))
	if got := m.try("systemctl", "is-active", "keepalived"); got != "inactive" {
		t.Errorf("without a configuration it is %s", got)
	}

	r.write("/etc/keepalived/keepalived.conf", configuration)
	r.write("/etc/keepalived/notify.sh", "#!/bin/sh\necho $3 $(ulimit -n) >>/run/states\nmount -t tmpfs none /mnt\n")
	if err := os.Chmod(r.path("/etc/keepalived/notify.sh"), 0o755); err != nil {
		t.Fatal(err)
	}
	r.write("/etc/default/keepalived", "DAEMON_ARGS=-D\nKEEPALIVED_OPTIONS=--pid=/run/other.pid\n")
	m.run("systemctl", "restart", "keepalived.service")
	for _, unit := range []string{"keepalived", "kactl"} {
		if got := m.try("systemctl", "is-active", unit); got != "active" {
			t.Errorf("%s is %s", unit, got)
		}
	}
	main := m.run("systemctl", "show", "--value", "--property=MainPID", "keepalived")
	if got := m.run("pidof", "keepalived"); !slices.Contains(strings.Fields(got), main) {
		t.Errorf("pidof keepalived finds %q, without %s", got, main)
	}
	m.run("killall", "-0", "keepalived")
	if got := m.run("cat", "/run/other.pid"); got != main {
		t.Errorf("the pid file says %q", got)
	}
	lab.Eventually(t, time.Minute, "it is master", func() bool { return strings.Contains(m.try("cat", "/run/states"), "MASTER 1024") })
	lab.Eventually(t, time.Minute, "a script's mount is seen outside", func() bool { return strings.Contains(m.try("cat", "/proc/mounts"), " /mnt ") })

	m.run("systemctl", "reload", "keepalived")
	if got := m.run("systemctl", "show", "--value", "--property=MainPID", "keepalived"); got != main {
		t.Errorf("a reload made process %s of %s", got, main)
	}
	m.run("dpkg", "--install", r.bring(second.deb("kactl")), r.bring(second.deb("kactl-keepalived")))
	if got := m.run("systemctl", "show", "--value", "--property=MainPID", "keepalived"); got == main || got == "0" {
		t.Errorf("an upgrade made process %s of %s", got, main)
	}
	lab.Eventually(t, time.Minute, "it is master again", func() bool { return strings.Contains(m.run("ip", "addr"), "192.0.2.100") })
	m.run("rm", "/run/states")
	m.run("systemctl", "stop", "keepalived")
	if got := m.try("cat", "/run/states"); !strings.Contains(got, "STOP") {
		t.Errorf("at the stop its script wrote %q", got)
	}

	m.run("systemctl", "start", "keepalived")
	m.run("kactl", "rs-setup", "--vip", "203.0.113.100", "--persist")
	m.run("dpkg", "--purge", "kactl-keepalived")
	m.run("kactl", "rs-setup", "--status")
	m.run("dpkg", "--purge", "kactl")
	if got := m.try("pidof", "keepalived", "kactl"); got != "" {
		t.Errorf("processes %s go on without the packages", got)
	}
	for _, vip := range []string{"192.0.2.100", "203.0.113.100"} {
		if strings.Contains(m.run("ip", "addr"), vip) {
			t.Errorf("%s is there without the packages", vip)
		}
	}
	// What is left is the administrator's.
	left := strings.Fields(m.run("find", "/etc", "/usr", "/run", "/var/lib", "-name", "*kactl*", "-o", "-name", "*keepalived*"))
	slices.Sort(left)
	if want := []string{"/etc/default/keepalived", "/etc/keepalived", "/etc/keepalived/keepalived.conf"}; !slices.Equal(left, want) {
		t.Errorf("left behind: %q, want %q", left, want)
	}
}
