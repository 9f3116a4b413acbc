package rssetup

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// newSuffix marks a file that is still being written.
const newSuffix = ".new"

// replaceFile puts a text in the place of a file, whole or not at all, and on the
// disk when it returns.
func replaceFile(path, text string) error {
	return replace(path, func(temporary string) error {
		f, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL|unix.O_NOFOLLOW, 0o644)
		if err != nil {
			return err
		}
		_, err = f.WriteString(text)
		return errors.Join(err, f.Sync(), f.Close())
	})
}

// replaceLink puts a symbolic link in the place of what is at path.
func replaceLink(path, target string) error {
	return replace(path, func(temporary string) error { return os.Symlink(target, temporary) })
}

func replace(path string, write func(temporary string) error) error {
	if err := makeDir(filepath.Dir(path)); err != nil {
		return err
	}
	temporary := path + newSuffix
	_ = os.Remove(temporary) // a crash left it
	err := write(temporary)
	if err == nil {
		err = os.Rename(temporary, path)
	}
	if err != nil {
		os.Remove(temporary)
		return err
	}
	return syncDir(filepath.Dir(path))
}

// removeFile removes a file or link, and what a crash left beside it. It is no
// error if there is none.
func removeFile(path string) error {
	for _, p := range []string{path + newSuffix, path} {
		if err := os.Remove(p); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	err := syncDir(filepath.Dir(path))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// makeDir makes a directory that is on the disk when it returns, with those that it
// is in.
func makeDir(dir string) error {
	err := os.Mkdir(dir, 0o755)
	if errors.Is(err, fs.ErrNotExist) {
		if err = makeDir(filepath.Dir(dir)); err == nil {
			err = os.Mkdir(dir, 0o755)
		}
	}
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return syncDir(filepath.Dir(dir))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
