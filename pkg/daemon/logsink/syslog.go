package logsink

import (
	"fmt"
	"log/slog"
	"log/syslog"
	"time"
)

// Syslog writes lines to the system's log, in facility daemon, each under the
// identity of its logger.
type Syslog struct {
	writers map[string]*syslog.Writer
}

// DialSyslog connects to the local syslog. The error says that there is none.
func DialSyslog() (*Syslog, error) {
	s := &Syslog{writers: map[string]*syslog.Writer{}}
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
	w, err := syslog.New(syslog.LOG_DAEMON|syslog.LOG_INFO, identity)
	if err != nil {
		return nil, fmt.Errorf("connect to syslog: %w", err)
	}
	s.writers[identity] = w
	return w, nil
}
