package vrrp

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/kactl/kactl/pkg/secret"
)

// TestScenarios runs the files of testdata/scenario. A file is the life of one
// instance after another: each command is something that happens to it, and what
// is expected below the line is what it does, with the time since its beginning.
func TestScenarios(t *testing.T) { runScenarios(t, func(State, string) {}) }

// runScenarios tells record of every event and of the state that it met.
func runScenarios(t *testing.T, record func(State, string)) {
	datadriven.Walk(t, "testdata/scenario", func(t *testing.T, path string) {
		s := scenario{record: record}
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			s.out.Reset()
			s.run(t, d)
			return s.out.String()
		})
	})
}

// A scenario is one instance under test and the time that it lives in.
type scenario struct {
	m      *Machine
	cfg    Instance
	began  Time
	now    Time
	out    strings.Builder
	record func(State, string)
	ears   bool // show what is listened to
}

// run handles one command. Every command takes after=DURATION: the time that
// passes first, with its timers fired.
func (s *scenario) run(t *testing.T, d *datadriven.TestData) {
	if d.HasArg("after") {
		s.pass(duration(t, d, "after"))
	}
	switch d.Cmd {
	case "instance": // a new one, its interface up: in=init | backup | master | fault | stopped
		s.cfg = parseInstance(t, d)
		s.m, s.now = NewMachine(&s.cfg), Time(time.Hour)
		s.step(Event{Kind: InterfaceChanged, Up: !d.HasArg("link-down")})
		source := netip.MustParseAddr("192.0.2.1")
		if s.cfg.IPv6() {
			source = netip.MustParseAddr("fe80::1")
		}
		if !d.HasArg("no-source") {
			s.step(Event{Kind: SourceChanged, From: source})
		}
		s.bring(t, d)
		s.ears = d.HasArg("ears")
		s.began = s.now
	case "reconfigure":
		cfg := parseInstance(t, d)
		s.record(s.m.State(), "reconfiguration")
		s.show(s.m.Reconfigure(s.now, &cfg, nil))
	case "startup":
		s.step(Event{Kind: Startup})
	case "shutdown":
		s.step(Event{Kind: Shutdown})
	case "pass": // nothing but time
	case "late": // by=DURATION: time with a wake-up at its end alone
		s.now = s.now.Add(duration(t, d, "by"))
		s.step(Event{Kind: Timer})
	case "advert": // from=ADDR priority=N [ttl= version= interval= checksum= password= vips=A,B auth=N malformed=N]
		s.step(Event{
			Kind: Received, Advert: parseAdvert(t, d, &s.cfg), Malformed: RejectReason(number(t, d, "malformed", 0)),
			From: addr(t, d, "from"), TTL: uint8(number(t, d, "ttl", 255)),
		})
	case "timer": // a wake-up for nothing
		s.step(Event{Kind: Timer})
	case "link": // up | down
		s.step(Event{Kind: InterfaceChanged, Up: d.HasArg("up")})
	case "source": // [addr=ADDR]
		var a netip.Addr
		if d.HasArg("addr") {
			a = addr(t, d, "addr")
		}
		s.step(Event{Kind: SourceChanged, From: a})
	case "route": // up | down: whether a peer is reached
		s.step(Event{Kind: RouteChanged, Up: d.HasArg("up")})
	case "send": // up | down: whether adverts go out
		s.step(Event{Kind: SendChanged, Up: d.HasArg("up")})
	case "addresses": // up | down: whether the virtual addresses are there
		s.step(Event{Kind: AddressesChanged, Up: d.HasArg("up")})
	case "room": // n=N
		s.step(Event{Kind: RoomChanged, Room: number(t, d, "n", 0)})
	case "overhear": // as advert, but on the interface alone
		s.step(Event{
			Kind: Overheard, Advert: parseAdvert(t, d, &s.cfg), Malformed: RejectReason(number(t, d, "malformed", 0)),
			From: addr(t, d, "from"), TTL: uint8(number(t, d, "ttl", 255)),
		})
	case "track": // n=N up | down
		up := 0
		if d.HasArg("up") {
			up = 1
		}
		s.step(Event{Kind: TrackChanged, Track: number(t, d, "n", 0), Value: number(t, d, "value", up)})
	default:
		d.Fatalf(t, "no such command")
	}
}

