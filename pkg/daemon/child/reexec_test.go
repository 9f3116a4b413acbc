package child

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

// modeVar has the test's program, started again, do one thing.
const modeVar = "KACTL_TEST_CHILD"

func TestMain(m *testing.M) {
	switch os.Getenv(modeVar) {
	case "":
		os.Exit(m.Run())
	case "become": // and tell what became of it
		os.Setenv(modeVar, "report")
		if err := Become(); err != nil {
			os.Stderr.WriteString(err.Error())
			os.Exit(1)
		}
	case "report":
		KeepName()
		name, err := os.ReadFile("/proc/self/comm")
		if err != nil {
			os.Stderr.WriteString(err.Error())
		}
		os.Stdout.WriteString(strings.Join(os.Args[1:], " ") + "|" + string(name))
	}
}

func TestCommand(t *testing.T) {
	for _, mode := range []string{"report", "become"} {
		cmd := Command("--dont-fork", "x y")
		var out, errs bytes.Buffer
		cmd.Args[0], cmd.Env, cmd.Stdout, cmd.Stderr = "/sbin/keepalived", append(cmd.Env, modeVar+"="+mode), &out, &errs
		if err := cmd.Run(); err != nil {
			t.Fatalf("%s: %v\n%s", mode, err, &errs)
		}
		want := strings.Join(append(os.Args[1:], "--dont-fork", "x y"), " ") + "|keepalived\n"
		if out.String() != want {
			t.Errorf("%s: %q, want %q", mode, out.String(), want)
		}
	}
}
