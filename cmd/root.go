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
	return run(context.Background(), os.Args, s)
}

// run is Main with everything that it takes from the process as arguments; the
// first one is the name that it was called by.
func run(ctx context.Context, args []string, s streams) int {
	c, args := called(args[0], args[1:], s)
	c.SetArgs(args)
	err := c.ExecuteContext(ctx)
	return exitStatus(err, c.Name(), s.err)
}

// Root returns the tree of commands, for what is generated from it: completions
// and manual pages.
func Root() *cobra.Command {
	return newRoot(streams{in: os.Stdin, out: os.Stdout, err: os.Stderr})
}

func newRoot(s streams) *cobra.Command {
	c := &cobra.Command{
		Use:   "kactl",
		Short: "A toolkit for Linux load balancers",
		Long: `kactl is a toolkit for Linux load balancers. As a daemon (kactl run) it holds
virtual addresses by VRRP, balances through the kernel's IPVS and takes dead real
servers out, all from an unchanged keepalived.conf. Its other commands find the
mistakes in one, show the kernel's table and VRRP on the wire, print the digests
that checks compare, and make a machine a real server.`,
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
		newGenhash(s),
		newIPVS(s),
		newRSSetup(s),
		newRun(s),
		newVersion(s),
		newWatch(s),
	)
	demandTopics(c)
	completeAll(c)
	return c
}

// demandTopics has kactl help refuse what is no command, as kactl does itself.
func demandTopics(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	c, _, _ := root.Find([]string{"help"})
	help := c.Run
	c.Run = nil
	c.RunE = func(c *cobra.Command, args []string) error {
		if topic, _, err := root.Find(args); err != nil || topic == root && len(args) > 0 {
			return noArgs(root, args)
		}
		help(c, args)
		return nil
	}
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
