package rootonly

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// The binary form of an access control list, include/uapi/linux/posix_acl_xattr.h:
// a version of four bytes, then entries of eight, all little-endian.
const (
	aclName   = "system.posix_acl_access"
	aclHeader = 4
	aclEntry  = 8

	aclUser  = 0x02 // the entry names a user
	aclGroup = 0x08 // the entry names a group
	aclMask  = 0x10 // the upper limit of both
	aclWrite = 0x02
)

// listLetsWrite reports whether the access control list of path lets a user or
// group other than root write. A file system without such lists has none.
func listLetsWrite(path string) bool {
	buf := make([]byte, 64<<10) // as large as an attribute can be
	n, err := unix.Lgetxattr(path, aclName, buf)
	return err == nil && namedCanWrite(buf[:n])
}

func namedCanWrite(list []byte) bool {
	if len(list) < aclHeader {
		return false
	}
	named, mask := false, true
	for e := list[aclHeader:]; len(e) >= aclEntry; e = e[aclEntry:] {
		tag, id := binary.LittleEndian.Uint16(e), binary.LittleEndian.Uint32(e[4:])
		write := binary.LittleEndian.Uint16(e[2:])&aclWrite != 0
		switch tag {
		case aclUser, aclGroup:
			named = named || write && id != 0
		case aclMask:
			mask = write
		}
	}
	return named && mask
}
