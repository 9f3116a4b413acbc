package cmd

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// TestForeignErrors reports errors that echo what was given: in one line, and
// without anything that a terminal obeys.
func TestForeignErrors(t *testing.T) {
	evil := errors.New("unknown flag: --x\nkactl: forged\x1b[2J\x9b\u202e")
	const shown = `unknown flag: --x\nkactl: forged\x1b[2J\x9b\u202e`
	for _, tt := range []struct {
		err  error
		want string
	}{
		{evil, "kactl: " + shown + "\n"},
		{statusError{exitUsage, fmt.Errorf("read: %w", evil)}, "kactl: read: " + shown + "\n"},
		{usageError{evil, "kactl run"}, "kactl: " + shown + "\nRun 'kactl run --help' for usage.\n"},
		{classicUsage(nil, evil), "kactl: " + shown + "\nRun 'genhash --help' for usage\n"},
		{errors.Join(errors.New("a"), evil), "kactl: a; " + shown + "\n"},
	} {
		var out bytes.Buffer
		exitStatus(tt.err, "kactl", &out)
		if out.String() != tt.want {
			t.Errorf("%q, want %q", out.String(), tt.want)
		}
	}
	if evil := "\x1b[31m\nkactl: forged"; true {
		var out, err bytes.Buffer
		status := run(t.Context(), []string{"kactl", "check", "/no/" + evil, evil}, streams{in: strings.NewReader(""), out: &out, err: &err})
		if status != exitUsage || strings.Contains(err.String(), "\x1b") || strings.Count(err.String(), "\n") != 1 {
			t.Errorf("status %d, %q", status, err.String())
		}
	}
}
