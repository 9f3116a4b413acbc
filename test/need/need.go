// Package need is for tests that take more than every machine has: root, a
// kernel with IPVS, another program. Where such a thing is missing a test is
// skipped with the reason, and fails where nothing may be left out.
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
	if Everything() {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

// Root ends a test unless it runs as root.
func Root(t testing.TB) {
	t.Helper()
	if os.Geteuid() != 0 {
		Missing(t, "needs root")
	}
}
