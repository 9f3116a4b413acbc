package track

import (
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/vrrp"
)

// A table of processes that a test writes.
type table string

func (p table) add(t *testing.T, pid int, name, state string, command ...string) {
	t.Helper()
	dir := filepath.Join(string(p), fmt.Sprint(pid))
	must(t, os.MkdirAll(dir, 0o755))
	write(t, filepath.Join(dir, "stat"), fmt.Sprintf("%d (%s) %s 1 1 1 0 -1", pid, name, state))
	line := ""
	for _, w := range command {
		line += w + "\x00"
	}
	write(t, filepath.Join(dir, "cmdline"), line)
}

// count returns how many processes of a table are meant.
func count(t *testing.T, root table, p vrrp.Process) int {
	t.Helper()
	counts, err := (&processTable{root: string(root)}).count([]*verdict{{process: p, pattern: newPattern(&p)}})
	must(t, err)
	return counts[0]
}

// TestPattern is which processes are meant.
func TestPattern(t *testing.T) {
	root := table(t.TempDir())
	must(t, os.Mkdir(filepath.Join(string(root), "self"), 0o755)) // has no number
	root.add(t, 1, "init", "S", "/sbin/init")
	root.add(t, 10, "haproxy", "S", "/usr/sbin/haproxy", "-f", "/etc/haproxy.cfg", "-D")
	root.add(t, 11, "haproxy", "R", "/usr/sbin/haproxy", "-f", "/etc/haproxy.cfg")
	root.add(t, 12, "haproxy", "Z")
	root.add(t, 13, "haproxy2", "S", "haproxy2")
	root.add(t, 14, "a very long nam", "S", "/x/a very long name of a process")
	root.add(t, 15, "odd) S (name", "D", "odd")
	root.add(t, 16, "kthreadd", "S")
	root.add(t, 17, "haproxy", "X")
	must(t, os.Mkdir(filepath.Join(string(root), "18"), 0o755)) // has just ended
	ha := "/usr/sbin/haproxy"
	for _, c := range []struct {
		command []string
		full    bool
		match   vrrp.ParameterMatch
		want    int
	}{
		{[]string{"haproxy"}, false, 0, 2},
		{[]string{"hap"}, false, 0, 0},
		{[]string{"a very long name of a process"}, false, 0, 1},
		{[]string{"odd) S (name"}, false, 0, 1},
		{[]string{ha}, false, 0, 0},
		{[]string{ha}, true, 0, 2},
		{[]string{ha, "-f", "/etc/haproxy.cfg"}, true, 0, 1},
		{[]string{ha, "-f"}, true, 0, 0},
		{[]string{ha}, true, vrrp.MatchExact, 0},
		{[]string{"/sbin/init"}, true, vrrp.MatchExact, 1},
		{[]string{ha, "-f"}, true, vrrp.MatchPartial, 2},
		{[]string{ha, "-f", "/etc"}, true, vrrp.MatchPartial, 0},
		{[]string{ha, "-f", "/etc"}, true, vrrp.MatchInitial, 2},
		{[]string{ha, "-f", "/etc/haproxy.cfg"}, true, vrrp.MatchInitial, 2},
		{[]string{"kthreadd"}, true, 0, 0},
	} {
		if got := count(t, root, vrrp.Process{Command: c.command, FullCommand: c.full, Match: c.match}); got != c.want {
			t.Errorf("%q, full %v, match %v: %d, want %d", c.command, c.full, c.match, got, c.want)
		}
	}
}

