package script

import (
	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/rootonly"
)

// guard returns an error that wraps ErrInsecure if a user other than root can change
// what is at the absolute path.
//
// A program that passes is started by its path, just as it is written, and not by a
// descriptor: nobody but root can make the path mean another file, a script sees its
// own path in $0, and the process has its proper name.
func guard(name string) error {
	_, _, err := follow(name)
	return err
}

// follow is guard, and returns the path without links, and what is there.
func follow(name string) (string, unix.Stat_t, error) {
	return rootonly.Rules{Sticky: true, RootGroup: true}.Follow(name)
}
