package script

import (
	"errors"
	"fmt"
	"os/user"
	"slices"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/command"
)

// An identity is whom a program runs as. As with keepalived the group is the
// only one: no supplementary groups of the user are added.
type identity struct {
	uid, gid uint32
}

// identityOf resolves the names of c. Without a user it is our own identity,
// without a group the user's primary one.
func identityOf(c command.Command) (identity, error) {
	id := identity{uid: uint32(unix.Geteuid()), gid: uint32(unix.Getegid())}
	if c.User != "" {
		u, err := user.Lookup(c.User)
		if err != nil {
			return id, fmt.Errorf("run %s: %w", c, err)
		}
		if id.uid, err = number(u.Uid); err != nil {
			return id, fmt.Errorf("run %s: user %s: %w", c, c.User, err)
		}
		if id.gid, err = number(u.Gid); err != nil {
			return id, fmt.Errorf("run %s: user %s: %w", c, c.User, err)
		}
	}
	if c.Group != "" {
		g, err := user.LookupGroup(c.Group)
		if err != nil {
			return id, fmt.Errorf("run %s: %w", c, err)
		}
		if id.gid, err = number(g.Gid); err != nil {
			return id, fmt.Errorf("run %s: group %s: %w", c, c.Group, err)
		}
	}
	return id, nil
}

// Owner returns the ids of a user and a group, as [Runner.Run] finds those of a
// command.
func Owner(name, group string) (uid, gid int, err error) {
	id, err := identityOf(command.Command{User: name, Group: group})
	if err != nil {
		return 0, 0, errors.Unwrap(err)
	}
	return int(id.uid), int(id.gid), nil
}

func number(s string) (uint32, error) {
	n, err := strconv.ParseUint(s, 10, 32)
	return uint32(n), err
}

// credential returns what a child must change to become id, nil if nothing:
// an unprivileged process can run programs as itself only, and may not even
// set the groups that it has.
func (id identity) credential() *syscall.Credential {
	if id.uid == uint32(unix.Geteuid()) && id.gid == uint32(unix.Getegid()) {
		groups, err := unix.Getgroups()
		another := func(g int) bool { return uint32(g) != id.gid }
		if id.uid != 0 || err == nil && !slices.ContainsFunc(groups, another) {
			return nil
		}
	}
	return &syscall.Credential{Uid: id.uid, Gid: id.gid, Groups: []uint32{id.gid}}
}

// mayExecute reports whether mode, of a file of owner and group, lets id
// execute a program or search a directory. Access control lists are not
// looked at; the kernel has the last word when the program is started.
func (id identity) mayExecute(st *unix.Stat_t) bool {
	dir := st.Mode&unix.S_IFMT == unix.S_IFDIR
	switch {
	case id.uid == 0:
		return dir || st.Mode&0o111 != 0
	case id.uid == st.Uid:
		return st.Mode&0o100 != 0
	case id.gid == st.Gid:
		return st.Mode&0o010 != 0
	}
	return st.Mode&0o001 != 0
}
