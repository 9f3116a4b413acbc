package uml

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// The box is a directory that host and guest share: the host writes the job
// before the boot, the guest writes the exit status as its last act.
const (
	boxVar     = "KACTL_UML_BOX" // its path, on the guest kernel's command line
	jobFile    = "job.json"
	statusFile = "status"
	// upLine is the first line that the guest's init writes. What comes before
	// is the kernel's own, what comes after the command's.
	upLine = "kactl-uml: up"
	// downLine is the last: what follows is the kernel's again.
	downLine = "kactl-uml: down"
)

// job is what the guest's init is to do.
type job struct {
	Command, Env      []string
	Dir               string
	Writable, Visible []string
	Modules           []string
}

func newBox(c Config) (string, error) {
	box, err := os.MkdirTemp("/var/tmp", "kactl-uml-")
	if err != nil {
		return "", fmt.Errorf("make the guest's box: %w", err)
	}
	text, err := json.Marshal(job{
		Command: c.Command, Env: c.Env, Dir: c.Dir,
		Writable: c.Writable, Visible: c.Visible, Modules: c.Modules,
	})
	if err == nil {
		err = os.WriteFile(filepath.Join(box, jobFile), text, 0o600)
	}
	if err != nil {
		os.RemoveAll(box)
		return "", fmt.Errorf("write the guest's job: %w", err)
	}
	return box, nil
}

func readJob(box string) (job, error) {
	var j job
	text, err := os.ReadFile(filepath.Join(box, jobFile))
	if err != nil {
		return j, err
	}
	return j, json.Unmarshal(text, &j)
}
