package ipvsadm

import (
	"encoding/json"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// selections name each kind of service of rules.
var selections = [][]string{
	{"-t", "198.51.100.1:80"},
	{"--tcp-service", "[2001:db8::1]:80"},
	{"-u", "198.51.100.1:4500"},
	{"--udp-service", "[2001:db8:1111:2222:3333:4444:5555:6666]:80"},
	{"--sctp-service", "198.51.100.1:5060"},
	{"-f", "1"},
	{"-f", "1", "-6"},
	{"--fwmark-service", "2147483647"},
	{"-t", "198.51.100.1"}, // port 0
}

var views = [][]string{
	{}, {"--stats"}, {"--rate"}, {"--thresholds"}, {"--persistent-conn"}, {"--tun-info"},
	{"--exact"}, {"--stats", "--exact"}, {"--rate", "--exact"}, {"--sort"}, {"--nosort"}, {"--stats", "--nosort"},
}

func TestEmptyTable(t *testing.T) {
	d := newDirector(t, "")
	for _, args := range [][]string{{}, {"--stats"}, {"-c"}, {"--timeout"}, {"--daemon"}} {
		d.same(args...)
	}
	if out := d.output(kactl("--save")...); out != "" {
		t.Errorf("saved %q", out)
	}
}

func TestSelections(t *testing.T) {
	d := newDirector(t, rules()+lossy)
	views := []string{"--stats", "--rate", "--thresholds", "--persistent-conn", "--tun-info"}
	for i, service := range selections {
		for _, args := range [][]string{service, append([]string{views[i%len(views)]}, service...)} {
			if out := d.same(args...); strings.Count(out, "\n") < 3 {
				t.Errorf("%q lists nothing:\n%s", args, out)
			}
		}
	}
	d.same("-f", "4294967295")
	for _, service := range [][]string{
		{"-t", "198.51.100.1:81"}, {"-u", "198.51.100.1:80"}, {"-f", "3"}, {"-f", "2", "-6"}, {"-t", "[2001:db8::2]:80"},
	} {
		_, _, want := d.run("", append([]string{"ipvsadm", "-Ln"}, service...)...)
		out, complaint, got := d.run("", kactl(service...)...)
		if got != want || out != "" || !strings.HasSuffix(complaint, ": no such service\n") {
			t.Errorf("%q: exit status %d, %q, %q, want %d", service, got, out, complaint, want)
		}
	}
}

// TestPermission runs both programs without the one capability that it takes.
func TestPermission(t *testing.T) {
	type result struct {
		out    string
		status int
	}
	run := func(command ...string) result {
		done := make(chan result)
		go func() {
			runtime.LockOSThread() // never unlocked: the thread ends without the capability
			if err := unix.Prctl(unix.PR_CAPBSET_DROP, unix.CAP_NET_ADMIN, 0, 0, 0); err != nil {
				done <- result{err.Error(), -1}
				return
			}
			cmd := exec.Command(command[0], command[1:]...)
			out, _ := cmd.CombinedOutput()
			done <- result{string(out), cmd.ProcessState.ExitCode()}
		}()
		return <-done
	}
	const want = "kactl: read IPVS table: this takes CAP_NET_ADMIN: run as root (version: operation not permitted)\n"
	if got := run(kactl()...); got != (result{want, 1}) {
		t.Errorf("exit status %d: %s", got.status, got.out)
	}
	if got := run(kactl("--timeout")...); got.status != 1 || !strings.Contains(got.out, "this takes CAP_NET_ADMIN") {
		t.Errorf("--timeout: exit status %d: %s", got.status, got.out)
	}
}

// TestOrder has addresses and marks whose differences, as ipvsadm takes them,
// contradict each other.
func TestOrder(t *testing.T) {
	for seed := range uint64(4) {
		d := newDirector(t, randomRules(seed, 150))
		d.same()
		d.same("--nosort")
	}
}

// sorted has the lines in an order that does not hang on the kernel's: where
// addresses contradict each other, ipvsadm's does.
func sorted(text string) string {
	return strings.Join(slices.Sorted(strings.Lines(text)), "")
}

// forgotten is what ipvsadm -S does not write.
var forgotten = regexp.MustCompile(` -[xy] \d+`)

func TestSave(t *testing.T) {
	all := rules()
	d := newDirector(t, all)
	if diff := cmp.Diff(d.output("ipvsadm", "-Sn"), d.output(kactl("--save")...)); diff != "" {
		t.Errorf("(-ipvsadm +kactl):\n%s", diff)
	}

	d.restore(lossy)
	list := func() (out string) {
		for _, args := range [][]string{{"-Sn"}, {"-Ln"}, {"-Ln", "--thresholds"}, {"-Ln", "--tun-info"}} {
			out += d.output(append([]string{"ipvsadm"}, args...)...)
		}
		return sorted(out)
	}
	before, saved := list(), d.output(kactl("--save")...)
	if strings.Count(saved, "\n") != strings.Count(all+lossy, "\n") || len(forgotten.FindAllString(saved, -1)) != 3 {
		t.Errorf("of the rules\n%s%s\nkactl saves\n%s", all, lossy, saved)
	}
	d.output("ipvsadm", "-C")
	if out, complaint, status := d.run(saved, "ipvsadm-restore"); status != 0 || out+complaint != "" {
		t.Errorf("ipvsadm-restore: exit status %d: %s%s", status, out, complaint)
	}
	if diff := cmp.Diff(before, list()); diff != "" {
		t.Errorf("(-before +restored):\n%s", diff)
	}
	if diff := cmp.Diff(sorted(saved), sorted(d.output(kactl("--save")...))); diff != "" {
		t.Errorf("saved again (-before +restored):\n%s", diff)
	}
}

func TestDaemons(t *testing.T) {
	d := newDirector(t, "", "192.0.2.1/24", "2001:db8:1::1/64")
	d.output("ipvsadm", "--start-daemon", "master", "--mcast-interface", "lan", "--syncid", "7", "--mcast-group", "ff05::99")
	d.output("ipvsadm", "--start-daemon", "backup", "--mcast-interface", "lan", "--syncid", "255",
		"--sync-maxlen", "1400", "--mcast-group", "224.0.0.99", "--mcast-port", "9000", "--mcast-ttl", "3")
	if out := d.same("--daemon"); strings.Count(out, "\n") != 2 {
		t.Errorf("two daemons are listed as\n%s", out)
	}
	d.output("ipvsadm", "--stop-daemon", "master")
	d.same("--daemon")
	d.output("ipvsadm", "--stop-daemon", "backup")
	d.output("ipvsadm", "--set", "910", "121", "301")
	d.same("--timeout")
}

// TestJSON reads the object for what the text has nowhere in one place.
func TestJSON(t *testing.T) {
	d := newDirector(t, rules()+lossy)
	type table struct {
		Version  string
		Timeouts struct{ TCP int }
		Services []struct {
			Protocol, Address, Family, Scheduler, Netmask string
			Port, Fwmark, Persistence                     int
			Flags                                         []string `json:"scheduler_flags"`
			Engine                                        string   `json:"persistence_engine"`
			OPS                                           bool
			Destinations                                  []struct {
				Address, Method string
				Upper           int `json:"upper_threshold"`
			}
		}
		Connections *[]any
	}
	var got table
	if err := json.Unmarshal([]byte(d.output(kactl("-o", "json")...)), &got); err != nil {
		t.Fatal(err)
	}
	services, destinations := 0, 0
	for _, s := range got.Services {
		services++
		destinations += len(s.Destinations)
	}
	text := rules() + lossy
	if want := strings.Count(text, "-A "); services != want {
		t.Errorf("%d services, want %d", services, want)
	}
	if want := strings.Count(text, "-a "); destinations != want {
		t.Errorf("%d destinations, want %d", destinations, want)
	}
	if got.Version != "1.2.1" || got.Timeouts.TCP != 900 || got.Connections != nil {
		t.Errorf("version %q, time-outs %v, connections %v", got.Version, got.Timeouts, got.Connections)
	}
	got = table{}
	if err := json.Unmarshal([]byte(d.output(kactl("-o", "json", "-c", "-u", "198.51.100.1:5062")...)), &got); err != nil {
		t.Fatal(err)
	}
	if got.Connections == nil || len(got.Services) != 1 {
		t.Fatalf("got %+v", got)
	}
	s := got.Services[0]
	if s.Protocol != "udp" || s.Family != "ipv4" || s.Persistence != 360 || s.Netmask != "255.255.255.0" ||
		s.Engine != "sip" || !s.OPS || len(s.Flags) != 1 || s.Flags[0] != "sh-port" {
		t.Errorf("got %+v", s)
	}
}
