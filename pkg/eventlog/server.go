package eventlog

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/kactl/kactl/pkg/event"
	"github.com/kactl/kactl/pkg/health"
	"github.com/kactl/kactl/pkg/lvs"
)

// logServers writes what is about virtual and real servers.
func logServers(log *slog.Logger, e event.Event) {
	info := func(format string, args ...any) { logf(log, slog.LevelInfo, format, args...) }
	switch e := e.(type) {
	case event.Activated:
		info("Activating healthchecker for service %s for VS %s", e.Key, e.Key.Service)
	case event.Check:
		logCheck(log, e)
	case event.Probe:
		if e.Err == nil {
			succeeded(log, e.Check.Kind, e.Key)
			return
		}
		failed(log, slog.LevelDebug, e.Err, "%s on service %s failed, next try in %v", checkName(e.Check.Kind), e.Key, e.Again)
	case event.Membership:
		if e.Removed {
			logRemoval(log, e)
		}
	case event.RealServer:
		if !e.Added && !e.Removed {
			logVerdict(log, e)
		}
	case event.Weight:
		state := "inactive"
		if e.Up {
			state = "active"
		}
		info("Changing weight from %d to %d for %s service %s of VS %s", e.From, e.To, state, e.Key, e.Key.Service)
	case event.Quorum:
		q, h := e.Need, e.Hysteresis
		if e.Up {
			info("Gained quorum %d+%d=%d <= %d for VS %s", q, h, q+h, e.Weight, e.Key)
		} else {
			info("Lost quorum %d-%d=%d > %d for VS %s", q, h, q-h, e.Weight, e.Key)
		}
	case event.SorryServer:
		if e.Used {
			info("Adding sorry server %s to VS %s", e.Sorry, e.Key)
			info("Removing alive servers from the pool for VS %s", e.Key)
			return
		}
		info("Removing sorry server %s from VS %s", e.Sorry, e.Key)
		if e.Quorum {
			info("Adding alive servers to the pool for VS %s", e.Key)
		}
	case event.VirtualServer:
		if e.Removed {
			info("Removing Virtual Server %s", e.Key)
		}
	}
}

// logCheck writes the change of the verdict of a check.
func logCheck(log *slog.Logger, e event.Check) {
	if e.Up {
		succeeded(log, e.Check.Kind, e.Key)
		return
	}
	retries := e.Retries
	if web(e.Check.Kind) {
		// keepalived counts what is configured here, tried or not.
		retries = e.Check.Retries
	}
	if retries > 0 {
		failed(log, slog.LevelInfo, e.Err, "%s on service %s failed after %d retries.", checkName(e.Check.Kind), e.Key, retries)
		return
	}
	failed(log, slog.LevelInfo, e.Err, "%s on service %s failed.", checkName(e.Check.Kind), e.Key)
}

// failed writes a line about a probe. Why it failed is a field.
func failed(log *slog.Logger, level slog.Level, err error, format string, args ...any) {
	if ctx := context.Background(); log.Enabled(ctx, level) {
		log.Log(ctx, level, fmt.Sprintf(format, args...), "reason", err)
	}
}

func succeeded(log *slog.Logger, k health.Kind, key lvs.RealKey) {
	if web(k) {
		logf(log, slog.LevelInfo, "Remote Web server %s succeed on service.", key)
	} else {
		logf(log, slog.LevelInfo, "TCP connection to %s success.", key)
	}
}

func web(k health.Kind) bool { return k == health.HTTP || k == health.SSL }

func checkName(k health.Kind) string {
	if web(k) {
		return "HTTP_CHECK"
	}
	return "TCP_CHECK"
}

// logVerdict writes what a verdict makes of the table.
func logVerdict(log *slog.Logger, e event.RealServer) {
	format := "Removing service %s from VS %s"
	switch {
	case e.Up && e.Real.Inhibit:
		format = "Enabling service %s of VS %s"
	case e.Up:
		format = "Adding service %s to VS %s"
	case e.Real.Inhibit:
		format = "Disabling service %s of VS %s"
	}
	logf(log, slog.LevelInfo, format, e.Key, e.Key.Service)
}

func logRemoval(log *slog.Logger, e event.Membership) {
	inhibited := ""
	if e.Real.Inhibit {
		inhibited = "(inhibited) "
	}
	if e.Cause == event.Stopped {
		logf(log, slog.LevelInfo, "Shutting down %sservice %s from VS %s", inhibited, e.Key, e.Key.Service)
		return
	}
	if !e.WithVirtual {
		logf(log, slog.LevelInfo, "service %s no longer exist", e.Key)
	}
	if e.Up || e.Real.Inhibit {
		logf(log, slog.LevelInfo, "Removing %sservice %s from VS %s", inhibited, e.Key, e.Key.Service)
	}
}
