package cmd

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/viper"

	"github.com/kactl/kactl/pkg/config"
	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/escape"
	"github.com/kactl/kactl/pkg/rssetup"
)

var rsSetupChoices = choices{
	"mode":   {string(rssetup.DR), string(rssetup.TUN)},
	"output": {"text", "json"},
}

func newRSSetup(s streams) *cobra.Command {
	c := &cobra.Command{
		Use:   "rs-setup",
		Short: "Make this machine a real server of an LVS director",
		Long: `rs-setup puts virtual addresses on a real server and keeps it from answering
ARP for them. With --mode dr (direct routing) they go to lo, with --mode tun
(IP in IP) to tunl0 or ip6tnl0, which is set up and not filtered by rp_filter. IPv6
addresses need no sysctls: the kernel answers neighbour discovery only for those of
the interface that it is asked on.

Only what is not so yet is changed, and printed as the command that does the same.
The values from before are in /var/lib/kactl; --undo restores them, also after a
crash and after several runs for different addresses: a run adds to what is set up,
--undo takes all of it back.

It refuses, without --force, what would cut the machine off or mislead it: an
address that another interface has, the gateway's, or a whole network on lo.

--persist writes a file in /etc/sysctl.d and a systemd unit, which set the same up
at each boot. Later runs keep them up to date. kactl itself has to lie where only
root can write, such as /usr/bin.

--status looks whether all of that is so, and whether any interface answers for an
address; without --vip or --config, for all that was set up.

-o json prints {"changed": bool, "steps": [{"command", "kind", "name", "device",
"to", "from"}]}, --status {"ok": bool, "findings": [{"ok", "what", "fix"}]}.

Exit status: 0 it is set up, taken back, or as it should be; 1 it was refused or
failed, or something is not as it should be; 2 the command line is wrong or the
configuration cannot be read.` + settingsHelp("rs-setup", "mode"),
		Example: `  kactl rs-setup --vip 203.0.113.16
  kactl rs-setup --vip 203.0.113.16 --vip 2001:db8::16 --persist
  kactl rs-setup --vip 203.0.113.16 --mode tun
  kactl rs-setup --config keepalived.conf --dry-run   # a copy of the director's
  kactl rs-setup --status
  kactl rs-setup --undo`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			v, err := readSettings(c)
			if err != nil {
				return statusError{exitUsage, err}
			}
			r := realServer{streams: s, settings: v, command: c.CommandPath(), given: c.Flags().Changed}
			return r.run()
		},
	}
	f := c.Flags()
	f.StringSlice("vip", nil, "a virtual `ADDRESS` of the director, with /32 or /128 if it says\nnothing else (may be repeated)")
	f.String("mode", string(rssetup.DR), "`MODE` in which the director's packets come: dr or tun")
	f.String("dev", "", "put the addresses on this `INTERFACE` (default lo, with --mode tun\ntunl0 and ip6tnl0)")
	f.String("label", "", "`LABEL` the IPv4 addresses, such as lo:1")
	f.String("config", "", "take addresses and modes from the virtual servers of this\nkeepalived.conf `FILE` that have this machine as a real server")
	f.Bool("undo", false, "take back all that was set up")
	f.Bool("status", false, "look whether all is as it should be")
	f.Bool("dry-run", false, "print what would be done, and do nothing")
	f.Bool("persist", false, "set the same up at each boot")
	f.Bool("force", false, "do it although something speaks against it")
	f.StringP("output", "o", "text", "write what was done or found as `FORMAT`: text or json")
	rsSetupChoices.complete(c)
	return c
}

// A realServer is one run of kactl rs-setup.
type realServer struct {
	streams
	settings *viper.Viper
	command  string
	given    func(flag string) bool // on the command line
}

func (r realServer) run() error {
	targets, err := r.valid()
	if err != nil {
		return usageError{err, r.command}
	}
	dry, undo, status := r.settings.GetBool("dry-run"), r.settings.GetBool("undo"), r.settings.GetBool("status")
	if !dry && !status && os.Geteuid() != 0 {
		return errors.New("rs-setup changes addresses and sysctls: run it as root, or with --dry-run to see what it would do")
	}
	setup, err := rssetup.New()
	if err != nil {
		return err
	}
	if undo {
		steps, err := setup.Undo(dry)
		return r.writeSteps(steps, err)
	}
	if file := r.configFile(); file != "" {
		if targets, err = r.fromConfig(file, setup); err != nil {
			return err
		}
	}
	if status {
		return r.status(setup, targets)
	}
	return r.apply(setup, targets)
}

