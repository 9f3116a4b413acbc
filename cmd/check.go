package cmd

import (
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/viper"

	"github.com/kactl/kactl/pkg/check"
	"github.com/kactl/kactl/pkg/daemon"
	"github.com/kactl/kactl/pkg/diag"
)

// failOns are the severities as --fail-on takes them, the gravest first.
var failOns = []string{"error", "warning", "info"}

var checkChoices = choices{
	"output":  {"text", "json", "sarif", "github"},
	"fail-on": failOns,
	"color":   colorSettings,
}

// checkModes are the flags that ask for something else than the findings. One
// of them can be given.
var checkModes = []string{"list-rules", "list-keywords", "explain", "print-config", "format"}

func newCheck(s streams) *cobra.Command {
	c := &cobra.Command{
		Use:   "check [FILE...]",
		Short: "Find mistakes in keepalived.conf files",
		Long: `check reads keepalived.conf files and says what is wrong with them: what
keepalived refuses, drops or ignores (error), what it accepts and what will hurt
(warning), and advice (info), which tells also what kactl run does not act on yet.
Each finding has its place, a hint at what to write instead, and the name of its
rule.

Without FILE it reads ` + daemon.DefaultConfigFile + `; - is the standard input,
whose includes start from the working directory. Several files are taken for the
nodes of one cluster and compared as well.

What it finds hangs on the files alone, so that it can be run anywhere; --host
adds what this machine has to say: its interfaces, users, scripts, firewall and
sysctls. Of the nodes of a cluster it is the first one.

--fix rewrites the files where a finding has one safe answer, and tells what is
left; --diff shows that instead, and fails if there is any. --format prints a file
laid out anew; with --fix or --diff it is part of what they rewrite or show.

Exit status: 0 nothing is as grave as --fail-on says, 1 something is, 2 the
command line is wrong or a file cannot be read.` + settingsHelp("check", "fail-on"),
		Example: `  kactl check
  kactl check --host /etc/keepalived/keepalived.conf
  kactl check director-a.conf director-b.conf          # the nodes of a cluster
  kactl check --independent sites/*.conf               # nothing to do with each other
  ssh lb1 cat /etc/keepalived/keepalived.conf | kactl check -
  kactl check --fail-on warning -o github keepalived.conf
  kactl check -o sarif keepalived.conf > keepalived.sarif
  kactl check --diff keepalived.conf                   # what --fix would change
  kactl check --fix --format keepalived.conf
  kactl check --explain virtual_router_id
  kactl check --print-config keepalived.conf`,
		RunE: func(c *cobra.Command, args []string) error {
			v, err := readSettings(c)
			if err != nil {
				return statusError{exitUsage, err}
			}
			run := checker{streams: s, settings: v, command: c.CommandPath(), files: args}
			return run.run()
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return []string{"conf"}, cobra.ShellCompDirectiveFilterFileExt
		},
	}
	f := c.Flags()
	f.StringP("output", "o", "text", "write the findings as `FORMAT`: text, json, sarif or github")
	f.String("fail-on", "error", "exit with 1 from this `SEVERITY` on: error, warning or info")
	f.String("color", "auto", "`WHEN` to colour the text: auto, always or never; auto heeds\nNO_COLOR")
	f.Bool("host", false, "check against this machine too: interfaces, users, scripts")
	f.Bool("independent", false, "several files are not the nodes of one cluster")
	f.Bool("fix", false, "rewrite the files where there is one safe answer")
	f.Bool("diff", false, "show what --fix would change, and change nothing")
	f.Bool("format", false, "print the file laid out anew, comments included")
	f.Bool("list-rules", false, "list the rules: name, severity, what they find (text or json)")
	f.Bool("list-keywords", false, "list the keywords of the language (text or json)")
	f.String("explain", "", "explain a rule, or a keyword by `NAME` or by path,\nsuch as vrrp_instance/priority")
	f.Bool("show-secrets", false, "show passwords and keys in findings, --diff and --print-config")
	f.Bool("print-config", false, "print the configuration with every default (text or json)")
	checkChoices.complete(c)
	complete(c, "explain", func() []string { return slices.Collect(check.Names()) })
	return c
}

// A checker is one run of kactl check.
type checker struct {
	streams
	settings *viper.Viper
	command  string
	files    []string
}

