package link

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/iproute"
	"github.com/kactl/kactl/pkg/nlconn"
)

// AddRoutes adds the routes in their order and calls ack for each as AddAddresses
// does: changed is false if there was one like it.
func (c *Conn) AddRoutes(ctx context.Context, list []*iproute.Route, ack Ack) error {
	return c.changeRoutes(ctx, "add", list, addRouteRequest, ack)
}

// RemoveRoutes removes the routes, those that went with their interface included.
func (c *Conn) RemoveRoutes(ctx context.Context, list []*iproute.Route, ack Ack) error {
	return c.changeRoutes(ctx, "remove", list, deleteRouteRequest, ack)
}

// AddRules adds the rules in their order, as AddRoutes does.
func (c *Conn) AddRules(ctx context.Context, list []*iproute.Rule, ack Ack) error {
	return c.changeRules(ctx, "add", list, addRuleRequest, ack)
}

// RemoveRules removes the rules.
func (c *Conn) RemoveRules(ctx context.Context, list []*iproute.Rule, ack Ack) error {
	return c.changeRules(ctx, "remove", list, deleteRuleRequest, ack)
}

func (c *Conn) changeRoutes(ctx context.Context, verb string, list []*iproute.Route, make func(*iproute.Route, ifaces) (*nl.NetlinkRequest, error), ack Ack) error {
	t := tableBatch{verb: verb, what: "route", ack: ack, name: func(i int) string { return list[i].String() }}
	find := c.find(ctx)
	for i, r := range list {
		req, err := make(r, find)
		switch {
		case err == nil:
			t.append(i, req)
		case errors.As(err, new(lookupError)):
			return fmt.Errorf("%s routes: %w", verb, err)
		case verb == "remove" && !isAnswer(err):
			t.report(i, unix.ESRCH) // what cannot be said was never added
		default:
			t.report(i, err)
		}
	}
	var exist []int // routes of the word "add", of which the kernel says that they do
	t.answer = func(i int, err error) {
		if verb == "add" && list[i].Order == "add" && errors.Is(err, unix.EEXIST) {
			exist = append(exist, i)
		} else {
			t.report(i, err)
		}
	}
	if err := t.send(ctx, c); err != nil {
		return err
	}
	return c.confirm(ctx, list, exist, find, t.report)
}

func (c *Conn) changeRules(ctx context.Context, verb string, list []*iproute.Rule, make func(*iproute.Rule) *nl.NetlinkRequest, ack Ack) error {
	t := tableBatch{verb: verb, what: "rule", ack: ack, name: func(i int) string { return list[i].String() }}
	t.answer = t.report
	for i, r := range list {
		t.append(i, make(r))
	}
	return t.send(ctx, c)
}

// find remembers what it has found: one batch asks for few interfaces.
func (c *Conn) find(ctx context.Context) ifaces {
	type answer struct {
		n   uint32
		err error
	}
	remember := func(f func(string) (uint32, error)) func(string) (uint32, error) {
		known := map[string]answer{}
		return func(name string) (uint32, error) {
			a, ok := known[name]
			if !ok {
				a.n, a.err = f(name)
				known[name] = a
			}
			return a.n, a.err
		}
	}
	return ifaces{
		index: remember(func(name string) (uint32, error) {
			n, err := c.indexOf(name)
			return uint32(n), err
		}),
		table: remember(func(name string) (uint32, error) { return c.vrfTable(ctx, name) }),
	}
}

// vrfTable returns the routing table of a VRF.
func (c *Conn) vrfTable(ctx context.Context, name string) (table uint32, err error) {
	req := nl.NewNetlinkRequest(unix.RTM_GETLINK, 0)
	req.AddData(nl.NewIfInfomsg(unix.AF_UNSPEC))
	req.AddData(nl.NewRtAttr(unix.IFLA_IFNAME, nl.ZeroTerminated(name)))
	answer, err := c.nl.Query(ctx, req)
	switch {
	case err == nil:
	case isAnswer(err):
		return 0, fmt.Errorf("find VRF %s: %w", name, err)
	default:
		return 0, lookupError{fmt.Errorf("find VRF %s: %w", name, err)}
	}
	for _, b := range answer {
		table = max(table, parseVRFTable(b))
	}
	if table == 0 {
		return 0, fmt.Errorf("%s is no VRF: %w", name, unix.ENODEV)
	}
	return table, nil
}

