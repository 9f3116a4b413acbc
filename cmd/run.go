package cmd

import (
	"errors"

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
their checks out of it. It stays in the foreground.

Signals: TERM and INT stop it cleanly, a master resigning first; HUP reads the
file again and changes only what differs.

Exit status: 0 it was stopped, 1 it was refused or failed, 2 the file cannot be
run, 6 there is no file to read.

Every flag can be set by an environment variable as well, KACTL_USE_FILE for
--use-file and so on, or by its name in section run of /etc/kactl/kactl.yaml.
The command line comes first, then the environment, then that file.`,
		Example: `  kactl run
  kactl run -f ./keepalived.conf -l -D
  kactl run -t -f ./keepalived.conf && systemctl reload kactl`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			v, err := readSettings(c)
			if err != nil {
				return err
			}
			o := runOptions(v)
			o.Stderr = s.err
			if v.GetBool("config-test") {
				return runError(daemon.Test(o))
			}
			return runError(daemon.Run(c.Context(), o))
		},
	}
	f := c.Flags()
	f.StringP("use-file", "f", daemon.DefaultConfigFile, "read this configuration `FILE`")
	f.BoolP("dont-fork", "n", true, "stay in the foreground (always so; for keepalived's command lines)")
	f.BoolP("log-console", "l", false, "log to the console instead of syslog")
	f.BoolP("log-detail", "D", false, "log details")
	f.BoolP("config-test", "t", false, "test the configuration and exit: 0 it is fine (or not there),\n2 a keyword lacks its value, 5 other errors,\n6 scripts are run without script security")
	f.StringP("config-id", "i", "", "read the lines that start with @`ID` (default: the host name up to its first dot)")
	f.StringP("pid", "p", daemon.DefaultPIDFile, "write the process id to this `FILE`")
	f.BoolP("vrrp", "P", false, "run the VRRP side only")
	f.BoolP("check", "C", false, "run the health checkers only")
	return c
}

// runOptions turns the settings into what the daemon takes.
func runOptions(v *viper.Viper) daemon.Options {
	vrrpOnly, checkOnly := v.GetBool("vrrp"), v.GetBool("check")
	return daemon.Options{
		ConfigFile: v.GetString("use-file"),
		ConfigID:   v.GetString("config-id"),
		PIDFile:    v.GetString("pid"),
		LogConsole: v.GetBool("log-console"),
		LogDetail:  v.GetBool("log-detail"),
		// As with keepalived, both together are both.
		VRRP:     vrrpOnly || !checkOnly,
		Checkers: checkOnly || !vrrpOnly,
		Version:  buildVersion().version,
	}
}

// runError gives the errors of the daemon keepalived's exit statuses.
func runError(err error) error {
	var status daemon.ExitError
	if errors.As(err, &status) {
		return statusError{status.Status, status.Err}
	}
	return err
}
