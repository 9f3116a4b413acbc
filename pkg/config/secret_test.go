package config_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/kactl/kactl/pkg/config"
	"github.com/kactl/kactl/pkg/syntax"
)

func TestHideLine(t *testing.T) {
	for line, want := range map[string]string{
		`    notify_master "/bin/true --token S3" root`:          `    notify_master "/bin/true --token ******" root`,
		`misc_path "/bin/x --password=S3 -v" root wheel`:         `misc_path "/bin/x --password=******" root wheel`,
		`notify "/bin/x --token 'S3 S3'"`:                        `notify "/bin/x --token ******"`,
		`auth_pass "S3 S3"`:                                      `auth_pass "******"`,
		`auth_pass S3 S3`:                                        `auth_pass ******`,
		`key 1 hex:S3`:                                           `key ******`,
		`vrrp_instance "my key 1" {`:                             `vrrp_instance "my key ******" {`,
		`notify_master "/bin/true --token S3`:                    `notify_master "/bin/true --token ******`,
		`notify_master "/bin/true --token S3" "x --password S3"`: `notify_master "/bin/true --token ******" "x --password ******"`,
		`priority 100`:                                           `priority 100`,
	} {
		if got := config.HideLine(line); got != want {
			t.Errorf("%s: %s, want %s", line, got, want)
		}
	}
}

// said reads a text as a checker does, and returns all that it says of it.
func said(t *testing.T, text string) string {
	t.Helper()
	return list(read(t, text, syntax.Intent).Diagnostics)
}

func TestSecretsWithoutBound(t *testing.T) {
	var b strings.Builder
	for i := range 1200 {
		fmt.Fprintf(&b, "vrrp_instance V%d {\nauthentication {\nS3cret%dx\n}\n}\n", i, i)
	}
	if got := said(t, b.String()); strings.Contains(got, "S3cret") || strings.Count(got, config.Hidden) < 1200 {
		t.Errorf("secrets are shown, or none: %.300s", got[max(0, strings.Index(got, "S3cret")-100):])
	}
}

func TestSecretsAsQuoted(t *testing.T) {
	for name, secret := range map[string]string{
		"long":          "S3cret" + strings.Repeat("x", 80),
		"short":         "S3c",
		"with a quote":  `S3c"ret`,
		"not printable": "S3cret\x1bx",
		"very long":     "S3cret" + strings.Repeat("-", 5000),
	} {
		if got := said(t, "vrrp_instance V {\nauthentication {\n"+secret+"\n}\n}\n"); strings.Contains(got, "S3c") || !strings.Contains(got, config.Hidden) {
			t.Errorf("%s: %s", name, got)
		}
	}
	// What is secret in one line is so in others; what is short may be a part of any word.
	got := said(t, "vrrp_instance V {\nauthentication {\nauth_pass S3cretPw\n}\nS3cretPw\nS3cretPwx\n}\n")
	if strings.Contains(got, `"S3cretPw"`) || !strings.Contains(got, `"S3cretPwx"`) {
		t.Error(got)
	}
}

// TestMaskerChain wants time that grows with the text, not with its square.
func TestMaskerChain(t *testing.T) {
	var b strings.Builder
	const n = 20_000
	b.WriteString("$b=S3cret\n$a0= \\\n $b\n")
	for i := range n {
		fmt.Fprintf(&b, "$a%d=$a%d\n", i+1, i)
	}
	fmt.Fprintf(&b, "auth_pass $a%d\n", n)
	done := make(chan string)
	go func() { done <- strings.Join(config.NewMasker(b.String()).Mask(b.String()), "\n") }()
	select {
	case got := <-done:
		if strings.Contains(got, "S3cret") {
			t.Errorf("the end of the chain is shown: %.100s", got)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("a chain of definitions takes more than 30 s")
	}
}
