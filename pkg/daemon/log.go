package daemon

import (
	"io"
	"log/slog"
	"os"

	"golang.org/x/term"

	"github.com/kactl/kactl/pkg/daemon/logsink"
)

// keepalived's syslog identities, which people's filters know.
const (
	identityMain     = "Keepalived"
	identityVRRP     = "Keepalived_vrrp"
	identityCheckers = "Keepalived_healthcheckers"
)

// LogFacilities are the facilities of syslog that the log can go to.
func LogFacilities() []string { return logsink.Facilities() }

// openLog returns the sink that the options ask for. Where keepalived would log
// to a syslog that is not there, or a person sits at the terminal, the console
// gets it: a daemon must not run in silence. console says that it went there.
func openLog(o Options) (sink *logsink.Sink, console bool) {
	level := slog.LevelInfo
	if o.LogDetail {
		level = slog.LevelDebug
	}
	var out logsink.Writer = logsink.Console{W: o.Stderr}
	switch {
	case o.LogConsole, !o.Background && isTerminal(o.Stderr):
	case o.NoSyslog:
		out = logsink.Console{W: io.Discard}
	default:
		if s, err := logsink.DialSyslog(o.LogFacility); err == nil {
			out = s
		}
	}
	_, console = out.(logsink.Console)
	console = console && !o.NoSyslog || o.LogConsole
	return logsink.New(out, level), console
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
