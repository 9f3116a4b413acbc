package daemon

import (
	"fmt"
	"io"
)

// Where keepalived has them too, so that its command lines and scripts work.
const (
	DefaultConfigFile = "/etc/keepalived/keepalived.conf"
	DefaultPIDFile    = "/run/keepalived.pid"
)

// Options are what the command line says.
type Options struct {
	ConfigFile, PIDFile string
	// ConfigID is what conditional lines of the file are compared with. Empty is
	// the first part of the host name.
	ConfigID string
	// LogConsole sends the log to Stderr instead of syslog, LogDetail makes it
	// longer.
	LogConsole, LogDetail bool
	// LogFacility is that of syslog, one of [LogFacilities]; empty is daemon.
	// NoSyslog logs nothing there.
	LogFacility string
	NoSyslog    bool
	// DumpConfig logs the configuration, without its secrets, at the start.
	DumpConfig bool
	// KeepAddresses and KeepServices leave what was put into the kernel at the end.
	KeepAddresses, KeepServices bool
	// Background says that nobody watches Stderr for long.
	Background bool
	// Ready, if not nil, is called once everything runs.
	Ready func()
	// Notes are warnings for the log.
	Notes []string
	// VRRP and Checkers are the sides that run.
	VRRP, Checkers bool
	// Version is logged.
	Version string
	Stderr  io.Writer
}

// An ExitError ends the process with a status that keepalived's users know.
type ExitError struct {
	Status int
	// Err says why. It is nil where the log has said it already.
	Err error
}

func (e ExitError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("exit status %d", e.Status)
	}
	return e.Err.Error()
}

func (e ExitError) Unwrap() error { return e.Err }

// The exit statuses, measured on keepalived 2.2.7.
const (
	// statusRefused is ours alone: where keepalived finds a second daemon, it
	// says so and exits with 0, and whoever started it believes that it runs.
	statusRefused = 1
	statusFailure = 1
	// statusConfig: the file cannot be run.
	statusConfig = 2
	// statusMissing: there is no file, or it cannot be read.
	statusMissing = 6
)
