package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/kactl/kactl/pkg/config"
	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/escape"
	"github.com/kactl/kactl/pkg/machine"
	"github.com/kactl/kactl/pkg/status"
	"github.com/kactl/kactl/pkg/syntax"
)

// load reads the configuration and logs what is to be said of it. The error is
// an ExitError: on this file the daemon cannot run.
func (d *daemon) load() (*config.Config, error) {
	d.log.Info("Configuration file " + d.ConfigFile)
	d.read, d.found = status.Reload{At: time.Now(), File: d.ConfigFile}, found{}
	res, err := config.Load(d.ConfigFile, config.Options{Host: machine.New(), ConfigID: d.ConfigID})
	if errors.Is(err, syntax.ErrTooLarge) {
		return nil, ExitError{statusConfig, err}
	}
	if err != nil {
		return nil, ExitError{statusMissing, err}
	}
	for _, x := range res.Diagnostics {
		d.found.count(x.Severity)
		if x.Severity >= diag.Warning {
			d.read.Findings = append(d.read.Findings, describe(x))
		}
		d.log.Log(context.Background(), levelOf(x.Severity), describe(x))
	}
	switch {
	case len(res.Files) == 0:
		return nil, ExitError{statusMissing, fmt.Errorf("no configuration file %s: create it, or name another one with --use-file", d.ConfigFile)}
	case res.Tree.Refused:
		return nil, ExitError{statusMissing, fmt.Errorf("%s includes what is not there: see the errors above", d.ConfigFile)}
	case res.Fatal:
		return nil, ExitError{statusConfig, fmt.Errorf("%s cannot be run: see the errors above", d.ConfigFile)}
	}
	d.shortfall = shortfall(res.Shortfall(), d.ConfigFile)
	if running := res.Config.Running(); len(running.VRRP.Instances) == 0 && running.VRRP.Static.Empty() && len(running.LVS.Services) == 0 {
		d.log.Warn("Warning - kactl has no configuration to run")
	}
	return res.Config, nil
}

// found counts what was found in a configuration.
type found struct{ errors, warnings int }

func (f *found) count(s diag.Severity) {
	switch s {
	case diag.Error:
		f.errors++
	case diag.Warning:
		f.warnings++
	}
}

// shortfall says in one line how much of a file is not in force; it is empty
// where all is.
func shortfall(s config.Shortfall, file string) string {
	if s.Settings == 0 {
		return ""
	}
	verb := "are"
	if s.Settings == 1 {
		verb = "is"
	}
	line := fmt.Sprintf("%s of the configuration %s not in force yet", count(s.Settings, "setting"), verb)
	var grave []string
	if s.Parts > 0 {
		grave = append(grave, leaves(s.Parts)+" out an instance, a service or a server")
	}
	if s.Weaker > 0 {
		grave = append(grave, leaves(s.Weaker)+" less protection than the file asks for")
	}
	if len(grave) > 0 {
		line += ": " + strings.Join(grave, ", ")
	}
	return line + "; kactl check " + file + " lists them"
}

func leaves(n int) string {
	if n == 1 {
		return "1 leaves"
	}
	return fmt.Sprintf("%d leave", n)
}

// dump logs the configuration with every default, and without its secrets.
func (d *daemon) dump(cfg *config.Config) {
	var b strings.Builder
	if err := config.Print(&b, cfg); err != nil {
		d.log.Warn(err.Error())
		return
	}
	for line := range strings.Lines(b.String()) {
		d.log.Info(config.HideLine(strings.TrimRight(line, "\n")))
	}
}

// Test reads the configuration and writes what is wrong with it to Stderr, as
// keepalived -t does. The error is an ExitError with the status that keepalived
// gives the class of mistakes; nil is a file without any.
func Test(o Options) error {
	res, err := config.Load(o.ConfigFile, config.Options{Host: machine.New(), ConfigID: o.ConfigID})
	if err != nil {
		return ExitError{statusConfig, err}
	}
	var errs []error
	for _, x := range res.Diagnostics {
		_, err := fmt.Fprintln(o.Stderr, describe(x))
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("write the diagnostics: %w", err)
	}
	if res.Status != config.OK {
		return ExitError{Status: int(res.Status)}
	}
	return nil
}

// describe is a diagnostic with its hint, in one line.
func describe(x diag.Diagnostic) string {
	if x.Hint == "" {
		return x.String()
	}
	return x.String() + ": " + escape.Line(x.Hint)
}

func levelOf(s diag.Severity) slog.Level {
	switch s {
	case diag.Error:
		return slog.LevelError
	case diag.Warning:
		return slog.LevelWarn
	}
	return slog.LevelInfo
}
