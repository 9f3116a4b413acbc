package genhash

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/kactl/kactl/test/lab"
)

// A way is a server and the flags that a page of it is asked for with.
type way struct {
	name string
	addr string
	secrecy
	flags string
}

var ways = []way{
	{"plain", "127.0.0.1", open, ""},
	{"1.0", "127.0.0.1", open, "-P 1.0 -t 5"},
	{"1.0c", "127.0.0.1", open, "-P 1.0c"},
	{"1.1", "127.0.0.1", open, "-P 1.1"},
	{"virtual host", "127.0.0.1", open, "-V www.example.com"},
	{"1.1 and a virtual host with a port", "127.0.0.1", open, "--protocol 1.1 --use-virtualhost www.example.com:8080"},
	{"firewall mark", "127.0.0.1", open, "--fwmark 7 --timeout 5"},
	{"IPv6", "::1", open, ""},
	{"IPv6, 1.1", "::1", open, "-P 1.1"},
	{"TLS", "127.0.0.1", secure, "-S"},
	{"TLS, virtual host", "127.0.0.1", secure, "--use-ssl -V www.example.com"},
	{"TLS, name in the handshake", "127.0.0.1", secure, "-S -I -V www.example.com"},
	{"TLS, 1.1, name in the handshake", "127.0.0.1", secure, "-S --use-sni -V www.example.com -P 1.1"},
	{"TLS without an end", "127.0.0.1", torn, "-S"},
	{"TLS without an end, IPv6", "::1", torn, "-S -I -V www.example.com"},
}

var digest = regexp.MustCompile(`^[0-9a-f]{32}\n$`)

// TestDigests has every shape in every way.
func TestDigests(t *testing.T) {
	ours := candidates(t)
	for _, w := range ways {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			port := listen(t, w.addr, w.secrecy, shapes)
			for n, s := range shapes {
				args := append([]string{"-s", w.addr, "-p", port, "-u", fmt.Sprintf("/%d?a=b&c", n)}, strings.Fields(w.flags)...)
				if s.name != slow {
					args = append(args, "-t", "60") // as slow may a busy machine be
				}
				want := oracle.run(t, args...)
				if !digest.MatchString(want.out) {
					t.Errorf("%s: keepalived's has no digest: %+v", s.name, want)
					continue
				}
				for _, p := range ours {
					if got := p.run(t, args...); got.out != want.out || got.status != 0 {
						t.Errorf("%s: %v %v has %+v, keepalived's %q", s.name, p, args, got, want.out)
					}
				}
			}
		})
	}
}

// TestFailures holds what is printed when there is no digest: keepalived's words
// under its name, nothing under our own; and we do not exit with 0.
func TestFailures(t *testing.T) {
	if lab.DefaultKind() != lab.Kactl {
		t.Log("nothing to hold: keepalived exits with 0")
		return
	}
	ours := candidates(t)
	plain := listen(t, "127.0.0.1", open, failures)
	var calls []string
	for n := range failures {
		calls = append(calls, fmt.Sprintf("-s 127.0.0.1 -p %s -u /%d -t 4", plain, n))
	}
	calls = append(calls,
		"-s 127.0.0.1 -p 1 -u /",
		"-s ::1 -p 1 -u /",
		"-S -s 127.0.0.1 -p "+plain+" -u /0 -t 4",
		// Mistakes.
		"",
		"-s 127.0.0.1 -p 80",
		"-s 127.0.0.1 -u /",
		"-p 80 -u /",
		"-s 127.0.0.1 -p 0 -u /",
		"-s 127.0.0.1 -p 65536 -u /",
		"-s 127.0.0.1 -p http -u /",
		"-s 127.0.0.1 -p 80 -u / -P 2",
		"-s 127.0.0.1 -p 80 -u / -m x",
		"-s 127.0.0.1 -p 80 -u / -t x",
		"-s 127.0.0.1 -p 80 -u / x",
		"-s 127.0.0.1 -p 80 -u / -q",
		"-s 127.0.0.1 -p 80 -u / --unknown",
		"-s not_a_server_! -p 80 -u /",
	)
	for _, call := range calls {
		t.Run(call, func(t *testing.T) {
			t.Parallel()
			args := strings.Fields(call)
			want := oracle.run(t, args...)
			if digest.MatchString(want.out) {
				t.Fatalf("keepalived's has a digest: %+v", want)
			}
			if got := ours[0].run(t, args...); got.out != "" || got.err == "" || got.status == 0 {
				t.Errorf("kactl genhash: %+v", got)
			}
			got := ours[1].run(t, args...)
			if got.out != want.out || got.err == "" || got.status != 1 {
				t.Errorf("genhash: %+v, keepalived's %+v", got, want)
			}
		})
	}
}
