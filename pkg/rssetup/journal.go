package rssetup

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/rootonly"
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

// A store is the file of a journal. What it says is done as root: it counts only if
// nobody else can have written it.
type store struct {
	// root is the directory that is the machine's "/"; path is below it.
	root, path string
}

func (s store) exists() bool {
	_, err := os.Lstat(s.path)
	return err == nil
}

// others says that the journal is of another network namespace in the same boot.
func (s store) others(boot string) bool {
	var j journal
	text, err := s.text()
	if err != nil || json.Unmarshal(text, &j) != nil {
		return false
	}
	id, _, _ := strings.Cut(boot, " ")
	return j.Boot != boot && strings.HasPrefix(j.Boot, id+" ")
}

// load reads the journal as it is for this boot; without a file it is empty.
func (s store) load(boot string) (*journal, error) {
	j := &journal{Boot: boot}
	text, err := s.text()
	if errors.Is(err, fs.ErrNotExist) {
		return j, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the former values: %w", err)
	}
	if err := json.Unmarshal(text, j); err != nil {
		return nil, fmt.Errorf("the former values in %s are damaged (%w): move the file away, and take back by hand what was set up", s.path, err)
	}
	if err := j.check(); err != nil {
		return nil, fmt.Errorf("the former values in %s are not ours (%w), and nothing was changed: move the file away, and take back by hand what was set up", s.path, err)
	}
	j.rebase(boot)
	return j, nil
}

// text is what the file has.
func (s store) text() ([]byte, error) {
	if err := s.secure(); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(s.path, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if errors.Is(err, unix.ELOOP) {
		err = fmt.Errorf("%s %w", s.path, errLink)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil {
		return nil, err
	}
	if st.Mode&unix.S_IFMT != unix.S_IFREG || st.Nlink != 1 {
		return nil, fmt.Errorf("%s is no file, or has another name too: remove it", s.path)
	}
	if err := rootonly.Secure(s.path, &st); err != nil {
		return nil, fmt.Errorf("%w: remove it, and take back by hand what was set up", err)
	}
	return io.ReadAll(f)
}

// errLink is a link where there is to be none.
var errLink = errors.New("is a link: remove it")

// secure refuses a directory in which others can write. That there is none is an
// error too.
func (s store) secure() error {
	dir := filepath.Dir(s.path)
	switch info, err := os.Lstat(dir); {
	case err != nil:
		return err
	case info.Mode().Type() == os.ModeSymlink:
		return fmt.Errorf("%s %w", dir, errLink)
	}
	var st unix.Stat_t
	err := unix.Lstat(dir, &st)
	if err == nil {
		err = errors.Join(rootonly.Secure(dir, &st), below(s.root, filepath.Dir(dir)))
	}
	if err != nil {
		return fmt.Errorf("%s is not safe: %w; chown that to root and chmod go-w it", dir, err)
	}
	return nil
}

// below says whether others can change where a path of a directory below root
// leads, and what root has in that.
func below(root, path string) error {
	rel, err := filepath.Rel(root, path)
	if err != nil {
		return err
	}
	_, _, err = rootonly.Rules{Below: root, Sticky: true, OwnUser: true}.Follow("/" + rel)
	return err
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

// lock keeps others from changing anything until unlock is called. Who may open a
// file may lock it, so that it is one that only root may open.
func (s store) lock() (unlock func(), err error) {
	dir := filepath.Dir(s.path)
	if err := makeDir(dir); err != nil {
		return nil, fmt.Errorf("make a place for the former values: %w", err)
	}
	if err := s.secure(); err != nil {
		return nil, fmt.Errorf("find a place for the former values: %w", err)
	}
	path := filepath.Join(dir, lockName)
	for {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0o600)
		if err == nil {
			err = flock(f)
		}
		if err != nil {
			return nil, fmt.Errorf("lock %s: %w", path, err)
		}
		ours, err := f.Stat()
		there, err1 := os.Lstat(path)
		if err == nil && err1 == nil && os.SameFile(ours, there) {
			return func() { _ = os.Remove(path); f.Close() }, nil
		}
		f.Close() // who had it before has removed it
	}
}

// lockName is a file that is there while something is changed.
const lockName = "rs-setup.lock"

// flock waits for the lock of a file, and closes that if it fails.
func flock(f *os.File) error {
	for {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX)
		if err == nil {
			return nil
		}
		if !errors.Is(err, unix.EINTR) {
			f.Close()
			return err
		}
	}
}
