package cmd

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestNames has what becomes of command lines.
func TestNames(t *testing.T) {
	for _, tt := range []struct{ line, command, want string }{
		{"/usr/bin/kactl check --fail warning", "kactl", "check --fail warning"},
		{"/usr/sbin/keepalived", "kactl", "run --dont-fork=false"},
		{"keepalived -D -S 6 --dont-fork", "kactl", "run --dont-fork=false -D -S 6 --dont-fork"},
		{"keepalived --vr --config-t=log --sig=STOP", "kactl", "run --dont-fork=false --vr --config-test=log --signum=STOP"},
		{"keepalived --vrrp --log-f local1", "kactl", "run --dont-fork=false --vrrp --log-f local1"},
		{"../genhash --serv ::1 --po=80 --use-ss --use x", "genhash", "--server ::1 --port=80 --use-ssl --use x"},
		{"keepalived -T -s ::1 --po=80", "genhash", "-s ::1 --port=80"},
		{"keepalived --genh --serv ::1", "genhash", "--server ::1"},
		{"keepalived -- -T", "kactl", "run --dont-fork=false -- -T"},
		{"genhash --verb -- --verb", "genhash", "--verbose -- --verb"},
	} {
		words := strings.Fields(tt.line)
		c, args := called(words[0], words[1:], streams{new(bytes.Buffer), new(bytes.Buffer), new(bytes.Buffer)})
		if c.Name() != tt.command {
			t.Errorf("%s: it is %s", tt.line, c.Name())
		}
		if diff := cmp.Diff(tt.want, strings.Join(args, " ")); diff != "" {
			t.Errorf("%s: (-want +got):\n%s", tt.line, diff)
		}
	}
}

func TestMask(t *testing.T) {
	for text, want := range map[string]int{"": 0, "0": 0, "22": 0o22, "022": 0o22, "0777": 0o777, "0x1f": 0x1f} {
		if got, err := mask(text); err != nil || got != want {
			t.Errorf("%q: %o, %v", text, got, err)
		}
	}
	for _, text := range []string{"8", "1000", "-1", "x", "0x", "022 "} {
		if got, err := mask(text); err == nil {
			t.Errorf("%q is accepted as %o", text, got)
		}
	}
}
