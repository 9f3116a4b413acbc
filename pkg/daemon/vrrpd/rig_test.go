package vrrpd

import (
	"context"
	"io"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/kactl/kactl/pkg/event"
	"github.com/kactl/kactl/pkg/eventlog"
	"github.com/kactl/kactl/pkg/netio"
	"github.com/kactl/kactl/pkg/vrrp"
)

var (
	ours   = netip.MustParseAddr("192.0.2.1")
	theirs = netip.MustParseAddr("192.0.2.2")
	group  = netip.MustParseAddr("224.0.0.18")
)

// A rig is a running daemon on a fake system with eth0 up. Its instances are
// owners of their addresses, so that they begin as masters, unless a test makes
// them something else: no test waits for a master down timer.
type rig struct {
	*fakeSystem
	daemon  *Daemon
	scripts fakeScripts
	// files and processes report what a test sends.
	files, processes fakeSource
	beat             fakeBeat
	stop             context.CancelFunc
	logged           *lines
	done             chan error
}

func start(t *testing.T, instances ...vrrp.Instance) *rig {
	t.Helper()
	return startOn(t, newFakeSystem(t), instances...)
}

func startOn(t *testing.T, sys *fakeSystem, instances ...vrrp.Instance) *rig {
	t.Helper()
	return startWith(t, sys, vrrp.Settings{Instances: instances})
}

// startWith starts a daemon that runs settings. The scripts that they track are added.
func startWith(t *testing.T, sys *fakeSystem, settings vrrp.Settings) *rig {
	t.Helper()
	before := goleak.IgnoreCurrent()
	r := &rig{fakeSystem: sys, scripts: fakeScripts{make(chan verdict, 10)},
		files: fakeSource{vrrp.TrackFile, make(chan value, 10)}, processes: fakeSource{vrrp.TrackProcess, make(chan value, 10)}, done: make(chan error, 1), logged: new(lines)}
	for _, i := range settings.Instances {
		for _, t := range i.Tracks {
			if t.Kind == vrrp.TrackScript {
				settings.Scripts = append(settings.Scripts, vrrp.Script{Name: t.Name})
			}
		}
	}
	var err error
	logger := slog.New(slog.NewTextHandler(io.MultiWriter(t.Output(), r.logged), &slog.HandlerOptions{Level: slog.LevelDebug}))
	log := eventlog.Log{VRRP: logger}
	r.daemon, err = New(Config{
		wait: sys.waiter, Settings: settings, System: sys, Scripts: r.scripts, Log: logger,
		Sources: []Source{r.files, r.processes}, Beat: r.beat.ask,
		Events: func(e event.Event) {
			log.Handle(e)
			sys.events(e)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if fakeTime {
		r.daemon.loop.spare = false // who stays awake would wait forever for time to pass
	}
	ctx, cancel := context.WithCancel(t.Context())
	r.stop = cancel
	go func() { r.done <- r.daemon.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-r.done:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(20 * time.Second):
			t.Error("the daemon does not stop")
		}
		goleak.VerifyNone(t, before)
	})
	r.up("eth0", 2)
	r.links <- Link{Synced: true}
	return r
}

// reload makes the daemon run other settings.
func (r *rig) reload(s vrrp.Settings) {
	r.t.Helper()
	if err := r.daemon.Reload(r.t.Context(), s); err != nil {
		r.t.Error(err)
	}
}

// lines are what is logged.
type lines struct {
	mu   sync.Mutex
	text []byte // guarded by mu
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, b...)
	return len(b), nil
}

// all returns what was logged.
func (l *lines) all() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.text)
}

// where returns where a text was logged first, -1 for nowhere.
func (l *lines) where(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Index(string(l.text), text)
}

func (r *rig) up(name string, index int) {
	r.links <- Link{Name: name, Index: index, Up: true, MTU: r.mtu, Addrs: []netip.Prefix{netip.PrefixFrom(ours, 24)}}
}

func (r *rig) down(name string, index int) {
	r.links <- Link{Name: name, Index: index, Addrs: []netip.Prefix{netip.PrefixFrom(ours, 24)}}
}

// hear delivers an advert of another router for the instance.
func (r *rig) hear(cfg vrrp.Instance, priority uint8) {
	r.t.Helper()
	a := vrrp.NewAdvert(&cfg)
	a.Priority = priority
	r.hearFrom(cfg, a, theirs.As4())
}

// hearFrom delivers an advert from an address.
func (r *rig) hearFrom(cfg vrrp.Instance, a vrrp.Advert, from [4]byte) {
	r.t.Helper()
	src := netip.AddrFrom4(from)
	msg, err := a.Append(nil, src, group)
	if err != nil {
		r.t.Fatal(err)
	}
	r.socket(cfg.Interface).deliver(packet(msg, src, group))
}

func packet(msg []byte, src, dst netip.Addr) netio.Packet {
	return netio.MakePacket(msg, src, dst, 255)
}

// state returns the state of an instance after all that the loop can know of by
// now.
func (r *rig) state(name string) vrrp.State {
	state := make(chan vrrp.State)
	l := r.daemon.loop
	// The loop looks at its sockets before it takes what is posted meanwhile.
	l.tasks.post(func() {
		l.tasks.post(func() {
			_, m := l.router.Instance(name)
			state <- m.State()
		})
	})
	return <-state
}

// flush returns when the addresses are as the instance has wanted them by now.
func (r *rig) flush(name string) {
	l := r.daemon.loop
	l.tasks.post(func() { l.whenDone(l.instances[name], func() { r.note("flushed %s", name) }) })
	r.wait("flushed " + name)
}

func owner(name string, vrid uint8, vips ...string) vrrp.Instance {
	i := vrrp.Instance{
		Name: name, Interface: "eth0", VRID: vrid, InitialState: vrrp.Master, Priority: vrrp.PriorityOwner,
		Version: 2, AdvertInterval: time.Second, DownAdverts: 3, TTL: 255, Group: group,
		GARP: vrrp.GARP{Repeat: 2, LowerPriorityRepeat: 1},
	}
	for _, v := range vips {
		i.Addresses = append(i.Addresses, vrrp.Address{Prefix: netip.MustParsePrefix(v), Device: "eth0"})
	}
	return i
}

func prefixes(texts ...string) (list []netip.Prefix) {
	for _, t := range texts {
		list = append(list, netip.MustParsePrefix(t))
	}
	return list
}
