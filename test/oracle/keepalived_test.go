package oracle

import (
	"bytes"
	"context"
	"errors"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vishvananda/netns"

	"github.com/kactl/kactl/test/need"
)

// An answer is what keepalived -t says of a file.
type answer struct {
	status  int // -1 where it crashed or did not end
	placed  []message
	general []string // messages without a line, each once
	text    string
}

// A message is one that names a line.
type message struct {
	file string // its base name
	line int
	text string
}

var placed = regexp.MustCompile(`^\((?:(.*): )?Line (\d+)\) (.*)$`)

// keepalived runs keepalived -t on a file, on a thread that is in a namespace.
func keepalived(file string) (answer, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	var stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, "keepalived", "-t", "-f", file)
	cmd.Stderr = &stderr
	cmd.WaitDelay = time.Second
	err := cmd.Run()
	a := answer{text: stderr.String()}
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		if a.status = exit.ExitCode(); a.status > 128 {
			a.status = -1
		}
	case err != nil:
		return a, err
	}
	seen := map[string]bool{}
	for l := range strings.Lines(a.text) {
		l = strings.TrimRight(l, "\n")
		if seen[l] || l == "" {
			continue
		}
		seen[l] = true
		if m := placed.FindStringSubmatch(l); m != nil {
			n, _ := strconv.Atoi(m[2])
			name := m[1]
			if name == "" {
				name = file
			}
			a.placed = append(a.placed, message{filepath.Base(name), n, m[3]})
		} else {
			a.general = append(a.general, l)
		}
	}
	return a, nil
}

// A namespace is a network namespace with links.
type namespace struct{ need.Namespace }

func newNamespace(t *testing.T) namespace {
	t.Helper()
	for _, command := range []string{"keepalived", "ip"} {
		if _, err := exec.LookPath(command); err != nil {
			need.Missing(t, "%s is needed as the oracle: %v", command, err)
		}
	}
	ns := namespace{need.NewNamespace(t)}
	script := "ip link set lo up"
	for _, l := range append(links, tracked...) {
		script += " && ip link add " + l + " type veth peer name p-" + l + " && ip link set " + l + " up && ip link set p-" + l + " up"
	}
	script += " && ip addr add 10.0.0.1/24 dev eth0 && ip addr add 2001:db8::1/64 dev eth0 nodad"
	ns.In(t, func() error {
		out, err := exec.Command("sh", "-ec", script).CombinedOutput()
		if err != nil {
			t.Errorf("%s", out)
		}
		return err
	})
	return ns
}

// each calls f for every number below n, on as many threads within the
// namespace as there are processors.
func (ns namespace) each(t *testing.T, n int, f func(int) error) {
	t.Helper()
	jobs := make(chan int)
	failed := make(chan error, runtime.NumCPU())
	var workers sync.WaitGroup
	for range runtime.NumCPU() {
		workers.Go(func() {
			runtime.LockOSThread() // and never unlocked: the thread ends here
			err := netns.Set(ns.NsHandle)
			for i := range jobs {
				if err == nil {
					err = f(i)
				}
			}
			failed <- err
		})
	}
	for i := range n {
		jobs <- i
	}
	close(jobs)
	workers.Wait()
	for range runtime.NumCPU() {
		if err := <-failed; err != nil {
			t.Fatal(err)
		}
	}
}
