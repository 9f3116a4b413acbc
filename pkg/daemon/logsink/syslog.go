package logsink

import (
	"cmp"
	"fmt"
	"log/slog"
	"log/syslog"
	"maps"
	"slices"
	"time"
)

// facilities are those that a daemon may use.
var facilities = map[string]syslog.Priority{
	"daemon": syslog.LOG_DAEMON, "user": syslog.LOG_USER,
	"local0": syslog.LOG_LOCAL0, "local1": syslog.LOG_LOCAL1, "local2": syslog.LOG_LOCAL2, "local3": syslog.LOG_LOCAL3,
	"local4": syslog.LOG_LOCAL4, "local5": syslog.LOG_LOCAL5, "local6": syslog.LOG_LOCAL6, "local7": syslog.LOG_LOCAL7,
}

// Facilities are the names that DialSyslog takes, in order.
func Facilities() []string { return slices.Sorted(maps.Keys(facilities)) }

// Syslog writes lines to the system's log, each under the identity of its
// logger.
type Syslog struct {
	facility syslog.Priority
	writers  map[string]*syslog.Writer
}

// DialSyslog connects to the local syslog, for a facility, daemon if it is empty.
// The error says that there is none.
func DialSyslog(facility string) (*Syslog, error) {
	priority, ok := facilities[cmp.Or(facility, "daemon")]
	if !ok {
		return nil, fmt.Errorf("there is no syslog facility %q", facility)
	}
	s := &Syslog{facility: priority, writers: map[string]*syslog.Writer{}}
	if _, err := s.writer("Keepalived"); err != nil {
		return nil, err
	}
	return s, nil
}

// WriteLine implements Writer. Only the sink's goroutine calls it.
func (s *Syslog) WriteLine(_ time.Time, level slog.Level, identity, text string) error {
	w, err := s.writer(identity)
	if err != nil {
		return err
	}
	switch {
	case level >= slog.LevelError:
		return w.Err(text)
	case level >= slog.LevelWarn:
		return w.Warning(text)
	case level >= slog.LevelInfo:
		return w.Info(text)
	}
	return w.Debug(text)
}

func (s *Syslog) writer(identity string) (*syslog.Writer, error) {
	if w := s.writers[identity]; w != nil {
		return w, nil
	}
	w, err := syslog.New(s.facility|syslog.LOG_INFO, identity)
	if err != nil {
		return nil, fmt.Errorf("connect to syslog: %w", err)
	}
	s.writers[identity] = w
	return w, nil
}
