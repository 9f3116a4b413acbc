package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kactl/kactl/test/lab"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"kactl":            func() { os.Exit(Main()) },
		"genhash":          func() { os.Exit(Main()) },
		"kactl-watch-fake": func() { os.Exit(watchFake()) },
	})
}

// TestScripts runs the sessions of testdata/script: what a user types, and what
// comes back.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			captures, err := filepath.Abs("../pkg")
			e.Setenv("VECTORS", filepath.Join(captures, "vrrp/testdata/vectors"))
			e.Setenv("CAPTURES", filepath.Join(captures, "watch/testdata/captures"))
			e.Setenv("TZ", "UTC")
			return err
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"status":  status,
			"mistake": mistake,
			"serve":   serve,
		},
		Condition: func(cond string) (bool, error) {
			switch cond {
			case "root":
				return os.Geteuid() == 0, nil
			case "ipvs":
				return lab.HaveIPVS(), nil
			}
			return false, fmt.Errorf("no such condition: %s", cond)
		},
	})
}

// status runs a command and demands its exit status: status 5 kactl ...
func status(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N COMMAND [ARG...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}

// mistake runs a command line that is a mistake, and demands the exit status of
// one: mistake kactl ... As it reads neither files nor the environment, no process
// of its own is started for it, which is most of what a script costs.
func mistake(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: mistake kactl [ARG...]")
	}
	s := streams{in: strings.NewReader(""), out: ts.Stdout(), err: ts.Stderr()}
	if got := run(context.Background(), args, s); got != exitUsage {
		ts.Fatalf("exit status %d, want %d", got, exitUsage)
	}
}
