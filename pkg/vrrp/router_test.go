package vrrp

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
)

// TestRouterScenarios runs the files of testdata/router. A file is the life of a
// router: each command is something that happens to it, and what is expected below
// the line is what it wants done, with the time since its beginning.
func TestRouterScenarios(t *testing.T) {
	datadriven.Walk(t, "testdata/router", func(t *testing.T, path string) {
		s := routerScenario{r: NewRouter(), now: Time(time.Hour), open: map[openSocket]int{}}
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			s.out.Reset()
			s.run(t, d)
			return s.out.String()
		})
	})
}

type routerScenario struct {
	r   *Router
	now Time
	out strings.Builder
	// refuse makes the answer to every SetSocket that it failed.
	refuse bool
	later  bool               // there is no answer
	open   map[openSocket]int // the index of those that are open
}

// run handles one command. Every command takes after=DURATION: the time that
// passes first, with its deadlines.
func (s *routerScenario) run(t *testing.T, d *datadriven.TestData) {
	if d.HasArg("after") {
		s.pass(duration(t, d, "after"))
	}
	ev := RouterEvent{Up: d.HasArg("up")}
	text := func(key string) (v string) {
		if d.HasArg(key) {
			d.ScanArgs(t, key, &v)
		}
		return v
	}
	ev.Interface, ev.Instance, ev.Name = text("on"), text("of"), text("name")
	switch d.Cmd {
	case "reload": // the settings are below
		ev.Kind, ev.Settings = Reload, parseSettings(t, d)
	case "known": // [delay=DURATION]
		ev.Kind = LinksKnown
		if d.HasArg("delay") {
			ev.Delay = duration(t, d, "delay")
		}
	case "link": // name= index= [up] [mac=] [mtu=] [addrs=A,B] [lost=]
		ev.Kind, ev.Link = LinkChanged, parseLink(t, d, text)
		if lost := text("lost"); lost != "" {
			ev.Kind, ev.Lost = AddressLost, netip.MustParsePrefix(lost)
		}
	case "gone": // name= index=
		ev.Kind, ev.Link = LinkRemoved, &Link{Name: ev.Name, Index: number(t, d, "index", 0)}
	case "sockets": // up | down | later: what asks for one is answered, or not
		s.refuse, s.later = !ev.Up, d.HasArg("later")
		return
	case "socket": // on= index= [ipv6] up | down
		ev.Kind, ev.Index, ev.IPv6 = SocketChanged, number(t, d, "index", 0), d.HasArg("ipv6")
		s.open[openSocket{ev.Interface, ev.IPv6}] = ev.Index
		if !ev.Up {
			delete(s.open, openSocket{ev.Interface, ev.IPv6})
		}
	case "advert", "overhear": // on= from= to= vrid= priority= [version= ttl=] [vips=]
		ev.Kind = MessageReceived
		if d.Cmd == "overhear" {
			ev.Kind = MessageOverheard
		}
		cfg := testInstance(1)
		cfg.VRID = uint8(number(t, d, "vrid", 51))
		cfg.Auth = Auth{}
		if addr(t, d, "from").Is6() {
			cfg.Family, cfg.Version, cfg.Addresses = 6, 3, nil
		}
		a := parseAdvert(t, d, &cfg)
		ev.From, ev.To, ev.TTL = addr(t, d, "from"), addr(t, d, "to"), uint8(number(t, d, "ttl", 255))
		a.AuthType = AuthType(number(t, d, "auth", 0))
		m, err := a.Append(nil, ev.From, ev.To)
		if err != nil {
			d.Fatalf(t, "%v", err)
		}
		ev.Message, ev.Wall = m[:len(m)-number(t, d, "short", 0)], s.wall()
		s.prove(t, d, &ev)
	case "sent": // of= up | down
		ev.Kind = AdvertSent
	case "addresses": // of= up | down
		ev.Kind = AddressesReported
	case "possible": // of=
		ev.Kind = AddressesPossible
	case "track": // name= value=
		ev.Kind, ev.Track, ev.Value = TrackReported, TrackScript, number(t, d, "value", 0)
		if d.HasArg("file") {
			ev.Track = TrackFile
		}
	case "ways": // what routes matter
		for _, w := range s.r.Ways() {
			fmt.Fprintf(&s.out, "%d %v\n", w.Index, w.Peer)
		}
		return
	case "blocked": // [ways=INDEX/PEER,...]
		ev.Kind = RoutesReported
		for _, w := range strings.Split(text("ways"), "+") {
			var way Way
			if index, peer, ok := strings.Cut(w, "/"); ok {
				_, _ = fmt.Sscan(index, &way.Index)
				way.Peer = netip.MustParseAddr(peer)
				ev.Ways = append(ev.Ways, way)
			}
		}
	case "unmade": // on=
		ev.Kind = OwnLinkFailed
	case "stop": // [keep]
		ev.Kind, ev.Keep = Stop, d.HasArg("keep")
	case "pass": // nothing but time
		return
	case "next": // what the next deadline is
		at, ok := s.r.Deadline(s.now)
		fmt.Fprintf(&s.out, "%v %v", at.Sub(s.now).Round(time.Millisecond), ok)
		if i, takesOver := s.r.Next(s.now); takesOver {
			fmt.Fprintf(&s.out, ", %s takes over", i.Name)
		}
		s.out.WriteString("\n")
		return
	default:
		d.Fatalf(t, "no such command")
	}
	s.step(ev)
}

