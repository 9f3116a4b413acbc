package config_test

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/kactl/kactl/pkg/command"
	"github.com/kactl/kactl/pkg/config"

	"github.com/kactl/kactl/test/need"
)

// links are the interfaces that a test has.
var links = []string{"lo", "eth0", "eth1", "ens33", "enp0s3"}

// oracleHost is the namespace that keepalived runs in.
type oracleHost struct{}

func (oracleHost) InterfaceExists(name string) bool { return slices.Contains(links, name) }

func (oracleHost) CPUs() int                   { return runtime.NumCPU() }
func (oracleHost) IsLoopback(name string) bool { return name == "lo" }

func (oracleHost) UserExists(name, group string) bool {
	if _, err := user.Lookup(name); err != nil {
		return false
	}
	_, err := user.LookupGroup(group)
	return group == "" || err == nil
}

func (oracleHost) CheckScript(c command.Command, security bool) error {
	path, err := exec.LookPath(c.Words[0])
	st, statErr := os.Stat(c.Words[0])
	switch {
	case err != nil && statErr != nil:
		return config.ErrScriptNotFound
	case statErr == nil && st.IsDir():
		return config.ErrScriptInsecure
	case err != nil:
		return config.ErrScriptNotExecutable
	}
	if st, err = os.Stat(path); err == nil && security && st.Mode()&0o022 != 0 {
		return config.ErrScriptInsecure
	}
	return nil
}

// namespace makes a network namespace with links, and needs keepalived.
func namespace(t *testing.T) string {
	t.Helper()
	if _, err := exec.LookPath("keepalived"); err != nil {
		need.Missing(t, "keepalived is needed as the oracle: %v", err)
	}
	need.Root(t)
	ns := fmt.Sprintf("kactl-config-%d", os.Getpid())
	script := "ip netns add " + ns
	for _, l := range links[1:] {
		script += fmt.Sprintf(" && ip -n %s link add %s type veth peer name p-%s && ip -n %s link set %s up", ns, l, l, ns, l)
	}
	script += fmt.Sprintf(" && ip -n %s addr add 10.0.0.1/24 dev eth0", ns)
	t.Cleanup(func() {
		_ = exec.Command("ip", "netns", "del", ns).Run()
	})
	if out, err := exec.Command("sh", "-ec", script).CombinedOutput(); err != nil {
		need.Missing(t, "make network namespace %s: %v: %s", ns, err, strings.TrimSpace(string(out)))
	}
	return ns
}
