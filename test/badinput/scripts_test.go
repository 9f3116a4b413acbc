package badinput

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kactl/kactl/test/lab"
)

// scripted is a director whose instance tracks and notifies through the given
// scripts, run as root from the director's own directory.
const scripted = `global_defs {
    script_user root
    enable_script_security
}
vrrp_script chk {
    script "{{.Dir}}/check.sh"
    interval 1
    timeout {{or .Data 1}}
    fall 1
}
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    priority 254
    virtual_ipaddress {
        203.0.113.16/24
    }
    track_script {
        chk
    }
    notify "{{.Dir}}/notify.sh"
}
`

// pidOf reads the process id of a running director.
func pidOf(t *testing.T, d *lab.Director) int {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(d.Dir, "run", "main.pid"))
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// status reads a value of a process in KiB, such as VmRSS.
func status(t *testing.T, pid int, name string) int {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, name+":"); ok {
			n, err := strconv.Atoi(strings.Fields(rest)[0])
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	t.Fatalf("process %d has no %s", pid, name)
	return 0
}

// running returns the processes whose command line names a file below dir, but
// for the director itself.
func running(t *testing.T, dir string, director int) []string {
	t.Helper()
	lines, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, path := range lines {
		b, err := os.ReadFile(path)
		if err != nil || path == fmt.Sprintf("/proc/%d/cmdline", director) {
			continue // it has ended in the meantime
		}
		if strings.Contains(string(b), dir+"/") {
			found = append(found, strings.ReplaceAll(string(b), "\x00", " "))
		}
	}
	return found
}

// TestScripts is the table of scripts that misbehave.
func TestScripts(t *testing.T) {
	for _, tt := range []struct {
		name          string
		check, notify string
		timeout       int // of the check, in seconds; 0 is 1
		says          []string
		holds         bool
	}{
		{
			name:  "check that hangs, and its children",
			check: "#!/bin/sh\nsleep 1000 {{.Dir}}/ &\ntrap '' TERM\nwhile :; do sleep 1; done\n",
			says:  []string{"VRRP_Script(chk) timed_out", "(VI_1) Entering FAULT STATE"},
		},
		{
			name:  "check that fails",
			check: "#!/bin/sh\nexit 3\n",
			says:  []string{"VRRP_Script(chk) failed (exited with status 3)", "(VI_1) Entering FAULT STATE"},
		},
		{
			name:  "check that kills itself",
			check: "#!/bin/sh\nkill -9 $$\n",
			says:  []string{"VRRP_Script(chk) failed (due to signal 9)", "(VI_1) Entering FAULT STATE"},
		},
		{
			name:    "check that writes 1 GB",
			check:   "#!/bin/sh\nhead -c 1G /dev/zero\nhead -c 1G /dev/zero >&2\n",
			timeout: 60,
			says:    []string{"VRRP_Script(chk) succeeded", "(VI_1) Entering MASTER STATE"}, holds: true,
		},
		{
			name:   "notify that hangs",
			check:  "#!/bin/sh\n",
			notify: "#!/bin/sh\necho $3 >>{{.Dir}}/told\ntrap '' TERM\nsleep 1000 {{.Dir}}/\n",
			says:   []string{"(VI_1) Entering MASTER STATE"}, holds: true,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := host(t)
			if tt.notify == "" {
				tt.notify = "#!/bin/sh\n"
			}
			d := h.Start(lab.Config{Kind: lab.Kactl, Text: scripted, Data: tt.timeout, Files: map[string]string{"check.sh": tt.check, "notify.sh": tt.notify}})
			for _, text := range tt.says {
				d.WaitLog(text, 10*time.Second)
			}
			if tt.holds {
				lab.Eventually(t, 2*time.Second, "the address is there", func() bool { return h.HasAddr(vip) })
			}
			pid := pidOf(t, d)
			if rss := status(t, pid, "VmRSS"); rss > 100<<10 {
				t.Errorf("it has grown to %d KiB", rss)
			}
			began := time.Now()
			d.Stop()
			stalled, _ := lab.Stalled(began)
			if took := time.Since(began); took > 15*time.Second+stalled {
				t.Errorf("took %v to stop", took)
			}
			lab.Eventually(t, 5*time.Second, "no script is left", func() bool { return len(running(t, d.Dir, pid)) == 0 })
			nothingLeft(t, h, d)
		})
	}
}

// A check that is killed over and over leaves nothing: no zombies, no
// descriptors, no memory.
func TestHangingCheckLeaksNothing(t *testing.T) {
	t.Parallel()
	h := host(t)
	d := h.Start(lab.Config{Kind: lab.Kactl, Text: scripted,
		Files: map[string]string{"check.sh": "#!/bin/sh\necho run >>{{.Dir}}/runs\nexec sleep 1000 {{.Dir}}/\n", "notify.sh": "#!/bin/sh\n"}})
	runs := func() int {
		b, _ := os.ReadFile(filepath.Join(d.Dir, "runs"))
		return strings.Count(string(b), "\n")
	}
	lab.Eventually(t, 20*time.Second, "3 runs", func() bool { return runs() >= 3 })
	pid := pidOf(t, d)
	before := descriptors(t, pid)
	from := runs()
	lab.Eventually(t, 30*time.Second, "8 more runs", func() bool { return runs() >= from+8 })
	// A run that is under way has a few of its own, at either time; in between
	// there are no more than there were. Each run would leave one at the least.
	lab.Eventually(t, 5*time.Second, fmt.Sprintf("no more than %d descriptors", before), func() bool { return descriptors(t, pid) <= before+2 })
	if left := running(t, d.Dir, pid); len(left) > 2 {
		t.Errorf("still running: %q", left)
	}
}

func descriptors(t *testing.T, pid int) int {
	t.Helper()
	fds, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		t.Fatal(err)
	}
	return len(fds)
}
