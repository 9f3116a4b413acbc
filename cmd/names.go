package cmd

import (
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// names are the programs that kactl stands in for when it is called by their
// names, through a link: each gives the command and what becomes of its
// arguments.
var names = map[string]func(s streams, args []string) (*cobra.Command, []string){
	"genhash":    asGenhash,
	"keepalived": asKeepalived,
}

func asGenhash(s streams, args []string) (*cobra.Command, []string) {
	c := newClassicGenhash(s)
	return c, inFull(c.Flags(), args)
}

func asKeepalived(s streams, args []string) (*cobra.Command, []string) {
	if len(args) > 0 && isGenhashMode(args[0]) {
		return asGenhash(s, args[1:])
	}
	root := newRoot(s)
	run, _, err := root.Find([]string{"run"})
	if err != nil {
		panic(err) // there is one
	}
	// A -n among the arguments comes later, and so wins.
	return root, append([]string{"run", "--dont-fork=false"}, inFull(run.Flags(), args)...)
}

// isGenhashMode says whether arg is the -T, --genhash that makes keepalived 2.x
// genhash. Behind it are genhash's flags, not the daemon's: it has to come first.
func isGenhashMode(arg string) bool {
	return arg == "-T" || len(arg) > len("--") && strings.HasPrefix("--genhash", arg)
}

// called returns the command that the name of the program asks for.
func called(program string, args []string, s streams) (*cobra.Command, []string) {
	if stand, ok := names[filepath.Base(program)]; ok {
		return stand(s, args)
	}
	return newRoot(s), args
}

// inFull writes out long flags that are cut to what no other one begins with, as
// getopt_long takes them.
func inFull(flags *pflag.FlagSet, args []string) []string {
	full := make([]string, len(args))
	for i, arg := range args {
		if arg == "--" {
			copy(full[i:], args[i:])
			break
		}
		full[i] = arg
		if name, ok := strings.CutPrefix(arg, "--"); ok {
			name, value, given := strings.Cut(name, "=")
			full[i] = "--" + longFlag(flags, name)
			if given {
				full[i] += "=" + value
			}
		}
	}
	return full
}

// longFlag is the one flag that starts with name, or name.
func longFlag(flags *pflag.FlagSet, name string) string {
	var like []string
	flags.VisitAll(func(f *pflag.Flag) {
		if strings.HasPrefix(f.Name, name) && !f.Hidden {
			like = append(like, f.Name)
		}
	})
	if flags.Lookup(name) != nil || len(like) != 1 {
		return name
	}
	return like[0]
}
