package eventlog_test

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kactl/kactl/pkg/event"
	"github.com/kactl/kactl/pkg/eventlog"
)

// lines returns what the log has of events, "LEVEL LOGGER: text" and attributes, one
// a line.
func lines(level slog.Level, events ...event.Event) string {
	var b bytes.Buffer
	to := func(name string) *slog.Logger {
		return slog.New(slog.NewTextHandler(&b, &slog.HandlerOptions{Level: level, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			switch a.Key {
			case slog.TimeKey:
				return slog.Attr{}
			case slog.MessageKey:
				return slog.String(name, a.Value.String())
			}
			return a
		}}))
	}
	log := eventlog.Log{VRRP: to("vrrp"), LVS: to("lvs"), Daemon: to("daemon")}
	for _, e := range events {
		log.Handle(e)
	}
	return strings.ReplaceAll(strings.TrimSuffix(b.String(), "\n"), "level=", "")
}

// A row is an event, and its lines.
type row struct {
	event event.Event
	want  string
}

func check(t *testing.T, rows []row) {
	t.Helper()
	for _, r := range rows {
		if d := cmp.Diff(strings.TrimPrefix(r.want, "\n"), lines(slog.LevelDebug, r.event)); d != "" {
			t.Errorf("%v: %s", r.event, d)
		}
	}
}

func TestReload(t *testing.T) {
	check(t, []row{
		{event.Reload{File: "k.conf", Warnings: 1}, `INFO daemon="Reload complete"`},
		{event.Reload{File: "k.conf", Missing: []error{errors.New("one"), errors.New("two")}}, `
ERROR daemon="Reload incomplete: one"
ERROR daemon="Reload incomplete: two"`},
		{event.Reload{File: "k.conf", Err: errors.New("k.conf cannot be run: see the errors above"), Errors: 1},
			`ERROR daemon="k.conf cannot be run: see the errors above; the configuration that was running stays in force"`},
	})
}

// What is for debugging is not formatted where nobody wants it.
func TestLevels(t *testing.T) {
	probe := event.Probe{Key: server, Err: unformatted{t}}
	if got := lines(slog.LevelInfo, probe, event.Address{Instance: "VI_1", What: event.Announcing}); got != "" {
		t.Errorf("logged: %s", got)
	}
}

// unformatted is an error that is not to be asked for its text.
type unformatted struct{ t *testing.T }

func (u unformatted) Error() string {
	u.t.Error("it was formatted")
	return ""
}