// bring takes a new instance to the state that it is wanted in, without a word.
func (s *scenario) bring(t *testing.T, d *datadriven.TestData) {
	if !d.HasArg("in") {
		return
	}
	var in string
	d.ScanArgs(t, "in", &in)
	if in != "init" {
		for n := range s.cfg.Tracks {
			s.step(Event{Kind: TrackChanged, Track: n, Value: 1})
		}
		s.step(Event{Kind: Startup})
	}
	switch in {
	case "init", "backup":
	case "master":
		a := NewAdvert(&s.cfg)
		s.step(Event{Kind: Received, Advert: &a, From: netip.MustParseAddr("192.0.2.2"), TTL: 255})
		s.pass(s.m.skew())
		s.m.bounds = bounds{} // as if it were master for long
	case "fault":
		s.step(Event{Kind: InterfaceChanged})
	case "stopped":
		s.step(Event{Kind: Shutdown})
	default:
		d.Fatalf(t, "no state %q", in)
	}
	s.out.Reset()
}

// pass lets time go by, from one deadline to the next.
func (s *scenario) pass(by time.Duration) {
	end := s.now.Add(by)
	for range 1000 {
		at, ok := s.m.Deadline()
		if !ok || at > end {
			s.now = end
			return
		}
		s.now = max(s.now, at)
		s.step(Event{Kind: Timer})
	}
	s.out.WriteString("its deadlines never end\n")
}

func (s *scenario) step(ev Event) {
	s.record(s.m.State(), s.m.nameOf(s.now, ev))
	listening := s.m.Listening()
	s.show(s.m.Step(s.now, ev, nil))
	if now := s.m.Listening(); s.ears && now != listening {
		fmt.Fprintf(&s.out, "%6.3fs %s\n", s.now.Sub(s.began).Seconds(), map[bool]string{true: "listen", false: "listen no more"}[now])
	}
}

func (s *scenario) show(effects []Effect) {
	for _, e := range effects {
		since := s.now.Sub(s.began).Round(time.Millisecond)
		fmt.Fprintf(&s.out, "%6.3fs %v\n", since.Seconds(), e)
	}
}

func parseInstance(t *testing.T, d *datadriven.TestData) Instance {
	cfg := testInstance(uint8(number(t, d, "priority", 100)))
	if d.HasArg("master") {
		cfg.InitialState = Master
	}
	cfg.NoPreempt = d.HasArg("nopreempt")
	cfg.HighestOther = uint8(number(t, d, "highest-other", 0))
	cfg.OwnerIgnoresAdverts = d.HasArg("owner-ignores")
	cfg.SkipAddressCheck = d.HasArg("skip-address-check")
	cfg.DontTrackPrimary = d.HasArg("dont-track-primary")
	if d.HasArg("preempt-delay") {
		cfg.PreemptDelay = duration(t, d, "preempt-delay")
	}
	if d.HasArg("interval") {
		cfg.AdvertInterval = duration(t, d, "interval")
	}
	if d.HasArg("refresh") {
		cfg.GARP.Refresh = duration(t, d, "refresh")
	}
	if d.HasArg("garp-delay") {
		cfg.GARP.Delay = duration(t, d, "garp-delay")
	}
	if d.HasArg("lower-delay") {
		cfg.GARP.LowerPriorityDelay = duration(t, d, "lower-delay")
	}
	if d.HasArg("unicast") {
		cfg.Peers = []Peer{{Addr: netip.MustParseAddr("192.0.2.2"), MinTTL: uint8(number(t, d, "min-ttl", 0)), MaxTTL: uint8(number(t, d, "max-ttl", 255))}}
	}
	cfg.PeersOnly = d.HasArg("peers-only")
	cfg.LowerPriorityNoAdvert = d.HasArg("lower-prio-no-advert")
	cfg.HigherPrioritySendAdvert = d.HasArg("higher-prio-send-advert")
	cfg.ChecksumAsV2 = d.HasArg("checksum-as-v2")
	cfg.DownAdverts = number(t, d, "down-adverts", cfg.DownAdverts)
	cfg.GARP.LowerPriorityRepeat = number(t, d, "lower-repeat", cfg.GARP.LowerPriorityRepeat)
	if cfg.Version = uint8(number(t, d, "version", 2)); cfg.Version == 3 {
		cfg.Auth = Auth{}
	}
	if d.HasArg("ipv6") {
		cfg.Family, cfg.Version, cfg.Auth = 6, 3, Auth{}
		cfg.Addresses = []Address{
			{Prefix: netip.MustParsePrefix("fe80::51/64"), Device: "eth0"},
			{Prefix: netip.MustParsePrefix("2001:db8::100/64"), Device: "eth0"},
		}
	}
	if n := number(t, d, "many", 0); n > 0 {
		cfg.Addresses = nil
		for k := range n {
			vip := netip.AddrFrom4([4]byte{198, 51, byte(k >> 8), byte(k)})
			if cfg.IPv6() {
				vip = netip.AddrFrom16([16]byte{0x20, 1, 0xd, 0xb8, 14: byte(k >> 8), 15: byte(k)})
			}
			cfg.Addresses = append(cfg.Addresses, Address{Prefix: netip.PrefixFrom(vip, vip.BitLen()), Device: "eth0"})
		}
	}
	for _, arg := range d.CmdArgs {
		if arg.Key != "track" {
			continue
		}
		for _, v := range arg.Vals {
			var tr Track
			tr.Kind, tr.Name = TrackScript, fmt.Sprintf("t%d", len(cfg.Tracks))
			if w, ok := strings.CutSuffix(v, "r"); ok {
				tr.Reverse, v = true, w
			}
			if _, err := fmt.Sscan(v, &tr.Weight); err != nil {
				d.Fatalf(t, "track %q: %v", v, err)
			}
			cfg.Tracks = append(cfg.Tracks, tr)
		}
	}
	return cfg
}

