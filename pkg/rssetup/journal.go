package rssetup

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// A journal is what was set up so far, and what there was before.
type journal struct {
	Boot string `json:"boot"`
	// Targets are all that were asked for, by this run or an earlier one.
	Targets []Target `json:"targets"`
	// Steps are those that were taken, or were about to be, in order; of each
	// thing the first one, whose From is the value to go back to.
	Steps []Step `json:"steps"`
	// Indexes are the kernel's numbers of the steps' interfaces, by name.
	Indexes map[string]int `json:"indexes,omitempty"`
}

func (j *journal) has(t Thing) bool {
	return slices.ContainsFunc(j.Steps, func(s Step) bool { return s.Thing == t })
}

// persisted says that files apply the targets at boot.
func (j *journal) persisted() bool { return j.has(Thing{Kind: File, Name: unitFile}) }

// rebase makes the journal one of this boot. Addresses and interfaces are gone
// with the one that it was written in, and so are sysctls, unless our own file has
// set them again: what they were before that is what we know.
func (j *journal) rebase(boot string) {
	if j.Boot == boot {
		return
	}
	j.Boot, j.Indexes = boot, nil
	if !j.persisted() {
		j.Targets, j.Steps = nil, nil
		return
	}
	j.Steps = slices.DeleteFunc(j.Steps, func(s Step) bool { return s.Kind == Address || s.Kind == Switch })
}

// A store is the file of a journal.
type store struct{ path string }

func (s store) exists() bool {
	_, err := os.Lstat(s.path)
	return err == nil
}

// others says that the journal is of another network namespace in the same boot.
func (s store) others(boot string) bool {
	var j journal
	text, err := os.ReadFile(s.path)
	if err != nil || json.Unmarshal(text, &j) != nil {
		return false
	}
	id, _, _ := strings.Cut(boot, " ")
	return j.Boot != boot && strings.HasPrefix(j.Boot, id+" ")
}

// load reads the journal as it is for this boot; without a file it is empty.
func (s store) load(boot string) (*journal, error) {
	j := &journal{Boot: boot}
	text, err := os.ReadFile(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return j, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the former values: %w", err)
	}
	if err := json.Unmarshal(text, j); err != nil {
		return nil, fmt.Errorf("the former values in %s are damaged (%w): move the file away, and take back by hand what was set up", s.path, err)
	}
	j.rebase(boot)
	return j, nil
}

// save writes the journal so that it outlives a crash that comes next.
func (s store) save(j *journal) error {
	text, err := json.MarshalIndent(j, "", "  ")
	if err == nil {
		err = replaceFile(s.path, string(text)+"\n")
	}
	if err != nil {
		return fmt.Errorf("note the former values: %w", err)
	}
	return nil
}

// remove is the end of the journal.
func (s store) remove() error {
	if err := removeFile(s.path); err != nil {
		return fmt.Errorf("remove the former values: %w", err)
	}
	return nil
}

// lock keeps others from changing anything until unlock is called.
func (s store) lock() (unlock func(), err error) {
	dir := filepath.Dir(s.path)
	if err := makeDir(dir); err != nil {
		return nil, fmt.Errorf("make a place for the former values: %w", err)
	}
	d, err := os.Open(dir)
	if err == nil {
		err = unix.Flock(int(d.Fd()), unix.LOCK_EX)
	}
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", dir, err)
	}
	return func() { d.Close() }, nil
}
