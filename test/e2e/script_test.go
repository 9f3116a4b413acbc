package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kactl/kactl/test/lab"
)

// scriptNode fills script.conf.
type scriptNode struct {
	Script  string // the vrrp_script's name
	Command string
	Weight  int
	Extra   string // more keywords of the vrrp_script
	State   string

	Priority   int
	Self, Peer string
}

// newScriptPair is newPair with a tracked script on both directors. In the
// command DIR stands for the director's directory.
func newScriptPair(t testing.TB, n scriptNode, files map[string]string) *pair {
	t.Helper()
	// The configuration is filled in twice: first with the node, whose command
	// then names the directory.
	n.Command = strings.ReplaceAll(n.Command, "DIR", "{{.Dir}}")
	text := strings.Replace(conf(t, "script.conf"), "{{.Data.Command}}", n.Command, 1)
	all := map[string]string{"notify.sh": notify}
	for name, content := range files {
		all[name] = content
	}
	n1, n2 := n, n
	n1.State, n1.Priority, n1.Self, n1.Peer = "MASTER", 100, "198.51.100.37", "198.51.100.50"
	n2.State, n2.Priority, n2.Self, n2.Peer = "BACKUP", 80, n1.Peer, n1.Self
	if n.Weight == -2 {
		n2.Priority = 99
	}
	return newPair(t, lab.Config{Text: text, Data: n1, Files: all}, lab.Config{Text: text, Data: n2, Files: all})
}

// checked waits until both directors have seen the script succeed.
func (p *pair) checked(t testing.TB, script string) {
	t.Helper()
	for _, d := range []*lab.Director{p.d1, p.d2} {
		d.WaitLog("VRRP_Script("+script+") succeeded", 5*time.Second)
	}
}

// TestDownFile moves the address by hand: a file makes the check fail on the
// master, whose priority falls below the backup's; without the file it returns.
func TestDownFile(t *testing.T) {
	for _, tt := range []struct {
		name string
		node scriptNode
		// fall and rise are how long the verdict takes to change, and priority
		// is the backup's.
		fall, rise time.Duration
		priority   int
	}{
		{
			"weight -30 after three failures",
			scriptNode{Script: "check_down", Weight: -30, Extra: "fall 3\n    rise 2"},
			3 * time.Second, 2 * time.Second, 80,
		},
		{
			// The shell syntax of the tutorial is TestShellInScript's.
			"weight -2 at the first failure",
			scriptNode{Script: "chk_maintance", Weight: -2},
			time.Second, time.Second, 99,
		},
	} {
		t.Run(tt.name, lab.Story(func(t testing.TB) {
			tt.node.Command = "[ ! -f DIR/down ]"
			p := newScriptPair(t, tt.node, nil)
			down := filepath.Join(p.d1.Dir, "down")
			p.checked(t, tt.node.Script)

			if err := os.WriteFile(down, nil, 0o644); err != nil {
				t.Fatal(err)
			}
			touched := time.Now()
			// The failures, a second apart, then the backup's timer.
			p.probe.WaitOwnerSince(touched, "lb2", tt.fall+time.Second+takeover(tt.priority))
			p.ownedBy(t, p.lb2, time.Second)
			t.Logf("moved %v after the file appeared, %v without an answer", time.Since(touched), p.probe.Outage(touched))
			if err := os.Remove(down); err != nil {
				t.Fatal(err)
			}
			removed := time.Now()
			p.probe.WaitOwnerSince(removed, "lb1", tt.rise+time.Second+takeover(100))
			p.ownedBy(t, p.lb1, time.Second)
			p.oneMaster(t, "lb1", "lb2", "lb1")
		}))
	}
}

// TestShellInScript has a script in the shell's language: no shell runs it,
// so it is no script at all and the address stays whatever it tests.
func TestShellInScript(t *testing.T) { lab.Story(testShellInScript)(t) }

func testShellInScript(t testing.TB) {
	p := newScriptPair(t, scriptNode{Script: "chk_maintance", Weight: -2,
		Command: "[[ -f DIR/down ]] && exit 1 || exit 0"}, nil)
	if err := os.WriteFile(filepath.Join(p.d1.Dir, "down"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	lab.Always(t, 2*time.Second+takeover(99), "lb1 keeps the address",
		func() bool { return p.lb1.HasAddr(p.vip) && !p.lb2.HasAddr(p.vip) })
	p.oneMaster(t, "lb1")
}

// TestCheckProcess moves the address away from a director whose proxy died
// and cannot be started again, and back once it runs.
func TestCheckProcess(t *testing.T) { lab.Story(testCheckProcess)(t) }

func testCheckProcess(t testing.TB) {
	// Stands in for "killall -0 haproxy || systemctl restart haproxy", which
	// would find any haproxy of the machine.
	const check = "#!/bin/sh\nkill -0 \"$(cat {{.Dir}}/haproxy.pid)\" || false\n"
	proxy := func(d string) *exec.Cmd {
		t.Helper()
		cmd := exec.Command("sleep", "1000")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
		if err := os.WriteFile(d, []byte(strconv.Itoa(cmd.Process.Pid)), 0o644); err != nil {
			t.Fatal(err)
		}
		return cmd
	}
	first := proxy(filepath.Join(t.TempDir(), "haproxy.pid"))
	pid := strconv.Itoa(first.Process.Pid)
	p := newScriptPair(t, scriptNode{Script: "check_haproxy", Command: "DIR/check_haproxy.sh", Weight: -30,
		Extra: "fall 3\n    rise 2"}, map[string]string{"check_haproxy.sh": check, "haproxy.pid": pid})
	proxy(filepath.Join(p.d2.Dir, "haproxy.pid"))

	p.checked(t, "check_haproxy")
	_ = first.Process.Kill()
	_ = first.Wait()
	died := time.Now()
	p.probe.WaitOwnerSince(died, "lb2", 3*time.Second+time.Second+takeover(80))
	p.ownedBy(t, p.lb2, time.Second)
	proxy(filepath.Join(p.d1.Dir, "haproxy.pid"))
	up := time.Now()
	p.probe.WaitOwnerSince(up, "lb1", 2*time.Second+time.Second+takeover(100))
	p.ownedBy(t, p.lb1, time.Second)
	p.oneMaster(t, "lb1", "lb2", "lb1")
}
