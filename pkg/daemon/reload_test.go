package daemon

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kactl/kactl/pkg/daemon/checkd"
	"github.com/kactl/kactl/pkg/daemon/vrrpd"
	"github.com/kactl/kactl/pkg/event"
	"github.com/kactl/kactl/pkg/eventlog"
	"github.com/kactl/kactl/pkg/health"
	"github.com/kactl/kactl/pkg/lvs"
	"github.com/kactl/kactl/pkg/netstate"
	"github.com/kactl/kactl/pkg/notify"
	"github.com/kactl/kactl/pkg/vrrp"
)

// brokenIPVS is a table that works until it is broken.
type brokenIPVS struct{ read, write, refuse error }

func (b *brokenIPVS) Table(context.Context) (lvs.Table, error) { return lvs.Table{}, b.read }

func (b *brokenIPVS) Apply(_ context.Context, ops []lvs.Op) (refused []lvs.Refusal, err error) {
	for _, op := range ops {
		if b.refuse != nil {
			refused = append(refused, lvs.Refusal{Op: op, Err: b.refuse})
		}
	}
	return refused, b.write
}

func (b *brokenIPVS) Close() error { return nil }

func (b *brokenIPVS) Timeouts(context.Context) (lvs.Timeouts, error)  { return lvs.Timeouts{}, nil }
func (b *brokenIPVS) SetTimeouts(context.Context, lvs.Timeouts) error { return nil }

type healthyProber struct{}

func (healthyProber) Probe(context.Context, health.Check) health.Result { return health.Result{} }

// What a reload could not put in force is in the log and in the status, and it is not
// called complete.
func TestReloadThatIsIncomplete(t *testing.T) {
	broken := errors.New("broken")
	for _, tt := range []struct {
		name string
		ipvs brokenIPVS
		want []string // in the log
		not  string
	}{
		{"all in force", brokenIPVS{}, []string{"Reload complete", "k.conf: read 0s ago, in force"}, "incomplete"},
		{"not read", brokenIPVS{read: broken}, []string{"Reload incomplete: IPVS table cannot be read: broken; ", "kactl keeps trying", "not all in force: IPVS table cannot be read: broken"}, "Reload complete"},
		{"not written", brokenIPVS{write: broken}, []string{"Reload incomplete: IPVS cannot be changed: broken; ", "kactl keeps trying", "not all in force: IPVS cannot be changed: broken"}, "Reload complete"},
		{"refused", brokenIPVS{refuse: broken}, []string{"Reload incomplete: the kernel refuses ", "kactl keeps trying", "not all in force: the kernel refuses "}, "Reload complete"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var log bytes.Buffer
			file := filepath.Join(t.TempDir(), "k.conf")
			write := func(text string) {
				if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			write("virtual_server 192.0.2.1 80 {\n lvs_sched rr\n lvs_method NAT\n protocol TCP\n real_server 192.0.2.2 80 {\n}\n}\n")
			d := &daemon{Options: Options{ConfigFile: file, Checkers: true}, status: newServiceStatus(), log: slog.New(slog.NewTextHandler(&log, nil))}
			d.events = (&eventlog.Log{Daemon: d.log}).Handle
			d.mail, d.fifos = notify.NewMail(notify.MailSettings{}, d.log), notify.NewFIFOs(notify.FIFOSettings{}, nil, d.log)
			defer d.mail.Close(t.Context())
			d.checkers = checkd.New(checkd.Config{
				Open:   func() (checkd.IPVS, error) { return &tt.ipvs, nil },
				Prober: healthyProber{},
				Log:    slog.New(slog.DiscardHandler),
			})
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error)
			go func() { done <- d.checkers.Run(ctx) }()
			d.reload(ctx)
			d.logStatus(ctx)
			for _, want := range tt.want {
				if !strings.Contains(log.String(), want) {
					t.Errorf("the log lacks %q:\n%s", want, &log)
				}
			}
			if strings.Contains(log.String(), tt.not) {
				t.Errorf("the log has %q:\n%s", tt.not, &log)
			}
			if got := strings.Contains(d.status.now(), "not all of the last reload is in force"); got != (tt.not == "Reload complete") {
				t.Errorf("the service manager's line is %q", d.status.now())
			}
			// A file that cannot be run is none that is in force in part.
			os.Remove(file)
			d.reload(ctx)
			if d.read.Err == "" || d.read.InPart {
				t.Errorf("without a file: %+v", d.read)
			}
			cancel()
			<-done
		})
	}
}

