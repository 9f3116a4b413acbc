// Command genhash compares how long kactl genhash and keepalived's genhash take
// for the digest of a page, from the start of the program to its end: a small
// page and 10 MB, plain and over TLS, from a server of its own on the loopback.
//
// It runs as root, with the path of kactl in KACTL_BIN, and ends with 1 if one
// of kactl's figures is past its limit.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"

	"github.com/kactl/kactl/test/bench"
	"github.com/kactl/kactl/test/lab"
)

var runs = flag.Int("runs", 21, "how many turns the programs take with each page")

// mostRatio is what kactl is held to: of keepalived's time, pair by pair.
const mostRatio = 1.0

func main() {
	flag.Parse()
	if *runs < 1 || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	os.Exit(bench.Main(compare))
}

func compare(b *bench.B) *bench.Report {
	pages := map[string][]byte{"/small": []byte("hello"), "/large": bytes.Repeat([]byte("0123456789abcdef"), 10<<20/16)}
	serve := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page := pages[r.URL.Path]
		w.Header().Set("Content-Length", fmt.Sprint(len(page)))
		_, _ = w.Write(page) // who has gone does not want it
	})
	plain, secure := httptest.NewServer(serve), httptest.NewTLSServer(serve)
	b.Cleanup(plain.Close)
	b.Cleanup(secure.Close)
	report := bench.NewReport(fmt.Sprintf("digest of a page, median of %d turns", *runs), "genhash", "kactl genhash")
	for _, w := range []struct {
		name, page string
		server     *httptest.Server
		flags      []string
	}{
		{"small page", "/small", plain, nil},
		{"10 MB", "/large", plain, nil},
		{"small page, TLS", "/small", secure, []string{"-S"}},
		{"10 MB, TLS", "/large", secure, []string{"-S"}},
	} {
		b.Logf("%s", w.name)
		host, port, err := net.SplitHostPort(w.server.Listener.Addr().String())
		if err != nil {
			b.Fatalf("%v", err)
		}
		args := append([]string{"-s", host, "-p", port, "-u", w.page}, w.flags...)
		run := func(want *string, name string, args ...string) func() bench.Cost {
			return func() bench.Cost {
				took, got := hash(b, name, args...)
				if *want == "" {
					*want = got
				}
				if got != *want || len(strings.TrimSpace(got)) != 32 {
					b.Fatalf("%s: %s has %q, want %q", w.name, name, got, *want)
				}
				return took
			}
		}
		var digest string
		theirs := run(&digest, "genhash", args...)
		ours := run(&digest, os.Getenv(lab.BinaryVar), append([]string{"genhash", "-q"}, args...)...)
		theirs() // which brings the programs into memory
		ours()
		turns := bench.TakeTurns(b, *runs, theirs, ours)
		report.Costs(w.name, turns, func(costs []bench.Cost) string {
			return fmt.Sprintf("%.1f ms", 1000*bench.Median(bench.Times(costs)).Seconds())
		})
		report.LeftOut(w.name, turns)
		report.PairedRatio(w.name, turns, 1, mostRatio)
	}
	return report
}

// hash runs a program and returns what it took and what it printed.
func hash(b *bench.B, name string, args ...string) (bench.Cost, string) {
	var out strings.Builder
	cmd := exec.Command(name, args...)
	cmd.Stdout, cmd.Stderr = &out, os.Stderr
	cost, err := bench.Run(b, cmd)
	if err != nil {
		b.Fatalf("%v: %v", cmd, err)
	}
	return cost, out.String()
}
