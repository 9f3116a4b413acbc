package netstate

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/iproute"
	"github.com/kactl/kactl/pkg/vrrp"
)

// A fakeSystem is a machine whose interfaces a test holds in its hands. It
// writes down what was done to it, and what was reported, in order.
type fakeSystem struct {
	mu sync.Mutex // guards all following
	// there are the items of each interface, in the order in which they came.
	there map[string][]Item
	done  []string
	began time.Time
	// trace is what was done with success, with the interface: "eth0+1".
	trace []string
	// refuse answers for single items, fail for an exchange after so many answers.
	refuse func(verb string, a vrrp.Address) error
	// refuseItem answers for single items of the routing tables.
	refuseItem func(verb string, i Item) error
	fail       func(verb string) (after int, err error)
	// noOpen is what opening answers, noAnnounce what announcing does.
	noOpen, noAnnounce error
	hold               chan struct{} // exchanges wait for it, if it is set
	holdTables         chan struct{} // those of routes and rules do
	holdGARP           chan struct{} // announcements of 192.0.2.2 wait for it
	opened             int           // connections
	announcers         int
}

func newFakeSystem() *fakeSystem {
	return &fakeSystem{there: map[string][]Item{}, began: time.Now()}
}

func (f *fakeSystem) note(format string, args ...any) {
	f.done = append(f.done, fmt.Sprintf(format, args...))
}

func (f *fakeSystem) OpenAnnouncer(ifname string) (Announcer, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.noOpen != nil {
		return nil, f.noOpen
	}
	f.announcers++
	return fakeAnnouncer{f, ifname}, nil
}

func (f *fakeSystem) OpenAddresses() (Addresses, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.noOpen != nil {
		return nil, f.noOpen
	}
	f.opened++
	return fakeAddresses{f}, nil
}

// set changes the fake.
func (f *fakeSystem) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

// finish closes a State within a minute.
func (f *fakeSystem) finish(s *State) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return s.Close(ctx)
}

// take returns what was done since the last call: "+1" for an addition, "-1" for a
// removal, "+=1" and "-=1" for those that changed nothing, "!1" for an
// announcement, of 192.0.2.1.
func (f *fakeSystem) take() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := strings.Join(f.done, " ")
	f.done = nil
	return s
}

// on returns what is on an interface, in order; "" are the routing tables.
func (f *fakeSystem) on(device string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var list []string
	for _, i := range f.there[device] {
		list = append(list, nameOf(i))
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}

// lose takes an address away, as somebody else would.
func (f *fakeSystem) lose(device string, prefix netip.Prefix) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.there[device] = slices.DeleteFunc(f.there[device], func(i Item) bool { return i.Address.Prefix == prefix })
}

// loseItem takes a route or rule away.
func (f *fakeSystem) loseItem(item Item) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.there[""] = slices.DeleteFunc(f.there[""], func(i Item) bool { return i.key() == item.key() })
}

func (f *fakeSystem) report(r Report) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch r.Kind {
	case Failed:
		f.note("failed(%s,%v)", r.Owner, r.Again)
	case Changed:
		f.note("changed(%s)", r.Owner)
	case Restored:
		by := ""
		if r.Kernel {
			by = ",kernel"
		}
		f.note("restored(%s,%s%s)", r.Owner, nameOf(r.Item), by)
	case Unannounced:
		f.note("unannounced(%s,%s)", r.Owner, short(r.Addr))
	}
}

// nameOf is 1 for 192.0.2.1, d1 for it as one that takes no packets, r1 for a route to
// 198.51.100.1, and u1 for a rule of the preference 1.
func nameOf(i Item) string {
	switch i.Kind {
	case KindLink:
		return i.Link.Name
	case KindRoute:
		return fmt.Sprintf("r%d", i.Route.Destination.Addr().As4()[3])
	case KindRule:
		return fmt.Sprintf("u%d", i.Rule.Preference)
	case KindDrop:
		return fmt.Sprintf("d%d", i.Drop.Addr.As4()[3])
	}
	return short(i.Address.Prefix.Addr())
}

func short(a netip.Addr) string { return strings.TrimPrefix(a.String(), "192.0.2.") }

type fakeAnnouncer struct {
	*fakeSystem
	ifname string
}