// lowSystem is a machine with the interface kt0, whose sockets are all refused: it notes
// how many probes may be made when the first is to be opened, 0 where the
// descriptors were not counted.
type lowSystem struct {
	vrrpd.System
	probes *atomic.Int64
	opened chan int64
}

func (s lowSystem) OpenSocket(string, int, bool, bool) (vrrpd.Socket, error) {
	select {
	case s.opened <- s.probes.Load():
	default:
	}
	return nil, errors.New("no socket")
}

func (lowSystem) Uptime() time.Duration                      { return time.Hour }
func (lowSystem) OpenLinks() (vrrpd.Links, error)            { return lowLinks{}, nil }
func (lowSystem) OpenRoutes() (vrrpd.Routes, error)          { return noRoutes{}, nil }
func (lowSystem) OpenAddresses() (netstate.Addresses, error) { return nil, errors.New("no addresses") }
func (lowSystem) OpenTables() (netstate.Tables, error)       { return nil, errors.New("no tables") }
func (lowSystem) OpenFilter() (netstate.Filter, error)       { return nil, errors.New("no filter") }
func (lowSystem) OpenAnnouncer(string) (netstate.Announcer, error) {
	return nil, errors.New("no announcer")
}

type noRoutes struct{ vrrpd.Routes }

func (noRoutes) Close() error { return nil }

type lowLinks struct{}

func (lowLinks) Run(ctx context.Context, report func(vrrpd.Link)) error {
	report(vrrpd.Link{Name: "kt0", Index: 9, Up: true, Addrs: []netip.Prefix{netip.MustParsePrefix("192.0.2.1/24")}})
	report(vrrpd.Link{Synced: true})
	<-ctx.Done()
	return nil
}

func (lowLinks) Close() error { return nil }

type noScripts struct{}

func (noScripts) Run(ctx context.Context, _ func(string, bool)) error { <-ctx.Done(); return nil }
func (noScripts) Reload([]vrrp.Script)                                {}

// A reload raises the limit of descriptors before it opens the sockets that need it.
func TestReloadRaisesDescriptorsFirst(t *testing.T) {
	file := filepath.Join(t.TempDir(), "k.conf")
	text := "global_defs {\n dynamic_interfaces\n}\nvrrp_instance VI_1 {\n interface kt0\n virtual_router_id 51\n priority 100\n virtual_ipaddress {\n 198.51.100.1/32\n}\n}\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	d := &daemon{Options: Options{ConfigFile: file}, status: newServiceStatus(), log: log, events: func(event.Event) {}}
	d.mail, d.fifos = notify.NewMail(notify.MailSettings{}, d.log), notify.NewFIFOs(notify.FIFOSettings{}, nil, d.log)
	defer d.mail.Close(t.Context())
	sys := lowSystem{probes: &d.probes, opened: make(chan int64, 1)}
	var err error
	if d.router, err = vrrpd.New(vrrpd.Config{System: sys, Scripts: noScripts{}, Log: log}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- d.router.Run(ctx) }()
	d.reload(ctx)
	select {
	case probes := <-sys.opened:
		if probes == 0 {
			t.Error("a socket is opened before the descriptors are counted")
		}
	default:
		t.Error("no socket was to be opened")
	}
	cancel()
	<-done
}
