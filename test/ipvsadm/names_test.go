package ipvsadm

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kactl/kactl/test/lab"
)

const hosts = `127.0.0.1 localhost
198.51.100.1 www.example.com www
2001:db8::1 six-with-a-rather-long-name.example.com
10.0.0.1 rs1
10.0.0.2 another-long-real-server-name.example.com
192.0.2.1 client
`

// named is a command that finds names in hosts only.
func named(t *testing.T, command ...string) []string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"hosts": hosts, "nsswitch.conf": "hosts: files\nservices: files\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	const script = `mount --bind "$0/hosts" /etc/hosts && mount --bind "$0/nsswitch.conf" /etc/nsswitch.conf && exec "$@"`
	return append([]string{"unshare", "--mount", "sh", "-c", script, dir}, command...)
}

// TestNames lists by name.
func TestNames(t *testing.T) {
	d := newDirector(t, rules()+"-A -t 198.51.100.1:8081 -s rr\n-a -t 198.51.100.1:8081 -r 10.0.0.1:80 -m -w 1\n",
		"198.51.100.1/32", "10.0.0.1/24", "192.0.2.1/24")
	for _, view := range [][]string{{}, {"--stats"}, {"--rate"}, {"--thresholds"}, {"--persistent-conn"}, {"-t", "198.51.100.1:80"}} {
		want := d.output(named(t, append([]string{"ipvsadm", "-L"}, view...)...)...)
		got := d.output(named(t, kactl(append([]string{"--names"}, view...)...)...)...)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-ipvsadm +kactl):\n%s", view, diff)
		}
		if !strings.Contains(got, "TCP  www.example.com:http ") {
			t.Errorf("%q shows no name:\n%s", view, got)
		}
	}
	d.serve("10.0.0.1:80")
	d.dial("198.51.100.1:8081", 0)
	connections := func(command ...string) string {
		return ticking.ReplaceAllString(d.output(named(t, command...)...), "${1}##:## ")
	}
	got := connections(kactl("-c", "--names")...)
	if diff := cmp.Diff(connections("ipvsadm", "-L", "-c"), got); diff != "" {
		t.Errorf("connections (-ipvsadm +kactl):\n%s", diff)
	}
	if !strings.Contains(got, " rs1:http\n") {
		t.Errorf("the connections have no name:\n%s", got)
	}
}

// TestDiff runs the comparison as a probe of a monitoring does.
func TestDiff(t *testing.T) {
	d := newDirector(t, "-A -t 198.51.100.1:80 -s wlc\n-a -t 198.51.100.1:80 -r 10.0.0.1:80 -g -w 1\n")
	file := filepath.Join(t.TempDir(), "keepalived.conf")
	text := "virtual_server 198.51.100.1 80 {\nprotocol TCP\nlvs_sched wlc\nlvs_method DR\nreal_server 10.0.0.1 80 {\n}\n}\n"
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if got, want := d.output(kactl("--diff", file)...), "1 service compared: no drift\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	d.restore("-A -f 5 -s rr\n")
	out, complaint, status := d.run("", kactl("--diff", file)...)
	if want := "foreign    FWM 5  rr, 0 real servers\n1 service compared: 1 foreign\n"; out != want || complaint != "" || status != 1 {
		t.Errorf("got %q, %q, exit status %d, want %q, 1", out, complaint, status, want)
	}
	if out, complaint, status := d.run("", kactl("--diff", file+".not")...); out != "" || complaint == "" || status != 2 {
		t.Errorf("without a file: %q, %q, exit status %d, want 2", out, complaint, status)
	}
}

// TestWatch reads three tables, and interrupts.
func TestWatch(t *testing.T) {
	d := newDirector(t, rules())
	command := kactl("--watch", "100ms", "--stats")
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stderr = t.Output()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	d.do(cmd.Start)
	limit := time.AfterFunc(lab.Slack, func() { cmd.Process.Kill() })
	defer limit.Stop()
	tables, services := 0, 0
	for lines := bufio.NewScanner(out); lines.Scan(); {
		switch {
		case strings.HasPrefix(lines.Text(), "Every 100ms: "):
			if tables++; tables == 4 {
				if err := cmd.Process.Signal(os.Interrupt); err != nil {
					t.Error(err)
				}
			}
		case tables < 4 && regexp.MustCompile(`^(TCP|UDP|SCTP|FWM) `).MatchString(lines.Text()):
			services++
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v, want exit status 0", err)
	}
	if want := 3 * strings.Count(rules(), "-A "); services != want {
		t.Errorf("three tables have %d services, want %d", services, want)
	}
}
