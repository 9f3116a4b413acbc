// Package genhash holds kactl genhash against keepalived's: the same page, asked
// for with the same flags, has the same digest.
package genhash

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/kactl/kactl/test/lab"
)

func TestMain(m *testing.M) { lab.TestMain(m, false, "genhash:keepalived") }

// A program is one of those that are compared: a path and what comes before the
// arguments.
type program []string

var oracle = program{"genhash"}

// candidates are kactl's ways to be called: by its own name, and as genhash. In
// the control run they are keepalived's.
func candidates(t *testing.T) []program {
	bin := os.Getenv(lab.BinaryVar)
	if lab.DefaultKind() != lab.Kactl {
		return []program{oracle, oracle}
	}
	bin, err := filepath.Abs(bin)
	if err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "genhash")
	if err := os.Symlink(bin, link); err != nil {
		t.Fatal(err)
	}
	return []program{{bin, "genhash", "--quiet"}, {link}}
}

// A result is what a program printed, and its exit status.
type result struct {
	out, err string
	status   int
}

func (p program) run(t *testing.T, args ...string) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, p[0], append(p[1:len(p):len(p)], args...)...)
	var out, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) || ctx.Err() != nil {
		t.Fatalf("%v: %v", cmd, errors.Join(err, ctx.Err()))
	}
	return result{out.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}
