// Package machine answers what a configuration asks of the machine that it is
// for: this one.
package machine

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"os/user"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/kactl/kactl/pkg/command"
	"github.com/kactl/kactl/pkg/config"
	"github.com/kactl/kactl/pkg/lint"
	"github.com/kactl/kactl/pkg/rootonly"
	"github.com/kactl/kactl/pkg/script"
)

// A Machine is this one, in the network namespace of the caller. It implements
// [config.Host] and [lint.Host].
type Machine struct {
	root fs.FS // of "/"
	// run starts a program and returns its standard output.
	run func(name string, args ...string) ([]byte, error)
	// These are read when they are first asked for, and once: a large
	// configuration asks for each of its instances.
	firewall func() *firewall
	links    func() []net.Interface
}

var (
	_ config.Host = (*Machine)(nil)
	_ lint.Host   = (*Machine)(nil)
)

// New returns this machine.
func New() *Machine { return newMachine(os.DirFS("/"), output) }

func newMachine(root fs.FS, run func(string, ...string) ([]byte, error)) *Machine {
	m := &Machine{root: root, run: run}
	m.firewall = sync.OnceValue(m.readFirewall)
	m.links = sync.OnceValue(func() []net.Interface {
		all, _ := net.Interfaces() // none, where the kernel does not tell
		return all
	})
	return m
}

// output runs a program of the system that only prints. One that hangs is given up.
func output(name string, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	cmd, err := rootonly.Command(ctx, name, args...)
	if err != nil {
		return nil, err
	}
	cmd.WaitDelay = time.Second
	return cmd.Output()
}

// InterfaceExists reports whether there is a network interface of that name.
func (m *Machine) InterfaceExists(name string) bool {
	_, ok := m.link(name)
	return ok
}

// IsLoopback reports whether the interface of that name is a loopback.
func (m *Machine) IsLoopback(name string) bool {
	i, _ := m.link(name)
	return i.Flags&net.FlagLoopback != 0
}

func (m *Machine) link(name string) (net.Interface, bool) {
	all := m.links()
	n := slices.IndexFunc(all, func(i net.Interface) bool { return i.Name == name })
	if n < 0 {
		return net.Interface{}, false
	}
	return all[n], true
}

// CPUs counts all processors, not only those that we were started on.
func (*Machine) CPUs() int {
	text, err := os.ReadFile("/sys/devices/system/cpu/online") // "0-3", "0,2-3"
	last := strings.TrimSpace(string(text))
	last = last[strings.LastIndexAny(last, ",-")+1:]
	n, convErr := strconv.Atoi(last)
	if err != nil || convErr != nil {
		return runtime.NumCPU()
	}
	return n + 1
}

// UserExists reports whether there are such a user and, unless it is empty, such
// a group. A number is one in any case, and a name too where this process has no
// descriptor left to look for it.
func (*Machine) UserExists(name, group string) bool {
	_, err := user.Lookup(name)
	if err != nil && !isNumber(name) && !script.OwnTrouble(err) {
		return false
	}
	if group == "" {
		return true
	}
	_, err = user.LookupGroup(group)
	return err == nil || isNumber(group) || script.OwnTrouble(err)
}

func isNumber(s string) bool {
	_, err := strconv.ParseUint(s, 10, 32)
	return err == nil
}

// CheckScript reports why c cannot be run, as one of the errors of package
// config.
func (*Machine) CheckScript(c command.Command, security bool) error {
	err := script.Check(c, security)
	switch {
	case err == nil, script.OwnTrouble(err): // the second says nothing about c
		return nil
	case errors.Is(err, script.ErrInsecure):
		return classified{config.ErrScriptInsecure, err}
	case errors.Is(err, fs.ErrNotExist):
		return classified{config.ErrScriptNotFound, err}
	}
	return classified{config.ErrScriptNotExecutable, err}
}

// A classified error reads as err and is of a class that another package knows.
type classified struct{ class, err error }

func (c classified) Error() string   { return c.err.Error() }
func (c classified) Unwrap() []error { return []error{c.class, c.err} }
