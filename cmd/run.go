package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/viper"

	"github.com/kactl/kactl/pkg/daemon"
)

func newRun(s streams) *cobra.Command {
	c := &cobra.Command{
		Use:   "run",
		Short: "Run the load balancer daemon from a keepalived.conf",
		Long: `run reads a keepalived.conf, holds its virtual addresses by VRRP, keeps the
kernel's IPVS table as its virtual servers say and takes real servers that fail
their checks out of it. It stays in the foreground; called by the name of
keepalived, through a link, it goes into the background unless it is told -n.

It takes every flag of keepalived. One that has no effect yet is logged. It
refuses to start a second daemon on the same pid file. If it cannot write the pid
file, it logs that, runs, and tries again at the next reload.

Signals: TERM and INT stop it cleanly, a master resigning first; HUP reads the
file again and changes only what differs.

As the first process of a container it runs itself once more, as the daemon,
passes signals on to it and reaps what scripts leave behind. A service manager
that gives it a NOTIFY_SOCKET is told when it works, reloads and stops
(systemd's Type=notify or notify-reload).

Exit status: 0 it was stopped, 1 it was refused or failed, 2 the file cannot be
run, 6 there is no file to read.` + settingsHelp("run", "use-file"),
		Example: `  kactl run
  kactl run -f ./keepalived.conf -l -D
  kactl run -D -S local6
  kactl run -t && systemctl reload kactl
  kill -s $(kactl run --signum=RELOAD) $(cat /run/keepalived.pid)`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if asks, err := c.Flags().GetBool("version"); err != nil || asks {
				return errors.Join(err, writeKeepalivedVersion(s.err))
			}
			v, err := readSettings(c)
			if err != nil {
				return err
			}
			r := runner{s, v, c.CommandPath()}
			if name := v.GetString("signum"); name != "" || c.Flags().Changed("signum") {
				return r.writeSignal(name)
			}
			return runError(r.run(c.Context()))
		},
	}
	runFlags(c)
	return c
}

// writeKeepalivedVersion writes what scripts look for, in the first line and on
// the standard error as keepalived does: the version that this takes the place
// of.
func writeKeepalivedVersion(w io.Writer) error {
	_, err := fmt.Fprintf(w, "Keepalived v%s (%s)\n", keepalivedVersion, buildVersion())
	return err
}

// keepalivedVersion is that of which the language and the flags are.
const keepalivedVersion = "2.4.3"

// A runner is one run of kactl run.
type runner struct {
	streams
	settings *viper.Viper
	command  string
}

func (r runner) run(ctx context.Context) error {
	v := r.settings
	o, err := r.options()
	if err != nil {
		return usageError{err, r.command}
	}
	if to := v.GetString("config-test"); to != "" && to != "false" {
		// Its interfaces are those of the namespace.
		if err := r.enterNamespace(); err != nil {
			return err
		}
		return r.test(o, to)
	}
	if daemon.NeedsInit() {
		return daemon.Init()
	}
	if !v.GetBool("dont-fork") && !daemon.InBackground() && !daemon.UnderServiceManager() {
		return daemon.Background()
	}
	if err := r.prepare(); err != nil {
		return err
	}
	if daemon.InBackground() {
		if err := o.Detach(); err != nil {
			return err
		}
	}
	return daemon.Run(ctx, o)
}

// prepare changes the process as a flag says.
func (r runner) prepare() error {
	if r.settings.GetString("namespace") != "" {
		if err := r.enterNamespace(); err != nil {
			return err
		}
		// Where that fails the daemon runs, and says that it has no pid file.
		_ = os.MkdirAll(filepath.Dir(r.pidFile()), 0o755)
	}
	return setMask(r.settings.GetString("umask"))
}

func (r runner) enterNamespace() error {
	if name := r.settings.GetString("namespace"); name != "" {
		return daemon.EnterNamespace(name)
	}
	return nil
}

// test writes what is wrong with the configuration to the standard error, or to
// a file.
func (r runner) test(o daemon.Options, to string) error {
	if to == testOnConsole || to == "true" {
		return daemon.Test(o)
	}
	f, err := os.Create(to)
	if err != nil {
		return fmt.Errorf("test the configuration: %w", err)
	}
	o.Stderr = f
	return errors.Join(daemon.Test(o), f.Close())
}

// options turns the settings into what the daemon takes.
func (r runner) options() (daemon.Options, error) {
	v := r.settings
	vrrpOnly, checkOnly := v.GetBool("vrrp"), v.GetBool("check")
	facility, err := facility(v.GetString("log-facility"))
	if err != nil {
		return daemon.Options{}, err
	}
	if _, err := mask(v.GetString("umask")); err != nil {
		return daemon.Options{}, err
	}
	return daemon.Options{
		ConfigFile:  v.GetString("use-file"),
		ConfigID:    v.GetString("config-id"),
		PIDFile:     r.pidFile(),
		LogConsole:  v.GetBool("log-console"),
		LogDetail:   v.GetBool("log-detail"),
		LogFacility: facility,
		NoSyslog:    v.GetBool("no-syslog"),
		DumpConfig:  v.GetBool("dump-conf"),
		// As with keepalived, both together are both.
		VRRP:          vrrpOnly || !checkOnly,
		Checkers:      checkOnly || !vrrpOnly,
		KeepAddresses: v.GetBool("dont-release-vrrp"),
		KeepServices:  v.GetBool("dont-release-ipvs"),
		Version:       buildVersion().version,
		Notes:         idle(v),
		Stderr:        r.err,
	}, nil
}

// pidFile is the one that is given, or keepalived's: in a network namespace it
// has one of its own. (Measured; its manual has keepalived_NAME.)
func (r runner) pidFile() string {
	path, name := r.settings.GetString("pid"), r.settings.GetString("namespace")
	if name != "" && path == daemon.DefaultPIDFile {
		return filepath.Join("/run/keepalived", name, "keepalived.pid")
	}
	return path
}

// idle has a line for each setting that has no effect yet.
func idle(v *viper.Viper) []string {
	var notes []string
	for _, f := range idleFlags {
		if set := v.GetString(f.name); set != "" && set != "false" {
			notes = append(notes, fmt.Sprintf("--%s has no effect yet", f.name))
		}
	}
	return slices.Compact(notes)
}

// runError gives the errors of the daemon keepalived's exit statuses.
func runError(err error) error {
	var status daemon.ExitError
	if errors.As(err, &status) {
		return statusError{status.Status, status.Err}
	}
	return err
}