// TestQuorumOfProcesses is which counts are fine, and how long another one must last.
func TestQuorumOfProcesses(t *testing.T) {
	one := 1
	none := 0
	for _, c := range []struct {
		name    string
		process vrrp.Process
		// counts are "SECONDS:COUNT", and the verdicts "SECONDS:up" or "down".
		counts, want string
	}{
		{"quorum", vrrp.Process{Quorum: 2}, "0:1 1:2 2:3 3:1", "0:down 1:up 3:down"},
		{"most", vrrp.Process{Quorum: 1, Most: &one}, "0:1 1:2 2:1 3:0", "0:up 1:down 2:up 3:down"},
		{"none", vrrp.Process{Quorum: 0, Most: &none}, "0:0 1:1 2:0", "0:up 1:down 2:up"},
		{"fork delay", vrrp.Process{Quorum: 1, ForkDelay: 3 * time.Second}, "0:0 1:1 2:1 3:1 4:1 5:0", "0:down 4:up 5:down"},
		{"terminate delay", vrrp.Process{Quorum: 1, TerminateDelay: 3 * time.Second}, "0:1 1:0 2:1 3:0 4:0 5:0 6:0", "0:up 6:down"},
		{"too many, for a while", vrrp.Process{Quorum: 1, Most: &one, ForkDelay: 2 * time.Second}, "0:1 1:2 2:1 3:2 4:2 5:2", "0:up 5:down"},
		{"the first count has no delay", vrrp.Process{Quorum: 1, ForkDelay: time.Hour}, "5:1", "5:up"},
	} {
		v := &verdict{process: c.process}
		var got []string
		for word := range strings.FieldsSeq(c.counts) {
			var at, n int
			_, err := fmt.Sscanf(word, "%d:%d", &at, &n)
			must(t, err)
			if v.counted(time.Unix(int64(at), 0), n) {
				got = append(got, fmt.Sprintf("%d:%s", at, map[bool]string{true: "up", false: "down"}[v.up]))
			}
		}
		if got := strings.Join(got, " "); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// TestProcesses counts processes that start, end, and take another name.
func TestProcesses(t *testing.T) {
	sleep, err := exec.LookPath("sleep")
	must(t, err)
	name := fmt.Sprintf("kt%d", os.Getpid())
	path := filepath.Join(t.TempDir(), name)
	must(t, os.Symlink(sleep, path))
	start := func() *exec.Cmd {
		cmd := exec.Command(path, "1000")
		must(t, cmd.Start())
		t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
		return cmd
	}
	first := start()
	one := 1
	p := NewProcesses([]vrrp.Process{
		{Name: "p", Command: []string{name}, Quorum: 1}, {Name: "two", Command: []string{path, "1000"}, FullCommand: true, Quorum: 2},
		{Name: "single", Command: []string{name}, Quorum: 1, Most: &one},
	}, logger(t))
	v := following(t, p)
	v.wait("p", 1)
	v.wait("two", 0)
	v.wait("single", 1)
	second := start()
	v.wait("two", 1)
	v.wait("single", 0)
	must(t, second.Process.Kill()) // a zombie, until somebody waits for it
	v.wait("two", 0)
	v.wait("single", 1)
	must(t, first.Process.Kill())
	v.wait("p", 0)
	start()
	v.wait("p", 1)
	// A reload counts others, and tells of those that stay.
	v.reported()
	p.Reload(&vrrp.Settings{Processes: []vrrp.Process{{Name: "p", Command: []string{name}, Quorum: 1}, {Name: "q", Command: []string{"no such process"}, Quorum: 1}}})
	v.wait("q", 0)
	if got := v.reported(); !strings.Contains(got, "p 1") || strings.Contains(got, "two") {
		t.Errorf("reported %s", got)
	}
	p.Reload(&vrrp.Settings{})
	p.Reload(&vrrp.Settings{Processes: []vrrp.Process{{Name: "two", Command: []string{name}, Quorum: 1}}})
	v.wait("two", 1)
}

// Whoever looks at many processes looks less often.
func TestPauseOfCounts(t *testing.T) {
	for took, want := range map[time.Duration]time.Duration{0: countEvery, time.Millisecond: countEvery, 10 * time.Millisecond: 500 * time.Millisecond, time.Second: countAtLeast} {
		if got := pause(countEvery, took); got != want {
			t.Errorf("after %v: %v, want %v", took, got, want)
		}
	}
}

// A report of the kernel makes the next look come soon. Here a pipe takes its place.
func TestProcessEvents(t *testing.T) {
	root := table(t.TempDir())
	r, w, err := os.Pipe()
	must(t, err)
	p := NewProcesses([]vrrp.Process{{Name: "p", Command: []string{"x"}, Quorum: 1}}, logger(t))
	p.root, p.listen = string(root), func() (*processEvents, error) { return &processEvents{r}, nil }
	v := following(t, p)
	t.Cleanup(func() { w.Close() })
	v.wait("p", 0)
	root.add(t, 5, "x", "S")
	began := time.Now()
	_, err = w.Write(processEvent(processForked))
	must(t, err)
	v.wait("p", 1)
	t.Logf("counted after %v", time.Since(began))
	if concerns(processEvent(0)) || concerns(processEvent(1<<2)) || concerns(nil) || !concerns(processEvent(processEnded)) {
		t.Error("the kind of a report is misread")
	}
	if b := subscription(); len(b) != 40 || binary.NativeEndian.Uint32(b) != 40 || b[36] != 1 && b[39] != 1 {
		t.Errorf("subscription %x", b)
	}
}

// processEvent is a report of the kernel.
func processEvent(what uint32) []byte {
	b := make([]byte, unix.SizeofNlMsghdr+connectorSize+40)
	binary.NativeEndian.PutUint32(b[unix.SizeofNlMsghdr+connectorSize:], what)
	return b
}

// BenchmarkCount is what one look at this machine's processes costs.
func BenchmarkCount(b *testing.B) {
	t := &processTable{root: "/proc"}
	p := vrrp.Process{Command: []string{"haproxy"}}
	full := vrrp.Process{Command: []string{"/usr/sbin/haproxy"}, FullCommand: true}
	for name, v := range map[string][]*verdict{
		"name":    {{process: p, pattern: newPattern(&p)}},
		"command": {{process: full, pattern: newPattern(&full)}},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := t.count(v); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
