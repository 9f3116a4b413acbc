// Package eventlog is the sink of events that writes the log, in keepalived's words:
// people's log rules look for them. Each line is in one place here, whoever emits
// the event.
//
// It is a package of its own since the status of an instance words the reason of its
// state in the same way, and whoever does that needs no scripts and no mail.
package eventlog

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/kactl/kactl/pkg/event"
	"github.com/kactl/kactl/pkg/vrrp"
)

// A Log writes log lines about events. Handle is called by whoever emits: the lines
// about one object stay in the order of its events, and no other sink delays them.
type Log struct {
	// VRRP gets what is about virtual routers, LVS about virtual and real servers,
	// and Daemon about the configuration.
	VRRP, LVS, Daemon *slog.Logger
}

// Handle writes the lines about e, if there are any. It blocks no longer than the
// loggers do, and may be called by several goroutines.
func (l *Log) Handle(e event.Event) {
	switch e := e.(type) {
	case event.Instance:
		if !e.Often {
			logInstance(l.VRRP, e)
		}
	case event.Group:
		if !e.Often && e.From != vrrp.Init { // the start is not worth a line
			logf(l.VRRP, slog.LevelInfo, "VRRP_Group(%s) Syncing instances to %v state", e.Settings.Name, e.To)
		}
	case event.Flapping:
		logf(l.VRRP, slog.LevelWarn, "(%s) changes its state too often: %d more transitions, in %v STATE now", e.Settings.Name, e.Count, e.State)
	case event.Unsent:
		logf(l.VRRP, slog.LevelWarn, "(%s) advert not sent: %v%s", e.Settings.Name, e.Err, andMore(e.Suppressed))
	case event.Refused:
		logf(l.VRRP, slog.LevelInfo, "(%s) refused %d messages: %v", e.Settings.Name, e.Count, e.Reason)
	case event.Address:
		logAddress(l.VRRP, e)
	case event.Interface:
		logInterface(l.VRRP, e.Effect)
	case event.Reload:
		logReload(l.Daemon, e)
	default:
		logServers(l.LVS, e)
	}
}

func logReload(log *slog.Logger, e event.Reload) {
	for _, err := range e.Missing {
		logf(log, slog.LevelError, "Reload incomplete: %v", err)
	}
	switch {
	case e.Err != nil:
		logf(log, slog.LevelError, "%v; the configuration that was running stays in force", e.Err)
	case e.Missing == nil:
		logf(log, slog.LevelInfo, "Reload complete")
	}
}

// logf formats nothing that is not logged.
func logf(log *slog.Logger, level slog.Level, format string, args ...any) {
	if ctx := context.Background(); log.Enabled(ctx, level) {
		log.Log(ctx, level, fmt.Sprintf(format, args...))
	}
}

// andMore words what was left out.
func andMore(suppressed int) string {
	if suppressed == 0 {
		return ""
	}
	return fmt.Sprintf(" (and %d more like it since that was last logged)", suppressed)
}
