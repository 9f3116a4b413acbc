package script

import (
	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/rootonly"
)

// guard returns what is at the absolute path, or an error that wraps ErrInsecure
// if a user other than root can change what that is.
//
// A program that passes is started by its path, just as it is written, and not by a
// descriptor: nobody but root can make the path mean another file, a script sees its
// own path in $0, and the process has its proper name.
func guard(name string) (unix.Stat_t, error) {
	_, st, err := rootonly.Rules{Sticky: true, RootGroup: true}.Follow(name)
	return st, err
}
