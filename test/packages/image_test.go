package packages

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kactl/kactl/test/need"
)

// TestImage builds the image of the recipe, looks at what is in it, and starts
// it without an engine: as the first process of its namespaces, in its files.
func TestImage(t *testing.T) {
	need.Root(t)
	if _, err := exec.LookPath("buildah"); err != nil {
		need.Missing(t, "%v", err)
	}
	dir, store := t.TempDir(), t.TempDir()
	c := exec.Command("go", "build", "-trimpath", "-o", dir+"/kactl", ".")
	c.Dir, c.Env = top, append(os.Environ(), "CGO_ENABLED=0")
	output(t, c)
	buildah := func(args ...string) string {
		t.Helper()
		c := exec.Command("buildah", append([]string{"--root", store + "/root", "--runroot", store + "/run", "--storage-driver", "vfs"}, args...)...)
		out, err := c.Output()
		if err != nil {
			t.Fatalf("%s: %v", c, err)
		}
		return strings.TrimSpace(string(out))
	}
	buildah("build", "--quiet", "-f", top+"/packaging/Containerfile", "-t", "kactl", dir)
	var image struct {
		OCIv1 struct {
			Config struct{ Entrypoint, Cmd []string }
		}
	}
	if err := json.Unmarshal([]byte(buildah("inspect", "--type", "image", "kactl")), &image); err != nil {
		t.Fatal(err)
	}
	container := buildah("from", "kactl")
	defer buildah("rm", container)
	files := buildah("mount", container)
	defer buildah("umount", container)

	if got, want := list(t, files), []string{"/run", "/usr", "/usr/bin", "/usr/bin/kactl"}; !slices.Equal(got, want) {
		t.Errorf("the image has %q, want %q", got, want)
	}
	for _, name := range []string{"/proc", "/dev"} { // an engine makes these
		if err := os.Mkdir(files+name, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	start := func(command ...string) (string, int) {
		const enter = `mount -t proc proc "$0/proc" && mount --bind /dev "$0/dev" && exec chroot "$0" "$@"`
		c := exec.Command("unshare", append([]string{"--pid", "--fork", "--kill-child", "--net", "--mount", "sh", "-c", enter, files}, command...)...)
		c.Env = environment
		out, err := c.CombinedOutput()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatalf("%s: %v", c, err)
		}
		return string(out), c.ProcessState.ExitCode()
	}
	config := image.OCIv1.Config
	if out, status := start(append(config.Entrypoint, "version")...); status != 0 || !strings.HasPrefix(out, "kactl ") {
		t.Errorf("version: exit status %d\n%s", status, out)
	}
	// It says on the standard error that it was given no configuration.
	if out, status := start(append(config.Entrypoint, config.Cmd...)...); status != 6 || !strings.Contains(out, "/etc/keepalived/keepalived.conf") {
		t.Errorf("without a command: exit status %d\n%s", status, out)
	}
}

// list returns what is below dir.
func list(t *testing.T, dir string) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if name := strings.TrimPrefix(path, dir); name != "" {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}