func (a fakeAnnouncer) Announce(addr netip.Addr) error {
	a.mu.Lock()
	hold := a.holdGARP
	a.mu.Unlock()
	if hold != nil && short(addr) == "2" {
		<-hold
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.note("!%s", short(addr))
	a.trace = append(a.trace, a.ifname+a.done[len(a.done)-1])
	return a.noAnnounce
}
func (a fakeAnnouncer) Close() error { return nil }

type fakeAddresses struct{ *fakeSystem }

func (a fakeAddresses) AddAddresses(ctx context.Context, addrs []vrrp.Address, ack Ack) error {
	return a.change(ctx, "+", addressItems(addrs), ack)
}

func (a fakeAddresses) RemoveAddresses(ctx context.Context, addrs []vrrp.Address, ack Ack) error {
	return a.change(ctx, "-", addressItems(addrs), ack)
}
func (a fakeAddresses) AddLink(_ context.Context, l iproute.Link) (bool, error) {
	return a.one("+", LinkItem(&l))
}
func (a fakeAddresses) SwitchLink(_ context.Context, l iproute.Link, on bool) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.note("%s-%v", l.Name, on)
	return nil
}
func (a fakeAddresses) RemoveLink(_ context.Context, l iproute.Link) (bool, error) {
	return a.one("-", LinkItem(&l))
}
func (a fakeAddresses) Close() error { return nil }

func addressItems(addrs []vrrp.Address) (items []Item) {
	for _, a := range addrs {
		items = append(items, AddressItem(a))
	}
	return items
}

// fakeFilter never fails as a whole.
type fakeFilter struct{ *fakeSystem }

func (f *fakeSystem) OpenFilter() (Filter, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.noOpen != nil {
		return nil, f.noOpen
	}
	f.opened++
	return fakeFilter{f}, nil
}

func (a fakeFilter) AddDrops(ctx context.Context, drops []vrrp.Drop, ack Ack) {
	a.all(ctx, "+", drops, ack)
}
func (a fakeFilter) RemoveDrops(ctx context.Context, drops []vrrp.Drop, ack Ack) {
	a.all(ctx, "-", drops, ack)
}
func (a fakeFilter) Close() error { return nil }

func (a fakeFilter) all(ctx context.Context, verb string, drops []vrrp.Drop, ack Ack) {
	a.wait(ctx)
	for n := range drops {
		changed, err := a.one(verb, DropItem(&drops[n]))
		ack(n, changed, err)
	}
}

// wait waits as long as exchanges are to.
func (a *fakeSystem) wait(ctx context.Context) error {
	a.mu.Lock()
	hold := a.hold
	a.mu.Unlock()
	return await(ctx, hold)
}

