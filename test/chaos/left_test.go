package chaos

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kactl/kactl/test/lab"
)

// stop ends every program but FRR's.
func (c *cluster) stop() {
	for _, n := range c.nodes {
		if n.director.Kind != lab.FRR {
			n.director.Stop()
		}
	}
}

// nothingLeft compares each host with what it was before.
func (c *cluster) nothingLeft() {
	c.t.Helper()
	for _, n := range c.nodes {
		if n.director.Kind == lab.FRR {
			continue
		}
		if after := n.state(c.t); after != n.before {
			c.t.Errorf("%s (%s) is not as it was, but:\n%s\nbefore:\n%s", n.Name, n.director.Kind, after, n.before)
		}
	}
}

// state is what a program may change of a host: addresses, links, rules, routes, packet
// filters, and the processes that are there.
func (n *node) state(t testing.TB) string {
	t.Helper()
	var b strings.Builder
	for _, command := range []string{
		"ip -br address", "ip -br link", "ip rule", "ip -6 rule", "ip route", "nft list ruleset",
	} {
		cmd := exec.Command("sh", "-c", command)
		cmd.Dir = "/"
		var out []byte
		if err := n.Do(func() (err error) { out, err = cmd.CombinedOutput(); return err }); err != nil {
			t.Fatalf("%s: %s: %v: %s", n.Name, command, err, out)
		}
		fmt.Fprintf(&b, "%s:\n%s", command, out)
	}
	fmt.Fprintf(&b, "processes: %v\n", n.processes(t))
	return b.String()
}

// processes are those in the host's namespace.
func (n *node) processes(t testing.TB) (list []string) {
	t.Helper()
	own := ""
	if err := n.Do(func() (err error) { own, err = os.Readlink("/proc/thread-self/ns/net"); return err }); err != nil {
		t.Fatalf("%s: %v", n.Name, err)
	}
	paths, _ := filepath.Glob("/proc/[0-9]*/ns/net")
	for _, path := range paths {
		if at, err := os.Readlink(path); err == nil && at == own {
			name, _ := os.ReadFile(filepath.Join(filepath.Dir(filepath.Dir(path)), "comm"))
			list = append(list, strings.TrimSpace(string(name)))
		}
	}
	slices.Sort(list)
	return list
}