func (s *routerScenario) pass(by time.Duration) {
	end := s.now.Add(by)
	for range 10000 {
		at, ok := s.r.Deadline(s.now)
		if !ok || at > end {
			s.now = end
			return
		}
		s.now = max(s.now, at)
		s.step(RouterEvent{Kind: DeadlineReached})
	}
	s.out.WriteString("its deadlines never end\n")
}

func (s *routerScenario) step(ev RouterEvent) {
	effects := s.r.Step(s.now, ev, nil)
	for _, e := range effects {
		name := ""
		if e.Instance != nil {
			name = e.Instance.Name + ": "
		}
		if e.Kind == SendAdvert {
			name += fmt.Sprintf("from %v, %d addresses at most: ", e.Source, e.Room)
			if e.Sequence > 0 {
				name += fmt.Sprintf("number %d, ", e.Sequence)
			}
		}
		fmt.Fprintf(&s.out, "%6.3fs %s%v\n", s.now.Sub(Time(time.Hour)).Seconds(), name, e)
	}
	for _, e := range effects {
		of := openSocket{e.Interface, e.IPv6}
		if e.Kind == SetSocket && e.Socket == nil {
			delete(s.open, of)
		}
		// As a driver does, for one that it has yet to open.
		if index, open := s.open[of]; e.Kind == SetSocket && e.Socket != nil && (!open || index != e.Socket.Index) && !s.later {
			if !s.refuse {
				s.open[of] = e.Socket.Index
			}
			s.step(RouterEvent{Kind: SocketChanged, Interface: e.Interface, IPv6: e.IPv6, Index: e.Socket.Index, Up: !s.refuse})
		}
	}
}

// An openSocket is that of an interface, for IPv4 or IPv6.
type openSocket struct {
	device string
	ipv6   bool
}

func parseLink(t *testing.T, d *datadriven.TestData, text func(string) string) *Link {
	k := &Link{Name: text("name"), Index: number(t, d, "index", 0), Up: d.HasArg("up"), MAC: text("mac"), MTU: number(t, d, "mtu", 1500)}
	for _, a := range d.CmdArgs {
		if a.Key == "addrs" {
			for _, v := range a.Vals {
				k.Addrs = append(k.Addrs, netip.MustParsePrefix(v))
			}
		}
	}
	return k
}

