package lint

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/kactl/kactl/pkg/config"
	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/syntax"
)

// check loads text as its author meant it, and returns all that is found.
func check(t *testing.T, text string) []diag.Diagnostic {
	t.Helper()
	files := syntax.FromFS(fstest.MapFS{"k.conf": {Data: []byte(text)}})
	r, err := config.Load("/k.conf", config.Options{Files: files, Policy: syntax.Intent})
	if err != nil {
		t.Fatal(err)
	}
	return append(r.Diagnostics, Check([]*Node{{Name: "k.conf", Result: r}}, false)...)
}

// fix applies what d offers, edits of one line each.
func fix(text string, d diag.Diagnostic) string {
	lines := strings.Split(text, "\n")
	for _, e := range d.Fix {
		l := &lines[e.Range.Start.Line-1]
		*l = (*l)[:e.Range.Start.Column-1] + e.New + (*l)[e.Range.End.Column-1:]
	}
	return strings.Join(lines, "\n")
}

// instanceOf has the addresses on line 5 and what is given from line 7 on.
func instanceOf(lines string) string {
	return `vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    virtual_ipaddress {
        192.0.2.100/24
    }
` + lines + "\n}\n"
}

const users = "global_defs {\n    enable_script_security\n    script_user root\n}\n"

// TestTutorialMistakes finds what tutorials get wrong, in its place, with what
// to write instead. A fix, where there is one, leaves nothing but advice.
func TestTutorialMistakes(t *testing.T) {
	for _, c := range []struct {
		name, text, rule string
		severity         diag.Severity
		line, column     int
		hint             string
		fixed            string // a line of the text with the fix; empty is no fix
	}{
		{
			"virtua1_ipaddress", "vrrp_instance VI_1 {\n    interface eth0\n    virtual_router_id 51\n    virtua1_ipaddress {\n        192.0.2.100/24\n    }\n}\n",
			"unknown-keyword", diag.Error, 4, 5, "virtual_ipaddress", "    virtual_ipaddress {",
		},
		{
			"preempt_de1ay", instanceOf("    state BACKUP\n    preempt_de1ay 60"),
			"unknown-keyword", diag.Error, 8, 5, "preempt_delay", "    preempt_delay 60",
		},
		{
			"g1obal_defs", "g1obal_defs {\n    router_id lb1\n}\n" + instanceOf(""),
			"unknown-keyword", diag.Error, 1, 1, "global_defs", "global_defs {",
		},
		{
			"lvs_sync_daemon_inteface", instanceOf("    lvs_sync_daemon_inteface eth1"),
			"unknown-keyword", diag.Error, 7, 5, "lvs_sync_daemon_interface", "    lvs_sync_daemon_interface eth1",
		},
		{
			"notification_emai1_from", "global_defs {\n    notification_emai1_from a@example.org\n}\n" + instanceOf(""),
			"unknown-keyword", diag.Error, 2, 5, "notification_email_from", "    notification_email_from a@example.org",
		},
		{
			"labe1", instanceOf("    virtual_ipaddress {\n        192.0.2.101/24 dev eth0 labe1 eth0:1\n    }"),
			"extra-words", diag.Error, 8, 33, "label", "        192.0.2.101/24 dev eth0 label eth0:1",
		},
		{
			"notify_master twice", users + instanceOf(`    notify_master "/etc/keepalived/notify.sh master"
    notify_backup "/etc/keepalived/notify.sh backup"
    notify_master "/etc/keepalived/notify.sh fault"`),
			"duplicate-keyword", diag.Error, 13, 5, "notify_fault", "",
		},
		{
			"no mask", strings.Replace(instanceOf(""), "/24", "", 1),
			"vip-without-mask", diag.Info, 5, 9, "192.0.2.100/24", "",
		},
		{
			"vrrp_strict with unicast", "global_defs {\n    vrrp_strict\n}\n" + instanceOf("    unicast_peer {\n        192.0.2.2\n    }"),
			"strict-unicast", diag.Warning, 2, 5, "remove it", "",
		},
		{
			"nb_get_retry in TCP_CHECK", instanceOf("") + `virtual_server 192.0.2.100 80 {
    lvs_sched rr
    lvs_method DR
    protocol TCP
    real_server 192.0.2.11 80 {
        TCP_CHECK {
            nb_get_retry 3
        }
    }
}
`,
			"unknown-keyword", diag.Error, 15, 13, "retry", "            retry 3",
		},
		{
			"[[", users + "vrrp_script chk {\n    script \"[[ -f /etc/keepalived/down ]] && exit 1 || exit 0\"\n}\n",
			"script-shell", diag.Error, 6, 12, "/bin/bash -c '[[ -f /etc/keepalived/down ]] && exit 1 || exit 0'",
			`    script "/bin/bash -c '[[ -f /etc/keepalived/down ]] && exit 1 || exit 0'"`,
		},
		{
			"stops keepalived", users + "vrrp_script chk {\n    script \"/usr/bin/systemctl stop keepalived\"\n}\n",
			"script-stops-keepalived", diag.Warning, 6, 12, "exit 1", "",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			var found *diag.Diagnostic
			ds := check(t, c.text)
			for _, d := range ds {
				switch {
				case d.Rule == c.rule && d.Range.Start == diag.Pos{Line: c.line, Column: c.column} && d.Severity == c.severity:
					found = &d
				case d.Severity == diag.Error:
					t.Errorf("another error than the one there is: %v", d)
				}
			}
			if found == nil {
				t.Fatalf("no %s at %d:%d; found %v", c.rule, c.line, c.column, ds)
			}
			if !strings.Contains(found.Hint, c.hint) {
				t.Errorf("hint %q lacks %q", found.Hint, c.hint)
			}
			if (c.fixed != "") != (len(found.Fix) > 0) {
				t.Fatalf("fix %v, want %q", found.Fix, c.fixed)
			}
			if c.fixed == "" {
				return
			}
			after := fix(c.text, *found)
			if got := strings.Split(after, "\n")[c.line-1]; got != c.fixed {
				t.Errorf("fixed line %q, want %q", got, c.fixed)
			}
			for _, d := range check(t, after) {
				if d.Severity == diag.Error && d.Rule != "deprecated" || d.Rule == c.rule {
					t.Errorf("the fix leaves %v", d)
				}
			}
		})
	}
}

