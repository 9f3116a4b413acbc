package config_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
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
		{"key 1 file:/keys/empty", "9:7 hmac-key, 7:1 hmac-key"},
		{"key 1 file:/keys/line", "9:7 hmac-key, 7:1 hmac-key"},
		{"key 1 file:/keys/long", "9:7 hmac-key, 7:1 hmac-key"},
		{"key 1 file:/keys/behind", "9:7 hmac-key, 7:1 hmac-key"},
		{"key 1 file:/keys/writable", "9:7 hmac-key, 7:1 hmac-key"},
		{"key 1 file:/keys/shared", "9:7 hmac-key, 7:1 hmac-key"},
		{"key 1 file:/keys", "9:7 hmac-key, 7:1 hmac-key"},
		{"key 1 file:/keys/fifo", "9:7 hmac-key, 7:1 hmac-key"},
		{"key 1 file:/keys/readable", ""},
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
	const key = "0123456789abcdefghijklmnopqrstuv"
	files := syntax.FromFS(fstest.MapFS{
		"k.conf":        {Data: []byte(text)},
		"keys/good":     {Data: []byte(key + "\n"), Mode: 0o640},
		"keys/short":    {Data: []byte("0123")},
		"keys/empty":    {},
		"keys/line":     {Data: []byte("\n")},
		"keys/long":     {Data: []byte(key + key + "x\n")},
		"keys/behind":   {Data: []byte(key + strings.Repeat("\n", 40) + "more")},
		"keys/writable": {Data: []byte(key), Mode: 0o602},
		"keys/shared":   {Data: []byte(key), Mode: 0o620},
		"keys/readable": {Data: []byte(key), Mode: 0o604},
		"keys/fifo":     {Data: []byte(key), Mode: 0o600 | fs.ModeNamedPipe},
	})
	r, err := config.Load("/k.conf", config.Options{Files: files, Policy: syntax.Intent, Host: fakeHost{}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A key that every user can read is taken, with a warning.
func TestReadableKey(t *testing.T) {
	for file, want := range map[string]bool{"good": false, "readable": true} {
		r := readKeys(t, vi("A", "auth_hmac {\nkey 1 file:/keys/"+file+"\n}\nversion 3"))
		warned := diag.Max(r.Diagnostics) == diag.Warning
		if n := len(r.Config.VRRP.Instances[0].HMAC.Keys); n != 1 || warned != want {
			t.Errorf("%s: %d keys, warned: %v\n%s", file, n, warned, list(r.Diagnostics))
		}
	}
}

// keyFile loads an instance whose key is in a file.
func keyFile(t *testing.T, path string) *config.Result {
	t.Helper()
	conf := filepath.Join(t.TempDir(), "k.conf")
	if err := os.WriteFile(conf, []byte(vi("A", "auth_hmac {\nkey 1 \"file:"+path+"\"\n}\nversion 3")), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := config.Load(conf, config.Options{Host: fakeHost{}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestKeyFiles reads keys of this machine: one by a link, not one of another user, and
// without waiting for whoever writes to a FIFO.
func TestKeyFiles(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	key := []byte("0123456789abcdefghijklmnopqrstuv")
	for _, name := range []string{"good", "foreign"} {
		if err := os.WriteFile(path(name), key, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(path("good"), path("link")); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(path("fifo"), 0o600); err != nil {
		t.Fatal(err)
	}
	for end, left := range map[string]string{"\n": "", "\r\n": "", "\n\n": "\n", "\r": "\r"} {
		if err := os.WriteFile(path("ended"), append(key[:len(key):len(key)], end...), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := keyFile(t, path("ended")).Config.VRRP.Instances[0].HMAC.Keys[0].Secret.Reveal(); got != string(key)+left {
			t.Errorf("%q behind it: the key is %q", end, got)
		}
	}
	want := map[string]int{"good": 1, "link": 1, "fifo": 0, "foreign": 0, ".": 0}
	if err := os.Chown(path("foreign"), 65534, 65534); err != nil {
		t.Logf("no file of another user: %v", err)
		want["foreign"] = 1
	}
	for name, keys := range want {
		r := keyFile(t, path(name))
		if got := r.Config.VRRP.Instances[0].HMAC.Keys; len(got) != keys || keys > 0 && got[0].Secret.Reveal() != string(key) {
			t.Errorf("%s: %d keys, want %d\n%s", name, len(got), keys, list(r.Diagnostics))
		}
	}
}
