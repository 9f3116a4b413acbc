package cmd

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/fatih/color"
	"github.com/spf13/cobra"

	"github.com/kactl/kactl/pkg/config"
	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/escape"
	"github.com/kactl/kactl/pkg/ipvs"
	"github.com/kactl/kactl/pkg/lvs"
)

func diffFlags(c *cobra.Command) {
	f := c.Flags()
	f.String("diff", "", "compare the table with what the keepalived.conf in `FILE` asks for")
	f.String("config-id", "", "with --diff, read the lines that start with @`ID` (default: the\nhost name up to its first dot)")
	f.String("color", "auto", "with --diff, `WHEN` to colour the text: auto, always or never;\nauto heeds NO_COLOR")
	if err := c.MarkFlagFilename("diff", "conf"); err != nil {
		panic(err) // c has no such flag
	}
}

// kernelTable reads what is compared.
func kernelTable(ctx context.Context) (lvs.Table, error) {
	h, err := ipvs.Open()
	if err != nil {
		return nil, err
	}
	defer h.Close()
	return h.Table(ctx)
}

// diff tells in what the table that read gives is not what a file asks for.
func (t tableViewer) diff(ctx context.Context, read func(context.Context) (lvs.Table, error)) error {
	file := t.settings.GetString("diff")
	conf, err := t.load(file)
	if err != nil {
		return statusError{exitUsage, err}
	}
	have, err := read(ctx)
	if err != nil {
		return err
	}
	c := lvs.Compare(conf.LVS, have)
	for _, u := range c.Uncompared {
		t.warn("%s was not compared: %s", u.Name, u.Reason)
	}
	if t.settings.GetString("output") == "json" {
		err = c.WriteJSON(t.out, file)
	} else {
		err = c.WriteText(t.out, paintKinds(t.settings.GetString("color"), t.out))
	}
	if err == nil && c.Drift() {
		return statusError{status: exitError}
	}
	return err
}

// load reads a keepalived.conf as the daemon does. What is compared hangs on
// the file alone, so that no machine is asked about it.
func (t tableViewer) load(file string) (*config.Config, error) {
	res, err := config.Load(file, config.Options{ConfigID: t.settings.GetString("config-id")})
	switch {
	case err != nil:
		return nil, err
	case len(res.Files) == 0:
		if _, err := os.Stat(file); err == nil { // a directory, an executable or the like
			return nil, fmt.Errorf("%s is not read: kactl check %[1]s tells why", file)
		}
		return nil, fmt.Errorf("no configuration file %s", file)
	case res.Tree.Refused, res.Fatal:
		return nil, fmt.Errorf("%s cannot be run, so that it asks for nothing: kactl check %[1]s tells why", file)
	}
	errors := 0
	for _, d := range res.Diagnostics {
		if d.Severity == diag.Error {
			errors++
		}
	}
	if errors > 0 {
		t.warn("%s has errors (%d), and is read as the daemon reads it: kactl check %[1]s tells them", file, errors)
	}
	if id := res.Config.Global.Identity; !id.IPVSOutside {
		name := id.Namespace
		if id.IPVSNamespace != "" {
			name = id.IPVSNamespace
		}
		if name != "" && !inNamespace(filepath.Join("/run/netns", name)) {
			t.warn("%s has its services in network namespace %s, and this is another: run ip netns exec %[2]s kactl ipvs --diff %[1]s", file, name)
		}
	}
	return res.Config, nil
}

func (t tableViewer) warn(format string, args ...any) {
	fmt.Fprintln(t.err, "kactl:", escape.Line(fmt.Sprintf(format, args...)))
}

// inNamespace reports whether the process is in the network namespace that path
// is of.
func inNamespace(path string) bool {
	here, err1 := os.Stat("/proc/self/ns/net")
	there, err2 := os.Stat(path)
	return err1 == nil && err2 == nil && os.SameFile(here, there)
}

// paintKinds returns how the words of differences that go to w are coloured;
// nil is not at all.
func paintKinds(when string, w io.Writer) func(lvs.Kind, string) string {
	if !colored(when, w) {
		return nil
	}
	colors := map[lvs.Kind]color.Attribute{
		lvs.Missing: color.FgRed, lvs.Foreign: color.FgMagenta, lvs.Different: color.FgYellow,
		lvs.Down: color.FgCyan, lvs.Sorry: color.FgCyan,
	}
	return func(k lvs.Kind, word string) string {
		c := color.New(colors[k], color.Bold)
		c.EnableColor()
		return c.Sprint(word)
	}
}
