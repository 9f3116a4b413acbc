package config_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/kactl/kactl/pkg/config"
	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/syntax"
	"github.com/kactl/kactl/pkg/vrrp"
)

// TestHMAC reads auth_hmac, which keepalived 2.2.7 does not know.
func TestHMAC(t *testing.T) {
	const secret = "0123456789abcdefghijklmnopqrstuv"
	digits := strings.Repeat("5a", 32)
	for _, c := range []struct{ lines, want string }{
		{"key 1 " + secret, ""},
		{"key 1 hex:" + digits, ""},
		{"key 1 file:/keys/good", ""},
		{"key 1 file:/keys/none", "9:7 hmac-key, 7:1 hmac-key"},
		{"key 1 file:/keys/short", "9:7 hmac-key, 7:1 hmac-key"},
		{"key 0 " + secret, "9:5 number, 7:1 hmac-key"},
		{"key 256 " + secret, "9:5 number, 7:1 hmac-key"},
		{"key 255 " + secret, ""},
		{"key 1 " + secret[:31], "9:7 hmac-key, 7:1 hmac-key"},
		{"key 1 " + secret + secret, ""},
		{"key 1 " + secret + secret + "x", "9:7 hmac-key, 7:1 hmac-key"},
		{"key 1 hex:" + digits[1:], "9:7 hmac-key, 7:1 hmac-key"},
		{"key 1 hex:" + digits[2:] + "zz", "9:7 hmac-key, 7:1 hmac-key"},
		{"key 1 " + secret + "\nkey 1 " + secret, "10:5 duplicate-keyword"},
		{"key 1 " + secret + "\nactive_key 2", "10:1 hmac-key"},
		{"key 1 " + secret + "\nkey 2 hex:" + digits + "\nactive_key 2", ""},
		{"key 1 " + secret + "\nmode foo", "10:6 value"},
		{"key 1 " + secret + "\nmode receive-only", ""},
		{"key 1 " + secret + "\nanti_replay foo", "10:13 value"},
		{"key 1 " + secret + "\ntime_window 0", "10:13 number"},
		{"key 1 " + secret + "\ntime_window 9", ""},
		{"key 1", "9:1 missing-value, 7:1 hmac-key"},
	} {
		r := readKeys(t, vi("A", "auth_hmac {\n#\n"+c.lines+"\n}\nversion 3"))
		var got []string
		for _, x := range r.Diagnostics {
			if x.Severity == diag.Error {
				got = append(got, found([]diag.Diagnostic{x}))
			}
			if text := x.String() + x.Hint; strings.Contains(text, secret[:8]) || strings.Contains(text, digits[:8]) {
				t.Errorf("%s: a key is in %q", c.lines, text)
			}
		}
		want := strings.Split(c.want, ", ")
		if len(want) == 2 { // by place
			want[0], want[1] = want[1], want[0]
		}
		if strings.Join(got, ", ") != strings.Join(want, ", ") {
			t.Errorf("%s: got %v, want %v", c.lines, got, want)
		}
	}
	h := readKeys(t, vi("A", "auth_hmac {\nkey 7 "+secret+"\nkey 3 file:/keys/good\n}\nversion 3\nadvert_int 4")).Config.VRRP.Instances[0].HMAC
	if h.Active != 7 || h.Window != 12*time.Second || h.Mode != vrrp.HMACEnforce || h.Monotonic || h.Keys[1].Secret.Reveal() != secret {
		t.Errorf("defaults: active %d, window %s, mode %s, key of %d bytes", h.Active, h.Window, h.Mode, h.Keys[1].Secret.Len())
	}
	if text := fmt.Sprintf("%v %+v %#v %s", h, h, h, h.Keys[0].Secret); strings.Contains(text, secret) {
		t.Errorf("a key prints as itself: %s", text)
	}
}

func readKeys(t *testing.T, text string) *config.Result {
	t.Helper()
	files := syntax.FromFS(fstest.MapFS{
		"k.conf":     {Data: []byte(text)},
		"keys/good":  {Data: []byte("0123456789abcdefghijklmnopqrstuv\n")},
		"keys/short": {Data: []byte("0123")},
	})
	r, err := config.Load("/k.conf", config.Options{Files: files, Policy: syntax.Intent, Host: fakeHost{}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}
