package lvs_test

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kactl/kactl/pkg/health"
	"github.com/kactl/kactl/pkg/lvs"
)

var errRefused = errors.New("refused")

// A stage is a Balancer with a table that follows its effects, as a driver's does.
type stage struct {
	t        *testing.T
	b        *lvs.Balancer
	checks   map[netip.AddrPort][]*lvs.Check // of the targets, in the order of their start
	table    lvs.Table
	reloaded bool
}

func newStage(t *testing.T) *stage {
	return &stage{t: t, b: lvs.NewBalancer(), checks: map[netip.AddrPort][]*lvs.Check{}, table: lvs.Table{}}
}

// take follows effects, and returns those that are logged, as lines.
func (s *stage) take(effects []lvs.Effect) (lines []string) {
	s.t.Helper()
	for _, e := range effects {
		switch e.Kind {
		case lvs.CheckAdded:
			target := e.Check.Settings().Target
			s.checks[target] = append(s.checks[target], e.Check)
		case lvs.CheckRemoved:
			for target := range s.checks {
				s.checks[target] = slices.DeleteFunc(s.checks[target], func(c *lvs.Check) bool { return c == e.Check })
			}
		case lvs.TableChanged:
			if len(e.IDs) == 0 {
				s.t.Errorf("%v names nothing", e)
			}
			for _, id := range e.IDs {
				if entry, ok := s.b.Entry(id); ok {
					s.table[id] = entry
				} else {
					delete(s.table, id)
				}
			}
			continue
		case lvs.Probed:
			continue
		}
		lines = append(lines, e.String())
	}
	if d := cmp.Diff(s.b.Desired(), s.table, equal); d != "" {
		s.t.Fatalf("what the effects name (+) is not all that has changed (-):\n%s", d)
	}
	return lines
}

func (s *stage) reload(settings lvs.Settings) []string {
	s.t.Helper()
	first := !s.reloaded
	s.reloaded = true
	effects := s.b.Reload(settings, first, nil)
	for _, e := range effects {
		if e.Cause != map[bool]lvs.Cause{true: lvs.Started, false: lvs.Reloaded}[first] {
			s.t.Errorf("%v is caused by %v", e, e.Cause)
		}
	}
	return s.take(effects)
}

// probe gives the first check of target a result.
func (s *stage) probe(target string, r health.Result) []string {
	s.t.Helper()
	effects := s.b.Step(s.checks[ap(target)][0], r, nil)
	lines := s.take(effects)
	if len(lines) == 0 && len(effects) > 1 {
		s.t.Errorf("a step that changes nothing has effects: %v", effects)
	}
	return lines
}

// fail makes the checks of targets fail.
func (s *stage) fail(targets ...string) (lines []string) {
	s.t.Helper()
	for _, t := range targets {
		lines = append(lines, s.probe(t, health.Result{Err: errRefused})...)
	}
	return lines
}

func (s *stage) succeed(target string) []string {
	s.t.Helper()
	return s.probe(target, health.Result{})
}

