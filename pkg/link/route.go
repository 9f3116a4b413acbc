package link

import (
	"context"
	"errors"
	"fmt"
	"net/netip"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// Reaches says whether the routing tables have a way to dst that leaves by the
// interface; the index 0 is any. Without one the kernel takes an address for a
// neighbour when a socket is bound to the interface: what is sent gets nowhere,
// and nobody says so.
func (c *Conn) Reaches(ctx context.Context, index int, dst netip.Addr) (bool, error) {
	req := nl.NewNetlinkRequest(unix.RTM_GETROUTE, 0)
	family := uint8(unix.AF_INET)
	if dst.Is6() {
		family = unix.AF_INET6
	}
	req.AddData(&nl.RtMsg{RtMsg: unix.RtMsg{Family: family, Dst_len: uint8(dst.BitLen()), Flags: unix.RTM_F_FIB_MATCH}})
	req.AddData(nl.NewRtAttr(unix.RTA_DST, dst.AsSlice()))
	req.AddData(nl.NewRtAttr(unix.RTA_OIF, nl.Uint32Attr(uint32(index))))
	_, err := c.nl.Query(ctx, req)
	switch {
	case err == nil:
		return true, nil
	case errors.Is(err, unix.ENETUNREACH), errors.Is(err, unix.EHOSTUNREACH), errors.Is(err, unix.EACCES),
		errors.Is(err, unix.EINVAL), errors.Is(err, unix.ENODEV):
		// None; or one that refuses: unreachable, prohibit, blackhole, throw.
		return false, nil
	}
	return false, fmt.Errorf("look up the route to %s: %w", dst, err)
}
