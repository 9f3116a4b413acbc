package link

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/iproute"
)

// AddLink makes an interface and switches it on. One that is like it already is taken
// over; one of its name and kind that is otherwise, such as a predecessor has left, is
// made anew. changed is false if it was there, switched on. An interface of another
// kind is never touched.
func (c *Conn) AddLink(ctx context.Context, l iproute.Link) (changed bool, err error) {
	below, err := c.indexOf(l.Below)
	if err == nil {
		changed, err = c.addLink(ctx, l, below)
	}
	if err != nil {
		return changed, fmt.Errorf("make %s interface %s on %s: %w", l.Kind, l.Name, l.Below, linkMeaning(err))
	}
	return changed, nil
}

func (c *Conn) addLink(ctx context.Context, l iproute.Link, below int) (changed bool, err error) {
	there, err := c.ownLink(ctx, l)
	switch {
	case errors.Is(err, unix.ENODEV):
	case err != nil:
		return false, err
	case there.like(l, below):
		err := setLinkSysctls(l)
		if err == nil && !there.up {
			err = c.switchOn(ctx, l, there.index, below)
		}
		return !there.up, err
	default:
		if err := c.one(ctx, deleteLinkRequest(there.index)); err != nil {
			return false, err
		}
	}
	if err := c.one(ctx, linkRequest(l, below)); err != nil {
		return false, err
	}
	index, err := c.indexOf(l.Name)
	if err == nil {
		err = setLinkSysctls(l)
	}
	if err == nil {
		err = c.switchOn(ctx, l, index, below)
	}
	return true, err
}

// switchOn switches an interface of ours on. The kernel lets one macvlan alone have a
// hardware address on an interface: where a predecessor that was killed, or our own
// past, has left one under another name, that is removed.
func (c *Conn) switchOn(ctx context.Context, l iproute.Link, index, below int) error {
	err := c.one(ctx, upRequest(index))
	if !errors.Is(err, unix.EADDRINUSE) && !errors.Is(err, unix.EBUSY) || l.MAC == nil {
		return err
	}
	req := nl.NewNetlinkRequest(unix.RTM_GETLINK, 0)
	req.AddData(nl.NewIfInfomsg(unix.AF_UNSPEC))
	all, dumped := c.nl.Dump(ctx, req)
	if dumped != nil {
		return errors.Join(err, dumped)
	}
	for _, b := range all {
		if o := parseOwnLink(b); o.index != index && o.kind == l.Kind && o.like(l, below) {
			if err := c.one(ctx, deleteLinkRequest(o.index)); err != nil && !errors.Is(err, unix.ENODEV) {
				return err
			}
		}
	}
	return c.one(ctx, upRequest(index))
}

// SwitchLink switches an interface of ours off or on.
func (c *Conn) SwitchLink(ctx context.Context, l iproute.Link, on bool) error {
	below, err := c.indexOf(l.Below)
	if err != nil {
		return err
	}
	there, err := c.ownLink(ctx, l)
	switch {
	case err != nil:
	case on:
		err = c.switchOn(ctx, l, there.index, below)
	default:
		err = c.one(ctx, flagsRequest(there.index, 0))
	}
	if err != nil {
		return fmt.Errorf("switch interface %s: %w", l.Name, linkMeaning(err))
	}
	return nil
}

// RemoveLink removes an interface, if there is one of its name and kind.
func (c *Conn) RemoveLink(ctx context.Context, l iproute.Link) (changed bool, err error) {
	there, err := c.ownLink(ctx, l)
	if err == nil {
		err = c.one(ctx, deleteLinkRequest(there.index))
	}
	switch {
	case errors.Is(err, unix.ENODEV), errors.Is(err, errOtherKind):
		return false, nil // it never was ours, or is no more
	case err != nil:
		return false, fmt.Errorf("remove interface %s: %w", l.Name, linkMeaning(err))
	}
	return true, nil
}

// one sends one request, and returns the kernel's answer.
func (c *Conn) one(ctx context.Context, req *nl.NetlinkRequest) (answer error) {
	err := c.nl.Do(ctx, []*nl.NetlinkRequest{req}, func(_ int, err error) { answer = err })
	return errors.Join(err, answer)
}

// errOtherKind says that an interface has the name and is something else.
var errOtherKind = errors.New("another interface has that name: write another one")

// An ownLink is what is known of an interface that may be ours.
type ownLink struct {
	index, below int
	up           bool
	mac          []byte
	kind         string
	mode         uint32
}

// ownLink returns the interface of the name and kind of l.
func (c *Conn) ownLink(ctx context.Context, l iproute.Link) (o ownLink, err error) {
	req := nl.NewNetlinkRequest(unix.RTM_GETLINK, 0)
	req.AddData(nl.NewIfInfomsg(unix.AF_UNSPEC))
	req.AddData(nl.NewRtAttr(unix.IFLA_IFNAME, nl.ZeroTerminated(l.Name)))
	answer, err := c.nl.Query(ctx, req)
	if err != nil {
		return o, err
	}
	for _, b := range answer {
		if o = parseOwnLink(b); o.index != 0 && o.kind == l.Kind {
			return o, nil
		}
	}
	return o, errOtherKind
}