func (c checker) run() error {
	if err := c.valid(); err != nil {
		return usageError{err, c.command}
	}
	asJSON := c.settings.GetString("output") == "json"
	switch c.mode() {
	case "list-rules":
		return check.ListRules(c.out, asJSON)
	case "list-keywords":
		return check.ListKeywords(c.out, asJSON)
	case "explain":
		err := check.Explain(c.out, c.settings.GetString("explain"))
		if errors.Is(err, check.ErrUnknownName) {
			return statusError{exitUsage, err}
		}
		return err
	}
	r, err := c.check()
	if err != nil {
		return err
	}
	switch {
	case c.rewrites():
		return c.rewrite(r)
	case c.mode() == "print-config":
		err = c.print(r)
	default:
		err = c.write(r)
	}
	return c.verdict(r, err)
}

// verdict is the end of a run that wrote its findings.
func (c checker) verdict(r *check.Report, err error) error {
	if err == nil && diag.Max(r.Findings) >= c.failOn() {
		return statusError{status: exitError}
	}
	return err
}

// check reads the files and gathers what is found.
func (c checker) check() (*check.Report, error) {
	r, err := check.Run(check.Options{
		Files:       c.files,
		Stdin:       c.in,
		Host:        c.settings.GetBool("host"),
		Independent: c.settings.GetBool("independent"),
		ShowSecrets: c.settings.GetBool("show-secrets"),
	})
	if err != nil {
		return nil, statusError{exitUsage, err}
	}
	return r, nil
}

// write writes the findings.
func (c checker) write(r *check.Report) error {
	switch c.settings.GetString("output") {
	case "json":
		return diag.WriteJSON(c.out, r.Findings, r.Sources)
	case "sarif":
		return diag.WriteSARIF(c.out, r.Findings, r.Sources, diag.Tool{Name: "kactl", Version: buildVersion().version, Rule: check.Rule})
	case "github":
		return diag.WriteGitHub(c.out, r.Findings, r.Sources)
	}
	return diag.WriteText(c.out, r.Findings, r.Sources, paint(c.settings.GetString("color"), c.out))
}

// print prints the configuration. Where that makes the status, it says on the
// standard error what is wrong with it.
func (c checker) print(r *check.Report) error {
	grave := slices.DeleteFunc(slices.Clone(r.Findings), func(d diag.Diagnostic) bool { return d.Severity < c.failOn() })
	if len(grave) > 0 {
		if err := diag.WriteText(c.err, grave, r.Sources, nil); err != nil {
			return err
		}
	}
	return check.PrintConfig(c.out, r.Nodes[0].Config, c.settings.GetString("output") == "json", c.settings.GetBool("show-secrets"))
}

func (c checker) failOn() diag.Severity {
	return [...]diag.Severity{diag.Error, diag.Warning, diag.Info}[slices.Index(failOns, c.settings.GetString("fail-on"))]
}

// mode is what is asked for; empty are the findings.
func (c checker) mode() string {
	if c.rewrites() {
		return ""
	}
	for _, m := range checkModes {
		if c.asked(m) {
			return m
		}
	}
	return ""
}

func (c checker) asked(mode string) bool {
	if mode == "explain" {
		return c.settings.GetString(mode) != ""
	}
	return c.settings.GetBool(mode)
}

// valid refuses what does not go together, and gives the files their default.
func (c *checker) valid() error {
	if err := checkChoices.check(c.settings); err != nil {
		return err
	}
	asked := slices.DeleteFunc(slices.Clone(checkModes), func(m string) bool { return !c.asked(m) })
	if c.rewrites() {
		if err := c.validRewrite(asked); err != nil {
			return err
		}
		asked = nil
	}
	output := c.settings.GetString("output")
	switch {
	case len(asked) > 1:
		return fmt.Errorf("--%s and --%s cannot be given together", asked[0], asked[1])
	case len(asked) > 0 && output != "text" && (output != "json" || asked[0] == "explain"):
		return fmt.Errorf("--%s cannot be written as %s", asked[0], output)
	case len(asked) > 0 && asked[0] != "print-config" && len(c.files) > 0:
		return fmt.Errorf("--%s takes no files, but was given %q", asked[0], c.files[0])
	case len(asked) > 0 && len(c.files) > 1:
		return fmt.Errorf("--%s takes one file, but was given %d", asked[0], len(c.files))
	}
	if len(c.files) == 0 {
		c.files = []string{daemon.DefaultConfigFile}
	}
	return nil
}
