package link

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// SetSysctl sets a kernel parameter by its path below /proc/sys, such as
// net/ipv4/conf/eth0/promote_secondaries, and returns what it was. One that has the
// value already is not written. It is that of the thread's network namespace.
func SetSysctl(path, value string) (before string, err error) {
	file := filepath.Join("/proc/sys", path)
	old, err := os.ReadFile(file)
	if err == nil {
		if before = string(bytes.TrimSpace(old)); before == value {
			return before, nil
		}
		err = os.WriteFile(file, []byte(value), 0)
	}
	if err != nil {
		return before, fmt.Errorf("set sysctl %s to %s: %w", strings.ReplaceAll(path, "/", "."), value, err)
	}
	return before, nil
}