func (s *stage) expect(what string, got []string, want ...string) {
	s.t.Helper()
	if d := cmp.Diff(want, got, equal); d != "" {
		s.t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

// weights are what service web has in the table, sorted.
func (s *stage) weights() string {
	var list []string
	for a, d := range s.table[webID].Destinations {
		list = append(list, fmt.Sprintf("%s=%d", a, d.Weight))
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}

func (s *stage) expectTable(what, want string) {
	s.t.Helper()
	if got := s.weights(); got != want {
		s.t.Errorf("%s: the table has %s, want %s", what, got, want)
	}
}

const one, two, three, sorry1, sorry2 = "10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80", "10.0.0.9:80", "10.0.0.8:80"

// checked is a real server with a check at each of targets, or of itself.
func checked(addr string, weight int, targets ...string) lvs.RealServer {
	r := realServer(addr, weight)
	if len(targets) == 0 {
		targets = []string{addr}
	}
	for _, t := range targets {
		r.Checks = append(r.Checks, health.Check{Kind: health.TCP, Target: ap(t), Interval: time.Second})
	}
	return r
}

// web is a service with one sorry server, none if that is empty.
func web(sorry string, reals ...lvs.RealServer) lvs.Settings {
	v := lvs.VirtualServer{ID: webID, Scheduler: "rr", Quorum: 1, Reals: reals}
	if sorry != "" {
		r := realServer(sorry, 1)
		v.Sorry = &r
	}
	return lvs.Settings{Services: []lvs.VirtualServer{v}}
}

// with changes the only service of s.
func with(s lvs.Settings, change func(v *lvs.VirtualServer)) lvs.Settings {
	change(&s.Services[0])
	return s
}

// The lines of effects of web and its servers.
const vs = "[198.51.100.1]:tcp:80"

func of(addr string) string { return "[" + strings.Replace(addr, ":80", "]:tcp:80", 1) }

func TestBalancerChecks(t *testing.T) {
	s := newStage(t)
	s.expect("start", s.reload(web(sorry1, checked(one, 1), checked(two, 2))),
		"virtual server added: "+vs, "real server added: "+of(one)+", up", "real server added: "+of(two)+", up",
		"quorum gained: "+vs+", weight 3", "check added: "+of(one), "check added: "+of(two))
	s.expectTable("at the start", one+"=1 "+two+"=2")
	s.expect("a success", s.succeed(one))
	s.expect("one fails", s.fail(two), "real server down: "+of(two)+": refused")
	s.expectTable("one down", one+"=1")
	s.expect("it fails again", s.fail(two))
	s.expect("so does the other", s.fail(one), "real server down: "+of(one)+": refused", "quorum lost: "+vs+", weight 0", "sorry server used: "+of(sorry1))
	s.expectTable("both down", sorry1+"=1")
	s.expect("one is back", s.succeed(two), "real server up: "+of(two), "quorum gained: "+vs+", weight 2", "sorry server left: "+of(sorry1))
	s.expectTable("one back", two+"=2")
	s.expect("the end", s.take(s.b.Stop(nil)), "real server removed: "+of(one)+", down", "real server removed: "+of(two)+", up")
}

// Two checks must both pass.
func TestBalancerTwoChecks(t *testing.T) {
	s := newStage(t)
	s.reload(web(sorry1, checked(one, 1, one, three), checked(two, 1)))
	if n := s.b.Checks(); n != 3 {
		t.Errorf("%d checks, want 3", n)
	}
	s.expect("one fails", s.fail(three), "real server down: "+of(one)+": refused")
	s.expect("the other one, too", s.fail(one))
	s.expect("the first passes", s.succeed(three))
	s.expect("it passes again", s.succeed(three))
	s.expect("both pass", s.succeed(one), "real server up: "+of(one))
}

// A reload that takes the failing check away brings the server back, as it does in
// keepalived 2.2.7; that one leaves the sorry server in the table, and we do not.
func TestBalancerFailingCheckTakenAway(t *testing.T) {
	for _, tt := range []struct {
		name        string
		before, now lvs.RealServer
		other       []lvs.RealServer
		want        []string
		table       string
	}{
		{"the only one", checked(one, 1), realServer(one, 1), nil,
			[]string{"check removed: " + of(one), "real server up: " + of(one), "quorum gained: " + vs + ", weight 1", "sorry server left: " + of(sorry1)}, one + "=1"},
		{"one of two", checked(one, 1, one, three), checked(one, 1, three), []lvs.RealServer{checked(two, 1)},
			[]string{"check removed: " + of(one), "real server up: " + of(one)}, one + "=1 " + two + "=1"},
		{"inhibited", inhibited(checked(one, 1)), inhibited(realServer(one, 1)), []lvs.RealServer{checked(two, 1)},
			[]string{"check removed: " + of(one), "real server up: " + of(one)}, one + "=1 " + two + "=1"},
		{"with another weight", checked(one, 1), realServer(one, 5), []lvs.RealServer{checked(two, 1)},
			[]string{"check removed: " + of(one), "weight changed: " + of(one) + ", 1 to 5", "real server up: " + of(one)}, one + "=5 " + two + "=1"},
		{"for another one", checked(one, 1), checked(one, 1, three), []lvs.RealServer{checked(two, 1)},
			[]string{"check removed: " + of(one), "check added: " + of(one)}, two + "=1"},
		{"beside one that fails as well", checked(one, 1, three, one), checked(one, 1, three), []lvs.RealServer{checked(two, 1)},
			[]string{"check removed: " + of(one)}, two + "=1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newStage(t)
			s.reload(web(sorry1, append([]lvs.RealServer{tt.before}, tt.other...)...))
			s.fail(one)
			if tt.before.Checks[0].Target == ap(three) {
				s.fail(three)
			}
			s.expect("reload", s.reload(web(sorry1, append([]lvs.RealServer{tt.now}, tt.other...)...)), tt.want...)
			s.expectTable("afterwards", tt.table)
		})
	}
}

// A sorry server in use can be exchanged, removed and added: keepalived 2.2.7 tells
// of each.
func TestBalancerSorryServer(t *testing.T) {
	s := newStage(t)
	s.reload(web(sorry1, checked(one, 1)))
	s.fail(one)
	s.expectTable("in use", sorry1+"=1")
	s.expect("exchanged", s.reload(web(sorry2, checked(one, 1))), "sorry server left: "+of(sorry1), "sorry server used: "+of(sorry2))
	s.expectTable("exchanged", sorry2+"=1")
	s.expect("with another weight", s.reload(with(web(sorry2, checked(one, 1)), func(v *lvs.VirtualServer) { v.Sorry.Weight = 7 })))
	s.expectTable("with another weight", sorry2+"=7")
	s.expect("removed", s.reload(web("", checked(one, 1))), "sorry server left: "+of(sorry2))
	s.expectTable("removed", "")
	s.expect("added", s.reload(web(sorry1, checked(one, 1))), "sorry server used: "+of(sorry1))
	effects := s.b.Step(s.checks[ap(one)][0], health.Result{}, nil)
	i := slices.IndexFunc(effects, func(e lvs.Effect) bool { return e.Kind == lvs.SorryLeft })
	if i < 0 || !effects[i].Up {
		t.Error("nothing says that the quorum is why the sorry server leaves")
	}
	s.take(effects)
	s.expectTable("not needed", one+"=1")
	s.expect("exchanged while it is not in use", s.reload(web(sorry2, checked(one, 1))))
}

// Without a quorum from the start the sorry server is in use, as in keepalived.
func TestBalancerSorryServerAtTheStart(t *testing.T) {
	s := newStage(t)
	s.expect("start", s.reload(web(sorry1, realServer(one, 0))),
		"virtual server added: "+vs, "real server added: "+of(one)+", up", "sorry server used: "+of(sorry1))
	s.expectTable("weight 0", sorry1+"=1")
	s.expect("with a weight", s.reload(web(sorry1, realServer(one, 2))),
		"weight changed: "+of(one)+", 0 to 2", "quorum gained: "+vs+", weight 2", "sorry server left: "+of(sorry1))
}

// It takes the quorum and the hysteresis to gain it, and less than the difference
// to lose it.
func TestBalancerQuorum(t *testing.T) {
	reals := func() []lvs.RealServer { return []lvs.RealServer{checked(one, 1), checked(two, 2), checked(three, 4)} }
	settings := func() lvs.Settings {
		return with(web(sorry1, reals()...), func(v *lvs.VirtualServer) { v.Quorum, v.Hysteresis = 4, 1 })
	}
	s := newStage(t)
	s.reload(settings())
	s.fail(one, two)
	s.expectTable("4 of 7", three+"=4")
	s.expect("less than 3", s.fail(three), "real server down: "+of(three)+": refused", "quorum lost: "+vs+", weight 0", "sorry server used: "+of(sorry1))
	s.expect("4 are not enough", s.succeed(three), "real server up: "+of(three))
	s.expectTable("in between", sorry1+"=1")
	s.expect("5 are", s.succeed(one), "real server up: "+of(one), "quorum gained: "+vs+", weight 5", "sorry server left: "+of(sorry1))
	s.succeed(two)
	s.fail(three)
	s.expectTable("3 are enough to keep it", one+"=1 "+two+"=2")
	s.expect("a reload that asks for more", s.reload(with(web(sorry1, reals()...), func(v *lvs.VirtualServer) { v.Quorum = 4 })),
		"quorum lost: "+vs+", weight 3", "sorry server used: "+of(sorry1))
}

// The weight that a check sets counts in the table and for the quorum until the
// check sets it no more.
func TestBalancerWeight(t *testing.T) {
	s := newStage(t)
	s.reload(web(sorry1, checked(one, 3, one, three), realServer(two, 0)))
	weight := func(n int) health.Result { return health.Result{Weight: &n} }
	s.expect("set", s.probe(one, weight(9)), "weight changed: "+of(one)+", 3 to 9")
	s.expectTable("set", one+"=9 "+two+"=0")
	s.expect("the same again", s.probe(one, weight(9)))
	s.expect("the first check that sets it counts", s.probe(three, weight(4)))
	s.expect("0 loses the quorum", s.probe(one, weight(0)),
		"weight changed: "+of(one)+", 9 to 0", "quorum lost: "+vs+", weight 0", "sorry server used: "+of(sorry1))
	s.expect("a reload keeps it", s.reload(web(sorry1, checked(one, 5, one, three), realServer(two, 0))))
	s.expect("no more", s.succeed(one), "weight changed: "+of(one)+", 0 to 4", "quorum gained: "+vs+", weight 4", "sorry server left: "+of(sorry1))
	s.expect("by none", s.succeed(three), "weight changed: "+of(one)+", 4 to 5")
}

// A reload leaves what did not change as it is, and tells of the rest: first what
// goes, then what changes, then what comes.
func TestBalancerReload(t *testing.T) {
	dns := lvs.ServiceID{Protocol: lvs.UDP, Addr: ap("198.51.100.1:53")}
	s := newStage(t)
	first := web(sorry1, checked(one, 1), checked(two, 1), checked(three, 1))
	first.Services = append(first.Services, lvs.VirtualServer{ID: dns, Scheduler: "rr", Quorum: 1, Reals: []lvs.RealServer{checked("10.0.0.7:53", 1)}})
	s.reload(first)
	s.fail(two, three)
	kept := s.checks[ap(two)][0]
	second := web(sorry1, checked(two, 4), checked("10.0.0.4:80", 1))
	effects := s.b.Reload(second, false, nil)
	for _, e := range effects {
		if e.Kind == lvs.RealRemoved && e.WithVirtual != (e.Virtual.ID == dns) {
			t.Errorf("%v: with its virtual server is %t", e, e.WithVirtual)
		}
	}
	removed := s.checks[ap(one)][0]
	s.expect("effects", s.take(effects),
		"check removed: "+of(one), "real server removed: "+of(one)+", up",
		"check removed: "+of(three), "real server removed: "+of(three)+", down",
		"virtual server removed: [198.51.100.1]:udp:53", "check removed: [10.0.0.7]:udp:53", "real server removed: [10.0.0.7]:udp:53, up",
		"real server added: [10.0.0.4]:tcp:80, up", "weight changed: "+of(two)+", 1 to 4", "check added: [10.0.0.4]:tcp:80")
	s.expectTable("afterwards", "10.0.0.4:80=1")
	if len(s.table) != 1 || s.b.Checks() != 2 {
		t.Errorf("%d services, %d checks", len(s.table), s.b.Checks())
	}
	if out := s.b.Step(removed, health.Result{Err: errRefused}, nil); len(out) > 0 {
		t.Errorf("a check that is gone has effects: %v", out)
	}
	if s.checks[ap(two)][0] != kept {
		t.Error("a check that did not change was begun anew")
	}
	s.expect("it goes on", s.succeed(two), "real server up: "+of(two))
	if kept.Key() != (lvs.RealKey{Service: lvs.VirtualKey{ID: webID}, Addr: ap(two)}) || !kept.Up() {
		t.Errorf("check of %s, up %t", kept.Key(), kept.Up())
	}
	s.expect("nothing at all", s.reload(second))
	s.expect("only the entry", s.reload(with(web(sorry1, checked(two, 4), checked("10.0.0.4:80", 1)), func(v *lvs.VirtualServer) { v.Scheduler = "wlc" })))
	if s.table[webID].Scheduler != "wlc" {
		t.Error("the scheduler stayed")
	}
}

// A failure of a check that a reload added is retried first; that of the start is
// final, as measured of keepalived.
func TestBalancerFirstFailure(t *testing.T) {
	retried := checked(one, 1)
	retried.Checks[0].Retries = 1
	s := newStage(t)
	s.reload(web("", retried))
	s.expect("at the start", s.fail(one), "real server down: "+of(one)+": refused", "quorum lost: "+vs+", weight 0")
	s = newStage(t)
	s.reload(web("", realServer(one, 1)))
	s.expect("added", s.reload(web("", retried)), "check added: "+of(one))
	s.expect("first failure", s.fail(one))
	s.expect("second failure", s.fail(one), "real server down: "+of(one)+": refused", "quorum lost: "+vs+", weight 0")
}

// What is given twice counts once.
func TestBalancerDuplicates(t *testing.T) {
	s := newStage(t)
	settings := web("", checked(one, 1), checked(one, 7, three))
	settings.Services = append(settings.Services, web("", checked(two, 1)).Services...)
	s.reload(settings)
	s.expectTable("start", one+"=1")
	if s.b.Checks() != 1 {
		t.Errorf("%d checks, want 1", s.b.Checks())
	}
	s.expect("reload", s.reload(settings))

	// Two equal checks are two.
	s = newStage(t)
	s.reload(web("", checked(one, 1, one, one)))
	s.fail(one)
	s.expect("reload", s.reload(web("", checked(one, 1, one, one))))
	s.expect("one less", s.reload(web("", checked(one, 1, one))), "check removed: "+of(one))
}

// A group is one virtual server, whose servers are in the table once for each of
// its addresses.
func TestBalancerGroup(t *testing.T) {
	group := func(ports ...uint16) lvs.Settings {
		g := lvs.Group{Name: "G"}
		for _, p := range ports {
			g.Entries = append(g.Entries, lvs.Entry{First: webID.Addr.Addr(), Last: webID.Addr.Addr(), Port: p})
		}
		v := lvs.VirtualServer{ID: lvs.ServiceID{Protocol: lvs.TCP}, Group: "G", Scheduler: "rr", Quorum: 1, Reals: []lvs.RealServer{checked(one, 1), checked(two, 1)}}
		return lvs.Settings{Services: []lvs.VirtualServer{v}, Groups: []lvs.Group{g}}
	}
	s := newStage(t)
	s.reload(group(80, 81))
	s.expect("one down", s.fail(two), "real server down: "+of(two)+": refused")
	at := func(port uint16) lvs.ServiceID {
		return lvs.ServiceID{Protocol: lvs.TCP, Addr: netip.AddrPortFrom(webID.Addr.Addr(), port)}
	}
	if len(s.table) != 2 || len(s.table[at(80)].Destinations) != 1 || len(s.table[at(81)].Destinations) != 1 {
		t.Errorf("table %v", s.table)
	}
	s.expect("another port", s.reload(group(81, 82)))
	if _, ok := s.table[at(80)]; ok || len(s.table) != 2 {
		t.Errorf("table %v", s.table)
	}
	// One of its addresses becomes a service of its own.
	settings := group(81, 82)
	settings.Services = append(web("", realServer(three, 1)).Services, settings.Services...)
	settings.Groups[0].Entries = append(settings.Groups[0].Entries, lvs.Entry{First: webID.Addr.Addr(), Last: webID.Addr.Addr(), Port: 80})
	s.reload(settings)
	s.expectTable("the first of two counts", three+"=1")
}

// A step of a check that goes on as it was allocates nothing.
func TestBalancerAllocations(t *testing.T) {
	s := newStage(t)
	s.reload(web(sorry1, checked(one, 1), checked(two, 1)))
	c := s.checks[ap(one)][0]
	out := make([]lvs.Effect, 0, 8)
	if n := testing.AllocsPerRun(100, func() { out = s.b.Step(c, health.Result{}, out[:0]) }); n > 0 {
		t.Errorf("%v allocations in a step", n)
	}
}

// A probe that could not be made changes nothing.
func TestBalancerTrouble(t *testing.T) {
	s := newStage(t)
	s.reload(web(sorry1, checked(one, 1)))
	weight := 9
	s.probe(one, health.Result{Weight: &weight})
	effects := s.b.Step(s.checks[ap(one)][0], health.Result{Err: &health.Trouble{Text: "no address"}}, nil)
	if len(effects) != 1 || effects[0].Kind != lvs.Probed || effects[0].Outcome.Trouble == nil || effects[0].Outcome.After != time.Second {
		t.Errorf("effects %v", effects)
	}
	s.take(effects)
	s.expectTable("as it was", one+"=9")
}

func TestBalancerView(t *testing.T) {
	s := newStage(t)
	s.reload(web(sorry1, checked(one, 1), checked(two, 2)))
	s.fail(two)
	view := s.b.View()
	v := view[0]
	if len(view) != 1 || !v.HasQuorum || v.Sum != 1 || v.SorryUsed || len(v.Reals) != 2 || v.ID != webID {
		t.Errorf("%+v", v)
	}
	if r := v.Reals[1]; r.Up || r.InForce != 2 || r.Addr != ap(two) || len(r.Checks) != 1 || r.Checks[0].Up() {
		t.Errorf("%+v", r)
	}
	s.fail(one)
	if v := s.b.View()[0]; v.HasQuorum || v.Sum != 0 || !v.SorryUsed || !view[0].Reals[0].Up {
		t.Errorf("%+v", v)
	}
}
