package firewall

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// explain says of a failure what to do about it.
func (t *table) explain(err error) error {
	family := "ip"
	if t.key.ipv6 {
		family = "ip6"
	}
	name := fmt.Sprintf("%s %s", family, t.key.Table)
	const dropped = "packets to the addresses are not dropped"
	switch {
	case errors.Is(err, unix.EEXIST):
		return fmt.Errorf("%s: there is an nftables table %s already, which is not this process's: delete it (nft delete table %s), or name another one with nftables in global_defs: %w", dropped, name, name, err)
	case errors.Is(err, unix.EPERM), errors.Is(err, unix.EACCES):
		return fmt.Errorf("%s: the process may not add the nftables table %s: it needs CAP_NET_ADMIN: %w", dropped, name, err)
	}
	for _, errno := range []error{unix.EOPNOTSUPP, unix.EPROTONOSUPPORT, unix.EAFNOSUPPORT, unix.EINVAL, unix.ENOENT} {
		if errors.Is(err, errno) {
			return fmt.Errorf("%s: this kernel has no nftables, or none of Linux 5.12 or newer: load its modules (modprobe nf_tables), or write accept if that is meant: %w", dropped, err)
		}
	}
	return fmt.Errorf("%s: add the nftables table %s: %w", dropped, name, err)
}
