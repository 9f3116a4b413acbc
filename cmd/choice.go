package cmd

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/viper"
)

// choices are the flags of a command that take one of a few words, each with
// its words.
type choices map[string][]string

// complete offers the words to the shell.
func (ch choices) complete(c *cobra.Command) {
	for flag, words := range ch {
		complete(c, flag, func() []string { return words })
	}
}

// check refuses a setting that is none of its words.
func (ch choices) check(v *viper.Viper) error {
	for flag, words := range ch {
		if got := v.GetString(flag); !slices.Contains(words, got) {
			return fmt.Errorf("--%s %s is not known: write one of %s", flag, got, strings.Join(words, ", "))
		}
	}
	return nil
}

// complete offers values to the shell for a flag of c.
func complete(c *cobra.Command, flag string, values func() []string) {
	err := c.RegisterFlagCompletionFunc(flag, func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return values(), cobra.ShellCompDirectiveNoFileComp
	})
	if err != nil {
		panic(err) // c has no such flag
	}
}
