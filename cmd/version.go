package cmd

import (
	"cmp"
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// version is set by the linker for a release (-X). Other builds take the
// version from the build information.
var version string

// A build says what this binary was made from.
type build struct {
	version, commit, goVersion string
	// modified says that the tree had changes which the commit has not.
	modified bool
}

func (b build) String() string {
	commit := cmp.Or(b.commit, "unknown")
	if b.modified {
		commit += " (modified)"
	}
	return fmt.Sprintf("kactl %s, commit %s, %s", b.version, commit, b.goVersion)
}

// buildVersion reads the build information that the Go tool puts into every
// binary.
func buildVersion() build {
	b := build{version: cmp.Or(version, "development"), goVersion: "unknown Go"}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	b.goVersion = info.GoVersion
	if v := info.Main.Version; version == "" && v != "" && v != "(devel)" {
		b.version = v
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.commit = s.Value
		case "vcs.modified":
			b.modified = s.Value == "true"
		}
	}
	return b
}

func newVersion(s streams) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version, the commit and the Go version",
		Args:  noArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(s.out, buildVersion())
			return err
		},
	}
}
