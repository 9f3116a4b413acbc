// Package rootonly says whether anybody but root can change what a path leads to.
package rootonly

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// ErrInsecure says that a user other than root can change what a path leads to.
var ErrInsecure = errors.New("insecure: a user other than root can change it")

// Rules say what a path may pass. The zero value asks for the most: everything
// belongs to root, and nobody else can write to it, not even the group root.
type Rules struct {
	// Below is a directory that stands for the root directory: paths and links are
	// read as below it, and it is not looked at itself. Empty is none.
	Below string
	// Sticky accepts directories that everybody can write to if they have the
	// sticky bit: what is there now is root's, and will be for as long as root
	// leaves it there. Once that is gone anybody can make another one.
	Sticky bool
	// RootGroup takes what the group root can write for root's own.
	RootGroup bool
	// OwnUser takes what belongs to the user of the process for root's own.
	OwnUser bool
}

// Resolve follows an absolute path by rules that accept the own user, for where
// the process is not root, and returns where it ends, without links.
func Resolve(path string) (string, error) {
	end, _, err := Rules{OwnUser: true}.Follow(path)
	return end, err
}

// Secure says of one directory or file whether others can write to it.
func Secure(path string, st *unix.Stat_t) error { return Rules{OwnUser: true}.refuse(path, path, st) }

// refuse says why others than root can change what is at a path. shown is the
// path for the message. An owner can give himself the permission, so any owner but
// root counts.
func (r Rules) refuse(path, shown string, st *unix.Stat_t) error {
	if err := r.refuseOwner(shown, st); err != nil {
		return err
	}
	if r.Sticky && isSticky(st) {
		return nil
	}
	group := st.Mode&0o020 != 0 && !(r.RootGroup && st.Gid == 0)
	if st.Mode&0o002 != 0 || group {
		return fmt.Errorf("%w: %s has mode %04o and owner %d:%d; chown it to root and chmod go-w it",
			ErrInsecure, shown, st.Mode&0o7777, st.Uid, st.Gid)
	}
	// The bits of the group are an upper limit for all whom an access control
	// list names.
	if st.Mode&0o020 != 0 && listLetsWrite(path) {
		return fmt.Errorf("%w: %s has an access control list that lets others write; remove it by setfacl -b", ErrInsecure, shown)
	}
	return nil
}

func (r Rules) refuseOwner(shown string, st *unix.Stat_t) error {
	if st.Uid == 0 || r.OwnUser && int(st.Uid) == os.Geteuid() {
		return nil
	}
	what := "it"
	if st.Mode&unix.S_IFMT == unix.S_IFLNK {
		what = "the link"
	}
	return fmt.Errorf("%w: %s belongs to user %d; chown -h %s to root", ErrInsecure, shown, st.Uid, what)
}

func isSticky(st *unix.Stat_t) bool {
	return st.Mode&unix.S_IFMT == unix.S_IFDIR && st.Mode&unix.S_ISVTX != 0
}

// Shared reports whether others than root and the group root can make names in the
// directory at path, which is no link, or write to the file there: by its mode, or by
// its access control list.
func Shared(path string, st *unix.Stat_t) bool {
	return st.Mode&0o002 != 0 || st.Mode&0o020 != 0 && (st.Gid != 0 || listLetsWrite(path))
}

// real is where a path below the root directory of the rules is.
func (r Rules) real(path string) string { return filepath.Join("/", r.Below, path) }