func (r realServer) apply(setup *rssetup.Setup, targets []rssetup.Target) error {
	for i := range targets {
		targets[i].Force = r.settings.GetBool("force")
	}
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find kactl for the unit: %w", err)
	}
	steps, err := setup.Apply(rssetup.Options{
		Targets: targets, Persist: r.settings.GetBool("persist"), Program: program, DryRun: r.settings.GetBool("dry-run"),
	})
	var refusal *rssetup.Refusal
	if errors.As(err, &refusal) {
		return r.refused(refusal)
	}
	if err != nil && len(steps) > 0 {
		err = fmt.Errorf("%w; kactl rs-setup --undo takes back what was done", err)
	}
	return r.writeSteps(steps, err)
}

// refused prints each reason on a line of its own.
func (r realServer) refused(why *rssetup.Refusal) error {
	for _, reason := range why.Reasons {
		fmt.Fprintln(r.err, "kactl:", escape.Line(reason.Text))
	}
	if why.Forcible() {
		return errors.New("nothing was changed; --force does it all the same")
	}
	return errors.New("nothing was changed")
}

// valid refuses what does not go together, and returns the targets that are given
// by address.
func (r realServer) valid() ([]rssetup.Target, error) {
	if err := rsSetupChoices.check(r.settings); err != nil {
		return nil, err
	}
	undo, status := r.settings.GetBool("undo"), r.settings.GetBool("status")
	fromFile := r.configFile() != ""
	for _, group := range []struct {
		here  bool
		why   string
		flags []string
	}{
		{undo, "--undo takes back all that was set up", []string{"status", "vip", "config", "mode", "dev", "label", "persist", "force"}},
		{status, "--status changes nothing", []string{"persist", "force", "dry-run"}},
		{fromFile, "--config says which addresses and how", []string{"vip", "mode", "dev", "label"}},
	} {
		for _, flag := range group.flags {
			if group.here && r.given(flag) {
				return nil, fmt.Errorf("%s: it goes without --%s", group.why, flag)
			}
		}
	}
	if undo || fromFile {
		return nil, nil
	}
	vips := r.vips()
	if len(vips) == 0 && !status {
		return nil, errors.New("which address? Give --vip ADDRESS, or --config FILE")
	}
	return r.targets(vips)
}

// configFile is the configuration to take the targets from, if there is one. A --vip
// on the command line comes before one of the settings.
func (r realServer) configFile() string {
	if r.given("vip") && !r.given("config") {
		return ""
	}
	return r.settings.GetString("config")
}

// vips are the addresses as they were given, those of the environment separated by
// blanks or commas.
func (r realServer) vips() (list []string) {
	for _, text := range r.settings.GetStringSlice("vip") {
		list = append(list, strings.FieldsFunc(text, func(c rune) bool { return c == ',' || c == ' ' })...)
	}
	return list
}

func (r realServer) targets(vips []string) ([]rssetup.Target, error) {
	var targets []rssetup.Target
	for _, text := range vips {
		vip, err := rssetup.ParseVIP(text)
		if err != nil {
			return nil, fmt.Errorf("--vip: %w", err)
		}
		t, err := rssetup.NewTarget(vip, rssetup.Mode(r.settings.GetString("mode")), r.settings.GetString("dev"), r.settings.GetString("label"))
		if err != nil {
			return nil, err
		}
		targets = append(targets, t)
	}
	if err := rssetup.Once(targets); err != nil {
		return nil, fmt.Errorf("--vip %w", err)
	}
	return targets, nil
}

// fromConfig reads a configuration as the director does.
func (r realServer) fromConfig(file string, setup *rssetup.Setup) ([]rssetup.Target, error) {
	res, err := config.Load(file, config.Options{})
	if err == nil && len(res.Files) == 0 {
		err = fmt.Errorf("no file %s", file)
	}
	if err != nil {
		return nil, statusError{exitUsage, err}
	}
	if diag.Max(res.Diagnostics) == diag.Error {
		fmt.Fprintf(r.err, "kactl: %s has mistakes; kactl check %[1]s shows them\n", escape.Line(file))
	}
	local, err := setup.Local()
	if err != nil {
		return nil, err
	}
	targets, notes := rssetup.FromConfig(res.Config.LVS, local)
	for _, n := range notes {
		fmt.Fprintln(r.err, "kactl:", escape.Line(fmt.Sprintf("%s: %s", file, n)))
	}
	if len(targets) == 0 {
		return nil, fmt.Errorf("%s has no virtual server with lb_kind DR or TUN and this machine (%v) as a real server", file, local)
	}
	return targets, nil
}
