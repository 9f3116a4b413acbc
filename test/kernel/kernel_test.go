// Package kernel runs the unit tests of the packages that need a kernel with
// IPVS, those with a kernel_test.go, on one: this machine's, else user-mode
// Linux.
package kernel

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kactl/kactl/test/lab"
	"github.com/kactl/kactl/test/uml"

	"github.com/kactl/kactl/test/need"
)

func TestMain(m *testing.M) {
	uml.Init()
	os.Exit(m.Run())
}

func TestPackages(t *testing.T) {
	need.Guest(t)
	need.Root(t)
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	files, err := exec.Command("find", filepath.Join(root, "pkg"), "-name", "kernel_test.go").Output()
	if err != nil {
		t.Fatal(err)
	}
	found := strings.Fields(string(files))
	if len(found) == 0 {
		t.Fatal("no package has a kernel_test.go")
	}
	for _, file := range found {
		dir := filepath.Dir(file)
		name, _ := filepath.Rel(root, dir)
		t.Run(name, func(t *testing.T) {
			program := filepath.Join(t.TempDir(), "kernel.test")
			build := exec.Command("go", "test", "-c", "-o", program, ".")
			build.Dir = dir
			if out, err := build.CombinedOutput(); err != nil {
				t.Fatalf("build: %v\n%s", err, out)
			}
			var out bytes.Buffer
			status, err := onKernel(t, dir, &out, program, "-test.v", "-test.timeout=10m")
			if err != nil || status != 0 {
				t.Fatalf("exit status %d, %v\n%s", status, err, &out)
			}
			if passed := strings.Count(out.String(), "\n--- PASS: TestKernel"); passed == 0 {
				t.Errorf("no test of the kernel passed:\n%s", &out)
			}
		})
	}
}

// onKernel runs a test binary where there is IPVS.
func onKernel(t *testing.T, dir string, out *bytes.Buffer, command ...string) (int, error) {
	if !lab.HaveIPVS() {
		return lab.Guest(t.Context(), dir, out, command...)
	}
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, out, out
	cmd.Env = append(os.Environ(), "KACTL_E2E=1")
	err := cmd.Run()
	if cmd.ProcessState != nil && cmd.ProcessState.Exited() {
		return cmd.ProcessState.ExitCode(), nil
	}
	return -1, err
}