// TestScriptShellFix offers a shell where the line can stand within its quotes.
func TestScriptShellFix(t *testing.T) {
	for line, want := range map[string]string{
		`script "pidof nginx || exit 1"`:        `script "/bin/sh -c 'pidof nginx || exit 1'"`,
		`script pidof nginx || exit 1`:          `script "/bin/sh -c 'pidof nginx || exit 1'"`,
		`script "pidof nginx | grep '1'"`:       "",
		`script 'pidof nginx | wc -l'`:          `script "/bin/sh -c 'pidof nginx | wc -l'"`,
		`script "a \"b\" || exit 1"`:            "",
		`script "</dev/tcp/127.0.0.1/80"`:       `script "/bin/bash -c '</dev/tcp/127.0.0.1/80'"`,
		`script pidof  nginx  || exit 1`:        "",
		`script "if pidof nginx &> /dev/null"`:  `script "/bin/bash -c 'if pidof nginx &> /dev/null'"`,
		`script "pidof nginx >/dev/null" extra`: `script "/bin/sh -c 'pidof nginx >/dev/null'" extra`,
	} {
		text := "vrrp_script a {\n" + line + "\n}\n"
		for _, d := range check(t, text) {
			if d.Rule != "script-shell" {
				continue
			}
			got := strings.Split(fix(text, d), "\n")[1]
			if len(d.Fix) == 0 {
				got = ""
			}
			if got != want {
				t.Errorf("%s\ngot  %s\nwant %s", line, got, want)
			}
		}
	}
}

// TestFixedExample holds the rule's own examples to each other.
func TestExamplesDiffer(t *testing.T) {
	for _, r := range nodeRules {
		if r.Bad == r.Good {
			t.Errorf("%s: the examples are the same", r.Name)
		}
	}
}
