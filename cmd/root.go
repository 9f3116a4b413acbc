// Package cmd is the command line of kactl: one file a subcommand. A command
// parses its flags, calls the package that does the work, and turns what comes
// back into words and an exit status.
package cmd

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
)

// streams are the standard streams of a run, so that tests can give their own.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// Main runs the command that os.Args names and returns the exit status.
func Main() int {
	s := streams{in: os.Stdin, out: os.Stdout, err: os.Stderr}
	return run(context.Background(), os.Args[1:], s)
}

// run is Main with everything that it takes from the process as arguments.
func run(ctx context.Context, args []string, s streams) int {
	root := newRoot(s)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	return exitStatus(err, s.err)
}

func newRoot(s streams) *cobra.Command {
	c := &cobra.Command{
		Use:   "kactl",
		Short: "A toolkit for Linux load balancers",
		Long: `kactl is a toolkit for Linux load balancers: it holds virtual addresses by
VRRP, balances through the kernel's IPVS and takes dead real servers out, all
from an unchanged keepalived.conf, and finds the mistakes in one.`,
		Version:      buildVersion().String(),
		SilenceUsage: true,
		// As far as a name may be from what was typed to be suggested.
		SuggestionsMinimumDistance: 2,
		SilenceErrors:              true,
		Args:                       noArgs,
		RunE:                       func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.SetIn(s.in)
	c.SetOut(s.out)
	c.SetErr(s.err)
	c.SetVersionTemplate("{{.Version}}\n")
	c.SetFlagErrorFunc(func(c *cobra.Command, err error) error { return usageError{err, c.CommandPath()} })
	c.AddCommand(
		newCheck(s),
		newRun(s),
		newVersion(s),
	)
	return c
}

// noArgs refuses operands, as a mistake in usage.
func noArgs(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if c.HasSubCommands() {
		err := fmt.Errorf("unknown command %q", args[0])
		if like := c.SuggestionsFor(args[0]); len(like) > 0 {
			err = fmt.Errorf("unknown command %q; did you mean %s?", args[0], like[0])
		}
		return usageError{err, c.CommandPath()}
	}
	return usageError{fmt.Errorf("%s takes no operands, but was given %q", c.CommandPath(), args[0]), c.CommandPath()}
}
