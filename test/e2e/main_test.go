// Package e2e tests the director end to end: real kernels, real traffic, the
// configurations that people copy from tutorials with no more than addresses
// and interfaces changed.
//
// With KACTL_E2E_DIRECTOR=keepalived the same scenarios run with keepalived as
// the directors: the control that shows what they demand is what it does.
package e2e

import (
	"embed"
	"net/netip"
	"testing"
	"time"

	"github.com/kactl/kactl/test/lab"
)

func TestMain(m *testing.M) { lab.TestMain(m, true, "keepalived", "nginx:nginx-light") }

//go:embed testdata
var testdata embed.FS

// conf reads a configuration template out of testdata.
func conf(t testing.TB, name string) string {
	t.Helper()
	text, err := testdata.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// notify notes the state it is called with, as the tutorials' notify.sh tells
// every terminal.
const notify = "#!/bin/sh\necho \"$1\" >>{{.Dir}}/notified\n"

var addr = netip.MustParseAddr

func web(a netip.Addr) netip.AddrPort { return netip.AddrPortFrom(a, 80) }

// spreadEvenly ends the test unless the names occur equally often, give or
// take one.
func spreadEvenly(t testing.TB, answers []string, names ...string) {
	t.Helper()
	count := lab.Count(answers)
	low, high := len(answers), 0
	total := 0
	for _, n := range names {
		low, high, total = min(low, count[n]), max(high, count[n]), total+count[n]
	}
	if total != len(answers) || high-low > 1 {
		t.Fatalf("answers by %v, want an even spread over %v", count, names)
	}
}

// takeover is the longest that a cluster with advert_int 1 may leave its
// address without an owner after the master fell silent: the master down
// timer of a backup of that priority (RFC 3768, 6.1), and a second.
func takeover(priority int) time.Duration {
	skew := time.Duration(256-priority) * time.Second / 256
	return 3*time.Second + skew + time.Second
}
