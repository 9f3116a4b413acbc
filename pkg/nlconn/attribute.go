package nlconn

import (
	"errors"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// ErrMalformed says that an attribute is cut off or shorter than its header.
var ErrMalformed = errors.New("the kernel's answer is malformed")

// attributeType leaves the number of an attribute, without the flags that say
// that it has attributes inside or numbers in network order.
const attributeType = ^uint16(unix.NLA_F_NESTED | unix.NLA_F_NET_BYTEORDER)

// Attributes calls f with the number and the value of each attribute of b, up to
// the first that is malformed. Generic and route netlink have the same ones, and
// so have the attributes inside of others. The value is part of b. (Of the
// library, nl.ParseRouteAttr panics where the padding of the last one is
// missing, and allocates.)
func Attributes(b []byte, f func(kind uint16, value []byte)) error {
	for len(b) > 0 {
		if len(b) < unix.SizeofNlAttr {
			return ErrMalformed
		}
		n := int(nl.NativeEndian().Uint16(b))
		if n < unix.SizeofNlAttr || n > len(b) {
			return ErrMalformed
		}
		f(nl.NativeEndian().Uint16(b[2:])&attributeType, b[unix.SizeofNlAttr:n])
		b = b[min((n+unix.NLA_ALIGNTO-1)&^(unix.NLA_ALIGNTO-1), len(b)):]
	}
	return nil
}