// await waits for a channel that is not nil.
func await(ctx context.Context, hold chan struct{}) error {
	if hold == nil {
		return nil
	}
	select {
	case <-hold:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

type fakeTables struct{ *fakeSystem }

func (f *fakeSystem) OpenTables() (Tables, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.noOpen != nil {
		return nil, f.noOpen
	}
	f.opened++
	return fakeTables{f}, nil
}

func (a fakeTables) AddRoutes(ctx context.Context, routes []*iproute.Route, ack Ack) error {
	return a.change(ctx, "+", items(routes, RouteItem), ack)
}
func (a fakeTables) RemoveRoutes(ctx context.Context, routes []*iproute.Route, ack Ack) error {
	return a.change(ctx, "-", items(routes, RouteItem), ack)
}
func (a fakeTables) AddRules(ctx context.Context, rules []*iproute.Rule, ack Ack) error {
	return a.change(ctx, "+", items(rules, RuleItem), ack)
}
func (a fakeTables) RemoveRules(ctx context.Context, rules []*iproute.Rule, ack Ack) error {
	return a.change(ctx, "-", items(rules, RuleItem), ack)
}
func (a fakeTables) Close() error { return nil }

func items[T any](list []T, f func(T) Item) (out []Item) {
	for _, x := range list {
		out = append(out, f(x))
	}
	return out
}

func (a *fakeSystem) change(ctx context.Context, verb string, items []Item, ack Ack) error {
	a.mu.Lock()
	after, failure, tables := -1, error(nil), a.holdTables
	if a.fail != nil {
		after, failure = a.fail(verb)
	}
	a.mu.Unlock()
	if items[0].Kind == KindAddress {
		tables = nil
	}
	if err := errors.Join(a.wait(ctx), await(ctx, tables)); err != nil {
		return err
	}
	for n, item := range items {
		if n == after && failure != nil {
			return failure
		}
		changed, err := a.one(verb, item)
		ack(n, changed, err)
	}
	if after >= len(items) && failure != nil {
		return failure
	}
	return nil
}

func (a *fakeSystem) one(verb string, item Item) (changed bool, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	defer func() {
		if err == nil && !changed {
			verb += "=" // as it was
		}
		a.note("%s%s", verb, nameOf(item))
		if err == nil {
			a.trace = append(a.trace, item.Device()+a.done[len(a.done)-1])
		}
	}()
	if a.refuse != nil && item.Kind == KindAddress {
		if err := a.refuse(verb, item.Address); err != nil {
			return false, err
		}
	}
	if a.refuseItem != nil && item.Kind != KindAddress {
		if err := a.refuseItem(verb, item); err != nil {
			return false, err
		}
	}
	if a.absent(item) {
		return false, unix.ENODEV
	}
	list := a.there[item.Device()]
	n := slices.IndexFunc(list, func(i Item) bool { return i.key() == item.key() })
	switch {
	case verb == "+" && n < 0:
		a.there[item.Device()] = append(list, item)
	case verb == "-" && n >= 0 && item.Kind == KindLink:
		a.there[item.Device()] = nil
	case verb == "-" && n >= 0:
		a.there[item.Device()] = slices.Delete(list, n, n+1)
	default:
		return false, nil
	}
	return true, nil
}

// absent says that an address is for an interface that somebody has to make, and that
// is not there. Such interfaces are called vmac.
func (f *fakeSystem) absent(item Item) bool {
	return item.Kind == KindAddress && item.Address.Device == "vmac" &&
		!slices.ContainsFunc(f.there["vmac"], func(i Item) bool { return i.Kind == KindLink })
}

// vmac is an interface that a State makes.
func vmac(mac byte) Item {
	return LinkItem(&iproute.Link{Name: "vmac", Below: "eth0", Kind: "macvlan", Mode: "private", MAC: []byte{0, 0, 0x5e, 0, 1, mac}})
}

var errRefused = errors.New("refused")

// vip is the item 192.0.2.host/32 on eth0.
func vip(host int) Item { return vipOn("eth0", host) }

func vipOn(device string, host int) Item {
	return AddressItem(vrrp.Address{Prefix: netip.PrefixFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(host)}), 32), Device: device})
}

// onEth0 is what an owner has on eth0.
func onEth0(hosts ...int) []Part { return []Part{on("eth0", hosts...)} }

func on(device string, hosts ...int) Part {
	p := Part{Device: device}
	for _, h := range hosts {
		p.Items = append(p.Items, vipOn(device, h))
	}
	return p
}

// routeTo is the route to 198.51.100.host.
func routeTo(host int) Item {
	return RouteItem(&iproute.Route{Type: "unicast", Destination: netip.PrefixFrom(netip.AddrFrom4([4]byte{198, 51, 100, byte(host)}), 32), Order: "prepend", Protocol: iproute.Protocol})
}

// ruleAt is the rule of a preference.
func ruleAt(preference int) Item {
	return RuleItem(&iproute.Rule{Action: "table", Table: 5, Preference: uint32(preference), Protocol: iproute.Protocol})
}

// drop is 192.0.2.host as an address that takes no packets.
func drop(host int) Item {
	return DropItem(&vrrp.Drop{Addr: netip.AddrFrom4([4]byte{192, 0, 2, byte(host)})})
}

// inFilter are those of an owner.
func inFilter(hosts ...int) Part {
	p := Part{Device: filterName}
	for _, h := range hosts {
		p.Items = append(p.Items, drop(h))
	}
	return p
}

// A rig is a State on a fake system.
type rig struct {
	*fakeSystem
	*State
}

// start returns a State that is closed at the end of the test.
func start(t *testing.T) rig {
	f := newFakeSystem()
	r := rig{f, New(Config{System: f, Report: f.report})}
	t.Cleanup(func() {
		if err := f.finish(r.State); err != nil {
			t.Error(err)
		}
	})
	return r
}
