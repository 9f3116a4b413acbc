package daemon

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"os/user"
	"runtime"
	"strconv"
	"strings"

	"github.com/kactl/kactl/pkg/command"
	"github.com/kactl/kactl/pkg/config"
	"github.com/kactl/kactl/pkg/script"
)

// host tells the configuration about the machine that it is for: this one.
type host struct{}

func (host) InterfaceExists(name string) bool {
	_, err := net.InterfaceByName(name)
	return err == nil
}

func (host) IsLoopback(name string) bool {
	i, err := net.InterfaceByName(name)
	return err == nil && i.Flags&net.FlagLoopback != 0
}

// CPUs counts all processors, not only those that we were started on.
func (host) CPUs() int {
	text, err := os.ReadFile("/sys/devices/system/cpu/online") // "0-3", "0,2-3"
	last := strings.TrimSpace(string(text))
	last = last[strings.LastIndexAny(last, ",-")+1:]
	n, convErr := strconv.Atoi(last)
	if err != nil || convErr != nil {
		return runtime.NumCPU()
	}
	return n + 1
}

func (host) UserExists(name, group string) bool {
	if _, err := user.Lookup(name); err != nil && !isNumber(name) {
		return false
	}
	if group == "" {
		return true
	}
	_, err := user.LookupGroup(group)
	return err == nil || isNumber(group)
}

func isNumber(s string) bool {
	_, err := strconv.ParseUint(s, 10, 32)
	return err == nil
}

func (host) CheckScript(c command.Command, security bool) error {
	err := script.Check(c, security)
	switch {
	case err == nil:
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
