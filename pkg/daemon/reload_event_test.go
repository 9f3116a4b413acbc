package daemon

import (
	"bytes"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kactl/kactl/pkg/daemon/logsink"
	"github.com/kactl/kactl/pkg/event"
	"github.com/kactl/kactl/pkg/eventlog"
	"github.com/kactl/kactl/pkg/notify"
)

// The end of each reload is an event, and the log has its line from that.
func TestReloadEvents(t *testing.T) {
	var b bytes.Buffer
	log := slog.New(slog.NewTextHandler(&b, nil))
	lines := eventlog.Log{Daemon: log}
	var events []string
	dir := t.TempDir()
	d := &daemon{
		log: log, vrrpLog: log, lvsLog: log, status: newServiceStatus(),
		fifos: notify.NewFIFOs(notify.FIFOSettings{}, nil, log), mail: notify.NewMail(notify.MailSettings{}, log), sink: logsink.New(logsink.Console{W: io.Discard}, slog.LevelInfo),
		events: func(e event.Event) {
			lines.Handle(e)
			if e.Time().IsZero() {
				t.Errorf("%v has no time", e)
			}
			events = append(events, strings.ReplaceAll(e.String(), dir, ""))
		},
	}
	defer d.mail.Close(t.Context())
	defer d.sink.Close(t.Context())
	d.ConfigFile, d.pid.path = filepath.Join(dir, "k.conf"), filepath.Join(dir, "pid")
	for _, test := range []struct{ text, line, event string }{
		{"", "the configuration that was running stays in force",
			"reload of /k.conf: 0 errors, 1 warnings: no configuration file /k.conf: create it, or name another one with --use-file"},
		{"global_defs {\n}\n", "Reload complete", "reload of /k.conf: 0 errors, 0 warnings"},
		{"global_defs {\nnonsense\n}\n", "Reload complete", "reload of /k.conf: 1 errors, 0 warnings"},
		{"include /missing/file\n", "Reload complete", "reload of /k.conf: 0 errors, 1 warnings"},
	} {
		if test.text != "" {
			if err := os.WriteFile(d.ConfigFile, []byte(test.text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		b.Reset()
		events = nil
		d.reload(t.Context())
		if n := strings.Count(b.String(), test.line); n != 1 {
			t.Errorf("%q is in the log %d times:\n%s", test.line, n, &b)
		}
		if len(events) != 1 || events[0] != test.event {
			t.Errorf("events %q, want %q", events, test.event)
		}
	}
}
