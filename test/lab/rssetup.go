package lab

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// RSSetup runs kactl rs-setup on the host, with a /var/lib of the host's own for
// the values from before. It demands the exit status and returns what was printed.
func (h *Host) RSSetup(status int, args ...string) string {
	t := h.lab.t
	t.Helper()
	const enter = `mount --bind "$0" /var/lib && exec "$@"`
	lib := filepath.Dir(h.lab.WriteFile(filepath.Join(h.Name, "lib", "empty"), ""))
	command := append([]string{"--mount", "sh", "-c", enter, lib, os.Getenv(BinaryVar), "rs-setup"}, args...)
	var out []byte
	err := h.Do(func() error {
		cmd := exec.Command("unshare", command...)
		var err error
		out, err = cmd.CombinedOutput()
		if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
			return err
		}
		if got := cmd.ProcessState.ExitCode(); got != status {
			return fmt.Errorf("exit status %d, want %d", got, status)
		}
		return nil
	})
	if err != nil {
		t.Fatalf("%s: kactl rs-setup %s: %v\n%s", h.Name, strings.Join(args, " "), err, out)
	}
	return string(out)
}