func parseOwnLink(b []byte) (o ownLink) {
	info, ok := parseLink(b)
	if !ok {
		return o
	}
	o.index, o.mac = info.index, []byte(info.mac)
	o.up = nl.DeserializeIfInfomsg(b).Flags&unix.IFF_UP != 0
	attrs := b[unix.SizeofIfInfomsg:]
	number := func(b []byte) (n uint32) {
		switch len(b) {
		case 4:
			n = binary.NativeEndian.Uint32(b)
		case 2:
			n = uint32(binary.NativeEndian.Uint16(b))
		}
		return n
	}
	_ = nested(attrs, func(b []byte) { o.below = int(number(b)) }, unix.IFLA_LINK)
	_ = nested(attrs, func(b []byte) { o.kind = cString(b) }, unix.IFLA_LINKINFO, unix.IFLA_INFO_KIND)
	mode := map[string]uint16{"macvlan": nl.IFLA_MACVLAN_MODE, "ipvlan": nl.IFLA_IPVLAN_FLAG}[o.kind]
	_ = nested(attrs, func(b []byte) { o.mode = number(b) }, unix.IFLA_LINKINFO, unix.IFLA_INFO_DATA, mode)
	return o
}

// like says that o is what l asks for.
func (o ownLink) like(l iproute.Link, below int) bool {
	return o.below == below && o.mode == linkMode(l) && (l.MAC == nil || bytes.Equal(o.mac, l.MAC))
}

// linkMode is the kernel's number of the mode.
func linkMode(l iproute.Link) uint32 {
	if l.Kind == "macvlan" {
		return map[string]uint32{"private": nl.MACVLAN_MODE_PRIVATE, "vepa": nl.MACVLAN_MODE_VEPA, "bridge": nl.MACVLAN_MODE_BRIDGE}[l.Mode]
	}
	return map[string]uint32{"bridge": 0, "private": 1, "vepa": 2}[l.Mode] // IPVLAN_F_PRIVATE, IPVLAN_F_VEPA
}

func linkRequest(l iproute.Link, below int) *nl.NetlinkRequest {
	req := nl.NewNetlinkRequest(unix.RTM_NEWLINK, unix.NLM_F_CREATE|unix.NLM_F_EXCL)
	req.AddData(nl.NewIfInfomsg(unix.AF_UNSPEC))
	req.AddData(nl.NewRtAttr(unix.IFLA_IFNAME, nl.ZeroTerminated(l.Name)))
	req.AddData(nl.NewRtAttr(unix.IFLA_LINK, nl.Uint32Attr(uint32(below))))
	if l.MAC != nil {
		req.AddData(nl.NewRtAttr(unix.IFLA_ADDRESS, l.MAC))
	}
	info := nl.NewRtAttr(unix.IFLA_LINKINFO, nil)
	info.AddRtAttr(unix.IFLA_INFO_KIND, nl.NonZeroTerminated(l.Kind))
	data := info.AddRtAttr(unix.IFLA_INFO_DATA, nil)
	if l.Kind == "macvlan" {
		data.AddRtAttr(nl.IFLA_MACVLAN_MODE, nl.Uint32Attr(linkMode(l)))
	} else {
		data.AddRtAttr(nl.IFLA_IPVLAN_MODE, nl.Uint16Attr(0)) // IPVLAN_MODE_L2
		data.AddRtAttr(nl.IFLA_IPVLAN_FLAG, nl.Uint16Attr(uint16(linkMode(l))))
	}
	req.AddData(info)
	return req
}

func upRequest(index int) *nl.NetlinkRequest { return flagsRequest(index, unix.IFF_UP) }

func flagsRequest(index int, flags uint32) *nl.NetlinkRequest {
	req := nl.NewNetlinkRequest(unix.RTM_NEWLINK, 0)
	msg := nl.NewIfInfomsg(unix.AF_UNSPEC)
	msg.Index, msg.Flags, msg.Change = int32(index), flags, unix.IFF_UP
	req.AddData(msg)
	return req
}

func deleteLinkRequest(index int) *nl.NetlinkRequest {
	req := nl.NewNetlinkRequest(unix.RTM_DELLINK, 0)
	msg := nl.NewIfInfomsg(unix.AF_UNSPEC)
	msg.Index = int32(index)
	req.AddData(msg)
	return req
}

// linkMeaning adds to the kernel's answer what it means and what to do.
func linkMeaning(err error) error {
	text := ""
	switch {
	case errors.Is(err, unix.EPERM):
		text = "it takes CAP_NET_ADMIN: run as root, or give it to the service or the container"
	case errors.Is(err, unix.ENODEV):
		text = "there is no such interface"
	case errors.Is(err, unix.EOPNOTSUPP):
		text = "this kernel has no such interfaces: load the module macvlan or ipvlan"
	case errors.Is(err, unix.EBUSY), errors.Is(err, unix.EADDRINUSE):
		text = "another program has an interface of that kind or hardware address there"
	default:
		return err
	}
	return fmt.Errorf("%s (%w)", text, err)
}
