// Package need is for tests that take more than every machine has: root, a
// kernel with IPVS, another program, or much time. Where such a thing is missing
// a test is skipped with the reason, and fails where nothing may be left out.
// With -short, which make unit has, it is skipped in any case.
package need

import (
	"os"
	"testing"
)

// Everything says that nothing may be left out: in CI, and with KACTL_E2E=1.
func Everything() bool { return os.Getenv("CI") != "" || os.Getenv("KACTL_E2E") == "1" }

// Missing ends a test for want of something.
func Missing(t testing.TB, format string, args ...any) {
	t.Helper()
	if Everything() && !testing.Short() {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

// Root ends a test unless it runs as root.
func Root(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("needs root: left to make test")
	}
	if os.Geteuid() != 0 {
		Missing(t, "needs root")
	}
}

// Guest ends a test that boots user-mode Linux, unless nothing may be left out:
// it takes long.
func Guest(t testing.TB) {
	t.Helper()
	if testing.Short() || !Everything() {
		t.Skip("boots a guest kernel: left to make test, or set KACTL_E2E=1")
	}
}

// Time ends a test that takes many seconds of a processor, such as one of
// mutants or of thousands of generated files, in a run with -short.
func Time(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("takes long: left to make test")
	}
}