// testInstance is a plain instance with keepalived's defaults.
func testInstance(priority uint8) Instance {
	return Instance{
		Name: "VI_1", Interface: "eth0", VRID: 51, InitialState: Backup, Priority: priority,
		Version: 2, AdvertInterval: time.Second, DownAdverts: 3, TTL: 255,
		Auth: Auth{Type: AuthPassword, Password: secret.New("1111")},
		Addresses: []Address{
			{Prefix: netip.MustParsePrefix("198.51.100.1/24"), Device: "eth0"},
			{Prefix: netip.MustParsePrefix("198.51.100.2/32"), Device: "eth0"},
		},
		GARP: GARP{Repeat: 5, Delay: 5 * time.Second, RefreshRepeat: 1, LowerPriorityRepeat: 5, LowerPriorityDelay: 5 * time.Second},
	}
}

func parseAdvert(t *testing.T, d *datadriven.TestData, cfg *Instance) *Advert {
	a := NewAdvert(cfg)
	a.Priority = uint8(number(t, d, "priority", 100))
	a.AuthType = AuthType(number(t, d, "auth", int(a.AuthType)))
	a.Version = uint8(number(t, d, "version", int(a.Version)))
	a.Checksum = Checksum(number(t, d, "checksum", int(a.Checksum)))
	if d.HasArg("interval") {
		a.Interval = duration(t, d, "interval")
	}
	if d.HasArg("password") {
		var pw string
		d.ScanArgs(t, "password", &pw)
		a.Key = AuthData{}
		copy(a.Key[:], pw)
	}
	for _, arg := range d.CmdArgs {
		if arg.Key == "vips" {
			a.Addresses = nil
			for _, v := range arg.Vals {
				a.Addresses = append(a.Addresses, netip.MustParseAddr(v))
			}
		}
	}
	if n := number(t, d, "first", 0); n > 0 {
		a.Addresses = a.Addresses[:n]
	}
	if d.HasArg("swap") {
		a.Addresses[0], a.Addresses[1] = a.Addresses[1], a.Addresses[0]
	}
	return &a
}

func duration(t *testing.T, d *datadriven.TestData, key string) time.Duration {
	var text string
	d.ScanArgs(t, key, &text)
	v, err := time.ParseDuration(text)
	if err != nil {
		d.Fatalf(t, "%s: %v", key, err)
	}
	return v
}

func number(t *testing.T, d *datadriven.TestData, key string, otherwise int) int {
	if d.HasArg(key) {
		d.ScanArgs(t, key, &otherwise)
	}
	return otherwise
}

func addr(t *testing.T, d *datadriven.TestData, key string) netip.Addr {
	var text string
	d.ScanArgs(t, key, &text)
	a, err := netip.ParseAddr(text)
	if err != nil {
		d.Fatalf(t, "%s: %v", key, err)
	}
	return a
}
