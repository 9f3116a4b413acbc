package cmd

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// offered is what the shell is offered for the last of args.
func offered(t *testing.T, root *cobra.Command, args ...string) []string {
	t.Helper()
	var out, errs bytes.Buffer
	root.SetOut(&out)
	root.SetErr(&errs)
	root.SetArgs(append([]string{cobra.ShellCompRequestCmd}, args...))
	if err := root.ExecuteContext(context.Background()); err != nil {
		t.Fatalf("%v\n%s", err, &errs)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	return lines[:len(lines)-1] // the last one tells the shell what else to do
}

// TestCompleteAll asks for values of flags that are called alike in several
// commands.
func TestCompleteAll(t *testing.T) {
	file := filepath.Join(t.TempDir(), "keepalived.conf")
	text := `vrrp_instance VI_1 {
    interface lo
    virtual_router_id 51
}
@b vrrp_instance VI_2 {
@b    interface lo
@b    virtual_router_id 52
@b }
`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("KACTL_USE_FILE", file)
	t.Setenv("KACTL_CONFIG_ID", "b")
	t.Setenv("KACTL_SETTINGS", os.DevNull)
	newTree := func() *cobra.Command {
		root := Root()
		c := &cobra.Command{Use: "look", RunE: func(*cobra.Command, []string) error { return nil }}
		c.Flags().StringSliceP("interface", "i", nil, "")
		c.Flags().Int("vrid", 0, "")
		c.Flags().String("dev", "", "")
		complete(c, "dev", func() []string { return []string{"its own"} })
		root.AddCommand(c)
		completeAll(root)
		return root
	}
	if got := offered(t, newTree(), "look", "-i", ""); !slices.Contains(got, "lo") {
		t.Errorf("interfaces: %q", got)
	}
	if got, want := offered(t, newTree(), "look", "--vrid", ""), []string{"51\tVI_1 on lo", "52\tVI_2 on lo"}; !slices.Equal(got, want) {
		t.Errorf("virtual routers: %q, want %q", got, want)
	}
	if got, want := offered(t, newTree(), "look", "--dev", ""), []string{"its own"}; !slices.Equal(got, want) {
		t.Errorf("a completion of the command's own: %q, want %q", got, want)
	}
}

// TestComplete asks for what is completed otherwise.
func TestComplete(t *testing.T) {
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"che"}, "check\tFind mistakes in keepalived.conf files"},
		{[]string{"check", "--explain", "vrrp_instance/prio"}, "vrrp_instance/priority"},
		{[]string{"check", "--explain", "unknown-k"}, "unknown-keyword"},
		{[]string{"check", "--output", "sa"}, "sarif"},
		{[]string{"check", "--fail-on", ""}, "warning"},
	} {
		if got := offered(t, Root(), tt.args...); !slices.Contains(got, tt.want) {
			t.Errorf("%q: %q lacks %q", tt.args, got, tt.want)
		}
	}
}