// A lookupError says that it is not known whether an interface is there.
type lookupError struct{ error }

func (e lookupError) Unwrap() error { return e.error }

// iflaVRFTable is IFLA_VRF_TABLE.
const iflaVRFTable = 1

// parseVRFTable reads the table of an interface from an RTM_NEWLINK without its
// netlink header; it is 0 if the interface is no VRF.
func parseVRFTable(b []byte) (table uint32) {
	if len(b) < unix.SizeofIfInfomsg {
		return 0
	}
	vrf := false
	info := b[unix.SizeofIfInfomsg:]
	_ = nested(info, func(kind []byte) { vrf = cString(kind) == "vrf" }, unix.IFLA_LINKINFO, unix.IFLA_INFO_KIND)
	if vrf {
		_ = nested(info, func(value []byte) {
			if len(value) == 4 {
				table = binary.NativeEndian.Uint32(value)
			}
		}, unix.IFLA_LINKINFO, unix.IFLA_INFO_DATA, iflaVRFTable)
	}
	return table
}

// nested calls f with the value of the attribute at a path of attributes.
func nested(b []byte, f func([]byte), path ...uint16) error {
	return nlconn.Attributes(b, func(kind uint16, value []byte) {
		switch {
		case kind != path[0]:
		case len(path) == 1:
			f(value)
		default:
			_ = nested(value, f, path[1:]...) // what is whole counts
		}
	})
}

// A tableBatch is a list of requests about routes or rules that are sent together.
type tableBatch struct {
	verb, what string
	ack        Ack
	name       func(i int) string
	answer     func(i int, err error) // takes what the kernel says

	reqs  []*nl.NetlinkRequest
	which []int
}

func (t *tableBatch) append(i int, req *nl.NetlinkRequest) {
	t.reqs, t.which = append(t.reqs, req), append(t.which, i)
}

func (t *tableBatch) send(ctx context.Context, c *Conn) error {
	err := c.nl.Do(ctx, t.reqs, func(n int, err error) { t.answer(t.which[n], err) })
	if err != nil {
		return fmt.Errorf("%s %ss: %w", t.verb, t.what, err)
	}
	return nil
}

// report tells ack how the kernel, or we in its place, answered.
func (t *tableBatch) report(i int, err error) {
	if t.ack == nil {
		return
	}
	if err != nil && t.done(err) {
		t.ack(i, false, nil)
		return
	}
	if err != nil {
		err = fmt.Errorf("%s %s %s: %w", t.verb, t.what, t.name(i), tableMeaning(err))
	}
	t.ack(i, err == nil, err)
}

// done says that there was nothing to do.
func (t *tableBatch) done(err error) bool {
	if t.verb == "add" {
		return errors.Is(err, unix.EEXIST) && !errors.As(err, new(otherRoute))
	}
	// What an interface took with it is gone, and a table never had what the kernel
	// does not take.
	for _, errno := range []error{unix.ESRCH, unix.ENOENT, unix.ENODEV, unix.EINVAL, unix.EOPNOTSUPP, unix.EAFNOSUPPORT} {
		if errors.Is(err, errno) {
			return true
		}
	}
	return false
}

// tableMeaning adds to the kernel's answer to a change of routes or rules what it
// means and what to do.
func tableMeaning(err error) error {
	text := ""
	switch {
	case errors.Is(err, unix.EEXIST):
		text = "there is another route to the destination with that metric: remove it, or write append instead of add"
	case errors.Is(err, unix.EPERM):
		text = "it takes CAP_NET_ADMIN: run as root, or give it to the service or the container"
	case errors.Is(err, unix.ENODEV):
		text = "there is no such interface"
	case errors.Is(err, unix.ENETUNREACH), errors.Is(err, unix.EHOSTUNREACH):
		text = "no interface has a network with the router: give the interface an address there, or write onlink"
	case errors.Is(err, unix.ENETDOWN):
		text = "the interface is down"
	case errors.Is(err, unix.EINVAL):
		text = "the kernel does not take it: the source must be an address of this machine, the bits of the destination behind the mask 0"
	case errors.Is(err, unix.EOPNOTSUPP):
		text = "this kernel cannot do that: a module may be missing"
	default:
		return err
	}
	return fmt.Errorf("%s (%w)", text, err)
}
