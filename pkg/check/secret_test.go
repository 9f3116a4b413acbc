package check

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kactl/kactl/pkg/diag"
)

// TestSecrets writes a password in every way that somebody may, and looks for it
// in whatever is shown.
func TestSecrets(t *testing.T) {
	const secret = "S3cretPw"
	instance := func(inside string) string {
		return "vrrp_instance V {\n    interface eth0\n    virtual_router_id 51\n" + inside + "\n    virtual_ipaddress {\n    192.0.2.1\n    }\n}\n"
	}
	auth := func(lines string) string {
		return instance("  authentication {\n    auth_type PASS\n    " + lines + "\n  }")
	}
	for name, text := range map[string]string{
		"right":              auth("auth_pass S3cretPw"),
		"too much":           auth("auth_pass S3cretPw S3cretPw"),
		"quoted":             auth(`auth_pass "S3cretPw"`),
		"unclosed":           auth(`auth_pass "S3cretPw`),
		"glued quote":        auth(`auth_pass"S3cretPw"`),
		"near: pas":          auth("auth_pas S3cretPw"),
		"near: psas":         auth("auth_psas S3cretPw"),
		"near: passwd":       auth("auth_passwd S3cretPw"),
		"near: dash":         auth("auth-pass S3cretPw"),
		"near: case":         auth("AUTH_PASS S3cretPw"),
		"near: pwd":          auth("auth_pwd S3cretPw"),
		"near: other":        auth("pw S3cretPw"),
		"equals":             auth("auth_pass=S3cretPw"),
		"colon":              auth("auth_pass: S3cretPw"),
		"next line":          auth("auth_pass\n    S3cretPw"),
		"behind the type":    instance("  authentication {\n    auth_type S3cretPw\n  }"),
		"type and more":      instance("  authentication {\n    auth_type PASS S3cretPw\n  }"),
		"outside":            instance("  auth_pass S3cretPw"),
		"one line":           instance("  authentication { auth_type PASS auth_pass S3cretPw }"),
		"unknown block":      instance("  authentification {\n    auth_type PASS\n    auth_pass S3cretPw\n  }"),
		"commented":          auth("auth_pass x # S3cretPw"),
		"defined":            "$PW=S3cretPw\n" + auth("auth_pass $PW"),
		"defined, near":      "$PW=S3cretPw\n" + auth("auth_pas ${PW}"),
		"defined, chain":     "$A=S3cretPw\n$B=$A\n" + auth("auth_pas $B"),
		"defined by name":    "$PASSWORD=S3cretPw\n" + auth("auth_pass x"),
		"defined, lines":     "$PASSWORD= \\\n  S3cretPw \\\n  S3cretPw\n" + auth("auth_pass x"),
		"hmac":               instance("  auth_hmac {\n    key 1 S3cretPw\n  }"),
		"hmac, near":         instance("  auth_hmac {\n    kye 1 S3cretPw\n  }"),
		"ssl":                "SSL {\n  password S3cretPw\n}\n" + auth("auth_pass x"),
		"ssl, near":          "SSL {\n  pasword S3cretPw\n}\n" + auth("auth_pass x"),
		"argument":           instance(`  notify_master "/bin/x --password=S3cretPw"`),
		"argument, blank":    instance(`  notify_master "/bin/x --token S3cretPw" x y`),
		"twice":              auth("auth_pass S3cretPw\n    auth_pass S3cretPw"),
		"too long":           auth("auth_pass S3cretPwS3cretPwS3cretPw"),
		"in a quoted escape": auth("auth_pass S3cretPw\x1b[2J"),
	} {
		path := filepath.Join(t.TempDir(), "k.conf")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, show := range []bool{false, true} {
			r, err := Run(Options{Files: []string{path}, ShowSecrets: show})
			if err != nil {
				t.Fatal(err)
			}
			// Each line is shown, by a finding of the test's own.
			for n := range strings.Count(text, "\n") {
				r.Findings = append(r.Findings, diag.Diagnostic{Severity: diag.Info, Rule: "test", Range: diag.Range{File: path, Start: diag.Pos{Line: n + 1, Column: 1}, End: diag.Pos{Line: n + 1, Column: 2}}})
			}
			outputs := map[string]*bytes.Buffer{"text": {}, "json": {}, "sarif": {}, "github": {}, "print": {}, "print, json": {}, "diff": {}}
			rewrites, err := r.Rewrites(true, true)
			if err != nil {
				t.Fatal(err)
			}
			for _, w := range rewrites {
				outputs["diff"].Write(w.Diff())
			}
			for _, err := range []error{
				diag.WriteText(outputs["text"], r.Findings, r.Sources, nil),
				diag.WriteJSON(outputs["json"], r.Findings, r.Sources),
				diag.WriteSARIF(outputs["sarif"], r.Findings, r.Sources, diag.Tool{Name: "x", Rule: Rule}),
				diag.WriteGitHub(outputs["github"], r.Findings, r.Sources),
				PrintConfig(outputs["print"], r.Nodes[0].Config, false, show),
				PrintConfig(outputs["print, json"], r.Nodes[0].Config, true, show),
			} {
				if err != nil {
					t.Fatal(err)
				}
			}
			for form, out := range outputs {
				if strings.Contains(out.String(), "S3cret") && !show {
					t.Errorf("%s, %s shows the secret:\n%s", name, form, out)
				}
			}
			if show && !strings.Contains(outputs["text"].String(), secret) {
				t.Errorf("%s is not shown where it is asked for:\n%s", name, outputs["text"])
			}
		}
	}
}
