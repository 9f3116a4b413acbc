package rootonly

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
	"path"
	"strings"

	"golang.org/x/sys/unix"
)

// systemPath is where the programs of the system are, whatever PATH says.
const systemPath = "/usr/sbin:/sbin:/usr/bin:/bin"

// Command returns the command that runs a program of the system with args, until ctx
// ends. The name has no slash, and is looked for in the directories of the system
// alone; what a user other than root can change does not count. Nothing of our
// environment is passed on: neither PATH nor any other variable of a caller has an
// effect on what runs.
func Command(ctx context.Context, name string, args ...string) (*exec.Cmd, error) {
	file, err := Rules{RootGroup: true, OwnUser: true}.find(name)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, file, args...)
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=" + systemPath, "LC_ALL=C"}
	return cmd, nil
}

// find returns the path of a program of the system, as it is written: some have
// several names, and go by the one that they are called by.
func (r Rules) find(name string) (string, error) {
	if name == "" || strings.Contains(name, "/") {
		return "", fmt.Errorf("find program %q: not a name", name)
	}
	var refused error
	for dir := range strings.SplitSeq(systemPath, ":") {
		file := path.Join(dir, name)
		_, st, err := r.Follow(file)
		switch {
		case err == nil && st.Mode&unix.S_IFMT == unix.S_IFREG && st.Mode&0o111 != 0:
			return file, nil
		case err == nil:
			err = fmt.Errorf("%s is no program", file)
		case errors.Is(err, fs.ErrNotExist):
			continue
		}
		if refused == nil {
			refused = err
		}
	}
	if refused == nil {
		refused = fmt.Errorf("it is in none of the directories %s: %w", systemPath, fs.ErrNotExist)
	}
	return "", fmt.Errorf("find program %s: %w", name, refused)
}
