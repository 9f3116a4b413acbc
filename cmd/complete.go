package cmd

import (
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kactl/kactl/pkg/config"
	"github.com/kactl/kactl/pkg/machine"
	"github.com/kactl/kactl/pkg/syntax"
)

// completions are the values that the shell is offered for the flags of these
// names, whichever command has one. A command may offer others.
var completions = map[string]func(root *cobra.Command) []string{
	"interface": interfaces,
	"dev":       interfaces,
	"vrid":      virtualRouters,
}

// completeAll gives the commands of root the completions that they lack.
func completeAll(root *cobra.Command) {
	for _, c := range root.Commands() {
		c.Flags().VisitAll(func(f *pflag.Flag) {
			if _, ok := c.GetFlagCompletionFunc(f.Name); ok || completions[f.Name] == nil {
				return
			}
			complete(c, f.Name, func() []string { return completions[f.Name](root) })
		})
	}
}

// interfaces are the names of this machine's network interfaces.
func interfaces(*cobra.Command) []string {
	return machine.New().Interfaces() // none, where the kernel does not tell
}

// virtualRouters are the numbers of the virtual routers that kactl run would
// hold, each with the name of its instance.
func virtualRouters(root *cobra.Command) []string {
	run, _, err := root.Find([]string{"run"})
	if err != nil {
		return nil
	}
	settings, err := readSettings(run)
	if err != nil {
		return nil
	}
	r, err := config.Load(settings.GetString("use-file"), config.Options{
		Policy:   syntax.Keepalived,
		ConfigID: settings.GetString("config-id"),
	})
	if err != nil {
		return nil
	}
	var ids []string
	for _, i := range r.Config.VRRP.Instances {
		ids = append(ids, fmt.Sprintf("%d\t%s on %s", i.VRID, i.Name, i.Interface))
	}
	return ids
}
