package daemon

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kactl/kactl/pkg/daemon/checkd"
	"github.com/kactl/kactl/pkg/eventlog"
	"github.com/kactl/kactl/pkg/health"
	"github.com/kactl/kactl/pkg/lvs"
	"github.com/kactl/kactl/pkg/notify"
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
			d.mail = notify.NewMail(notify.MailSettings{}, d.log)
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