// parseSettings reads a line for each instance: NAME INTERFACE VRID and words as
// priority=100, vips=A,B or on=eth1:A, the interface "-" for none; and "group NAME
// MEMBER...".
func parseSettings(t *testing.T, d *datadriven.TestData) *Settings {
	s := &Settings{Scripts: []Script{{Name: "chk"}, {Name: "all"}}}
	for line := range strings.Lines(d.Input) {
		w := strings.Fields(line)
		if w[0] == "group" {
			g := SyncGroup{Name: w[1]}
			for _, word := range w[2:] {
				switch {
				case word == "weights":
					g.Weights = true
				case strings.HasPrefix(word, "script="):
					g.Tracks = append(g.Tracks, parseTrack(word))
				default:
					g.Members = append(g.Members, word)
				}
			}
			s.Groups = append(s.Groups, g)
			continue
		}
		if w[0] == "noscripts" {
			s.Scripts = nil
			continue
		}
		i := testInstance(100)
		i.Name, i.Interface, i.Addresses, i.Group, i.Auth = w[0], w[1], nil, netip.MustParseAddr("224.0.0.18"), Auth{}
		if i.Interface == "-" {
			i.Interface = noInterface
		}
		_, _ = fmt.Sscan(w[2], &i.VRID)
		i.GARP = GARP{Repeat: 5}
		for _, word := range w[3:] {
			key, value, _ := strings.Cut(word, "=")
			switch key {
			case "ipv6":
				i.Family, i.Version, i.Group = 6, 3, netip.MustParseAddr("ff02::12")
			case "priority":
				_, _ = fmt.Sscan(value, &i.Priority)
			case "master":
				i.InitialState = Master
			case "sender":
				i.Sender = value
			case "vips":
				for v := range strings.SplitSeq(value, ",") {
					i.Addresses = append(i.Addresses, Address{Prefix: whole(v), Device: i.Interface})
				}
			case "on":
				device, v, _ := strings.Cut(value, ":")
				i.Excluded = append(i.Excluded, Address{Prefix: whole(v), Device: device})
			case "peers":
				for v := range strings.SplitSeq(value, ",") {
					i.Peers = append(i.Peers, Peer{Addr: netip.MustParseAddr(v), MaxTTL: 255})
				}
			case "lower":
				_, _ = fmt.Sscan(value, &i.GARP.LowerPriorityRepeat)
			case "peerless":
				i.FaultWithoutPeers = true
			case "untracked":
				i.DontTrackPrimary = true
			case "source":
				i.Source = netip.MustParseAddr(value)
			case "ah":
				i.Auth = ahAuth(value)
			case "hmac":
				i.Version, i.HMAC = 3, parseHMAC(value)
			case "interval":
				i.AdvertInterval, _ = time.ParseDuration(value)
			case "to":
				i.Group = netip.MustParseAddr(value)
			case "many":
				var n int
				_, _ = fmt.Sscan(value, &n)
				for k := range n {
					a := netip.AddrFrom4([4]byte{198, 18, 0, byte(k)})
					if i.IPv6() {
						a = netip.AddrFrom16([16]byte{0x20, 1, 0xd, 0xb8, 15: byte(k)})
					}
					i.Addresses = append(i.Addresses, Address{Prefix: netip.PrefixFrom(a, a.BitLen()), Device: i.Interface})
				}
			case "script", "interface", "file":
				i.Tracks = append(i.Tracks, parseTrack(word))
				if key == "file" {
					s.Files = append(s.Files, File{Name: i.Tracks[len(i.Tracks)-1].Name})
				}
			default:
				d.Fatalf(t, "no word %q", word)
			}
		}
		s.Instances = append(s.Instances, i)
	}
	return s
}

// whole is an address as the prefix that has it alone.
func whole(text string) netip.Prefix {
	a := netip.MustParseAddr(text)
	return netip.PrefixFrom(a, a.BitLen())
}

// parseTrack reads KIND=NAME:WEIGHT.
func parseTrack(word string) Track {
	key, value, _ := strings.Cut(word, "=")
	name, weight, _ := strings.Cut(value, ":")
	kind := map[string]TrackKind{"script": TrackScript, "interface": TrackInterface, "file": TrackFile}[key]
	track := Track{Kind: kind, Name: name}
	_, _ = fmt.Sscan(weight, &track.Weight)
	return track
}

// TestRouterDoesNotAllocate counts what adverts cost: one that is due, one that
// comes for a backup, one that is refused and one for nobody.
func TestRouterDoesNotAllocate(t *testing.T) {
	r, now, out := startedRouter(t, 200)
	got := []RouterEvent{received(t, 250, 51), received(t, 250, 52), received(t, 250, 51)}
	got[2].TTL = 254
	for _, c := range []struct {
		name string
		f    func()
	}{
		{"due", func() {
			now, _ = r.Deadline(now)
			out = r.Step(now, RouterEvent{Kind: DeadlineReached}, out[:0])
			out = r.Step(now, RouterEvent{Kind: AdvertSent, Instance: "B", Up: true}, out[:0])
		}},
		{"for a backup", func() { out = r.Step(now, got[0], out[:0]) }},
		{"for nobody", func() { out = r.Step(now, got[1], out[:0]) }},
		{"refused", func() { out = r.Step(now, got[2], out[:0]) }},
	} {
		c.f()
		c.f() // a tap that is opened now and then is no advert's
		if n := testing.AllocsPerRun(5, c.f); n != 0 {
			t.Errorf("%s: %v allocations", c.name, n)
		}
	}
}

// startedRouter returns a router with a backup, A, and a master, B, and the time.
func startedRouter(t testing.TB, priority uint8) (*Router, Time, []Effect) {
	r, now := NewRouter(), Time(time.Hour)
	a, b := testInstance(priority), testInstance(PriorityOwner)
	a.Auth, b.Auth = Auth{}, Auth{}
	a.Group = netip.MustParseAddr("224.0.0.18")
	b.Name, b.VRID, b.InitialState, b.Group = "B", 77, Master, a.Group
	a.Name, a.AdvertInterval = "A", 20*time.Second // which leaves the deadlines to B
	out := make([]Effect, 0, 16)
	for _, ev := range []RouterEvent{
		{Kind: LinkChanged, Link: &Link{Name: "eth0", Index: 2, Up: true, Addrs: []netip.Prefix{netip.MustParsePrefix("192.0.2.1/24")}}},
		{Kind: Reload, Settings: &Settings{Instances: []Instance{a, b}}},
		{Kind: LinksKnown},
		{Kind: SocketChanged, Interface: "eth0", Index: 2, Up: true},
	} {
		out = r.Step(now, ev, out[:0])
	}
	if _, m := r.Instance("B"); m.State() != Master {
		t.Fatalf("B is in %v", m.State())
	}
	return r, now, out
}

