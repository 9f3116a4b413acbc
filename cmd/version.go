package cmd

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"runtime"
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

var versionChoices = choices{"output": {"text", "json"}}

func newVersion(s streams) *cobra.Command {
	c := &cobra.Command{
		Use:   "version",
		Short: "Print the version, the commit and the Go version",
		Long: `version says what this kactl was made from.

-o json prints one object: version, commit (empty where it is not known), modified,
go, and platform.

Exit status: 0, 2 the command line is wrong.`,
		Example: "  kactl version\n  kactl version -o json | jq -r .version",
		Args:    noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			v, err := readSettings(c)
			if err != nil {
				return statusError{exitUsage, err}
			}
			if err := versionChoices.check(v); err != nil {
				return usageError{err, c.CommandPath()}
			}
			if v.GetString("output") == "json" {
				return buildVersion().writeJSON(s.out)
			}
			_, err = fmt.Fprintln(s.out, buildVersion())
			return err
		},
	}
	c.Flags().StringP("output", "o", "text", "write it as `FORMAT`: text or json")
	versionChoices.complete(c)
	return c
}

func (b build) writeJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(struct {
		Version  string `json:"version"`
		Commit   string `json:"commit"`
		Modified bool   `json:"modified"`
		Go       string `json:"go"`
		Platform string `json:"platform"`
	}{b.version, b.commit, b.modified, b.goVersion, runtime.GOOS + "/" + runtime.GOARCH})
}