// received is an advert that comes on eth0.
func received(t testing.TB, priority, vrid uint8) RouterEvent {
	cfg := testInstance(1)
	cfg.Auth, cfg.VRID, cfg.AdvertInterval = Auth{}, vrid, 20*time.Second
	a := NewAdvert(&cfg)
	a.Priority = priority
	src, dst := netip.MustParseAddr("192.0.2.2"), netip.MustParseAddr("224.0.0.18")
	m, err := a.Append(nil, src, dst)
	if err != nil {
		t.Fatal(err)
	}
	return RouterEvent{Kind: MessageReceived, Interface: "eth0", From: src, To: dst, TTL: 255, Message: m}
}

func BenchmarkRouterReceive(b *testing.B) {
	r, now, out := startedRouter(b, 200)
	ev := received(b, 250, 51)
	b.ReportAllocs()
	for b.Loop() {
		out = r.Step(now, ev, out[:0])
	}
}

func BenchmarkRouterReceiveForNobody(b *testing.B) {
	r, now, out := startedRouter(b, 200)
	ev := received(b, 250, 52)
	b.ReportAllocs()
	for b.Loop() {
		out = r.Step(now, ev, out[:0])
	}
}

func BenchmarkRouterAdvert(b *testing.B) {
	r, now, out := startedRouter(b, 200)
	b.ReportAllocs()
	for b.Loop() {
		now, _ = r.Deadline(now)
		out = r.Step(now, RouterEvent{Kind: DeadlineReached}, out[:0])
	}
}

// TestRouterForgets: what is gone takes no room.
func TestRouterForgets(t *testing.T) {
	r, now, out := startedRouter(t, 200)
	settings := &Settings{Instances: slices.Clone(r.settings.Instances)}
	r.Step(now, RouterEvent{Kind: Reload, Settings: settings}, out)
	if cfg, _ := r.Instance("A"); cfg != &settings.Instances[0] {
		t.Error("settings that are the same keep the old ones in memory")
	}
	renamed := &Settings{Instances: slices.Clone(settings.Instances)}
	renamed.Instances[0].Name = "C"
	r.Step(now, RouterEvent{Kind: Reload, Settings: renamed}, out)
	if cfg, _ := r.Instance("A"); cfg != nil {
		t.Error("the old name is known")
	}
	for range 3 {
		other := &Link{Name: "eth9", Index: 9, Addrs: []netip.Prefix{netip.MustParsePrefix("192.0.2.9/24")}}
		r.Step(now, RouterEvent{Kind: LinkChanged, Link: other}, out)
		r.Step(now, RouterEvent{Kind: LinkRemoved, Link: other}, out)
	}
	if len(r.ifaces) != 1 {
		t.Errorf("%d interfaces, one is there", len(r.ifaces))
	}
	r.Step(now, RouterEvent{Kind: LinkRemoved, Link: &Link{Name: "eth0", Index: 2}}, out)
	if len(r.ifaces) != 1 {
		t.Errorf("%d interfaces, instances run on one", len(r.ifaces))
	}
	r.Step(now, RouterEvent{Kind: Reload, Settings: &Settings{}}, out)
	if len(r.ifaces)+len(r.called)+len(r.local)+len(r.members)+len(r.named)+len(r.due) != 0 {
		t.Errorf("left are %d interfaces, %d addresses, %d instances and %d deadlines", len(r.ifaces), len(r.local), len(r.members), len(r.due))
	}
	before := NewRouter()
	k := &Link{Name: "eth9", Index: 9}
	before.Step(now, RouterEvent{Kind: LinkChanged, Link: k}, nil)
	before.Step(now, RouterEvent{Kind: LinkRemoved, Link: k}, nil)
	if len(before.ifaces) != 0 {
		t.Error("an interface that was gone before the start is known")
	}
}

// A note about a priority of 0 says in which state it found the instance.
func TestResignedNote(t *testing.T) {
	cfg := testInstance(100)
	for _, state := range []State{Backup, Master} {
		m := NewMachine(&cfg)
		m.state = state
		receive := m.receiveAsBackup
		if state == Master {
			receive = m.receiveAsMaster
		}
		out := receive(Time(time.Hour), &Event{Kind: Received, Advert: &Advert{Priority: PriorityResign}}, nil)
		if len(out) == 0 || out[0].Reason != ReasonResigned || out[0].From != state {
			t.Errorf("in %v: %v", state, out)
		}
	}
}
