package config_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kactl/kactl/pkg/command"
	"github.com/kactl/kactl/pkg/config"
	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/syntax"

	"github.com/kactl/kactl/test/need"
)

// printHost takes every script, user and interface, so that nothing that was
// read before is dropped for them.
type printHost struct{ oracleHost }

func (printHost) InterfaceExists(string) bool             { return true }
func (printHost) UserExists(string, string) bool          { return true }
func (printHost) CheckScript(command.Command, bool) error { return nil }

func loadForPrint(t *testing.T, path string, files syntax.Files) *config.Result {
	t.Helper()
	r, err := config.Load(path, config.Options{Files: files, Policy: syntax.Intent, Host: printHost{}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func readForPrint(t *testing.T, text string) *config.Result {
	return loadForPrint(t, "/k.conf", oneFile(text))
}

// inherent are the faults of settings that keepalived runs on all the same.
var inherent = map[string]bool{
	"no-address": true, "sync-group-size": true, "no-unicast-peer": true, "ttl": true, "deprecated": true, "vmac": true,
	"strict": true, "duplicate-vrid": true, "loopback-interface": true, "track-interface": true, "weights": true,
}

// roundTrip holds that what is printed of r loads to the same settings, and that
// there is no mistake in it that was none before. It returns what is printed.
func roundTrip(t *testing.T, r *config.Result) string {
	t.Helper()
	text := printed(t, r.Config)
	again := readForPrint(t, text)
	if d := cmp.Diff(r.Config, again.Config, values); d != "" {
		t.Errorf("settings change in print (-loaded +printed):\n%s\nprinted:\n%s\n%s", d, text, list(again.Diagnostics))
	}
	was := map[string]bool{}
	for _, x := range r.Diagnostics {
		was[x.Rule] = true
	}
	for _, x := range again.Diagnostics {
		if x.Severity == diag.Error && !was[x.Rule] && !inherent[x.Rule] {
			t.Errorf("what is printed has a mistake: %v\n%s", x, text)
		}
	}
	return text
}

func printed(t *testing.T, c *config.Config) string {
	t.Helper()
	var b strings.Builder
	if err := config.Print(&b, c); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestPrint prints what every tutorial and every case of the oracle says, and
// reads it again.
func TestPrint(t *testing.T) {
	need.Time(t)
	paths, err := filepath.Glob("testdata/tutorials/*.conf")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, p := range paths {
		t.Run(filepath.Base(p), func(t *testing.T) { roundTrip(t, loadForPrint(t, p, syntax.OS{})) })
	}
	paths, err = filepath.Glob("testdata/oracle/*.txt")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, p := range paths {
		for _, c := range readCases(t, p) {
			t.Run(strings.TrimSuffix(filepath.Base(p), ".txt")+"/"+c.name, func(t *testing.T) { roundTrip(t, readForPrint(t, c.text)) })
		}
	}
	t.Run("newer", func(t *testing.T) {
		key := strings.Repeat("ab", 32)
		roundTrip(t, readForPrint(t, vi("A", "version 3\nauth_hmac {\nkey 5 hex:"+key+"\nkey 6 01234567890123456789012345678901\nactive_key 6\nmode permissive\nanti_replay monotonic\n}\n"+
			"owner_ignore_adverts\nno_virtual_ipaddress\ntimer_expired_backup\nv3_checksum_as_v2")))
	})
}

// TestPrintedIsFine prints what has no fault, and finds none in it.
func TestPrintedIsFine(t *testing.T) {
	r := readForPrint(t, vi("A", "garp_extra_if all 5\nvirtual_routes {\n10.1.0.0/24 dev eth0 metric 5\n}\nvirtual_rules {\nfrom 10.1.0.0/24 table 5 preference 7\n}\n"+
		"track_interface {\neth1 weight -5 reverse\n}\nunicast_peer {\n10.0.0.7 min_ttl 3\n}\nuse_vmac vrrp.51\nvmac_xmit_base"))
	if diag.Max(r.Diagnostics) == diag.Error {
		t.Fatalf("the text is faulty:\n%s", list(r.Diagnostics))
	}
	text := printed(t, r.Config)
	again := readForPrint(t, text)
	if diag.Max(again.Diagnostics) == diag.Error || len(again.Config.VRRP.Instances) != 1 {
		t.Errorf("printed:\n%s\n%s", text, list(again.Diagnostics))
	}
}

// TestPrintedIsKeepalived holds that keepalived takes what is printed.
func TestPrintedIsKeepalived(t *testing.T) {
	ns := namespace(t)
	dir := t.TempDir()
	var n atomic.Int64 // of files
	for _, name := range []string{"global_process", "global_files", "global_services", "global_interfaces", "global_ipvs", "global_buffers", "global_firewall", "global_mail", "global_others", "global_top", "bfd"} {
		for _, c := range readCases(t, "testdata/oracle/"+name+".txt") {
			t.Run(name+"/"+c.name, func(t *testing.T) {
				t.Parallel()
				r, err := config.Load("/k.conf", config.Options{Files: oneFile(c.text), Policy: syntax.Intent, Host: oracleHost{}})
				if err != nil {
					t.Fatal(err)
				}
				text := printed(t, &config.Config{Global: r.Config.Global, BFD: r.Config.BFD})
				file := filepath.Join(dir, fmt.Sprintf("k%d.conf", n.Add(1)))
				writeFile(t, file, text, 0o644)
				if a := runKeepalived(t, ns, file); a.status != 0 && a.status != int(config.Insecure) {
					t.Errorf("status %d\n%s\n%s", a.status, a.text, text)
				}
			})
		}
	}
}

// Programs keep their words whatever is in them.
func TestPrintPrograms(t *testing.T) {
	for _, words := range [][]string{
		{"/ok"}, {"/ok", "a b"}, {"/ok", ""}, {"/ok", `it's`}, {"/ok", `say "x" it's`}, {"/ok", `back\slash`},
		{"/ok", "#!{}", "a#b"}, {"/ok", "tab\there"}, {"/ok", "-n", "$x", "é"},
	} {
		before := readForPrint(t, vs("", "notify_up /ok root nogroup"))
		r := &before.Config.LVS.Services[0].Reals[0]
		r.NotifyUp = &command.Command{Words: words, User: "root", Group: "nogroup"}
		roundTrip(t, before)
	}
}

// FuzzPrint holds that any settings survive being printed.
func FuzzPrint(f *testing.F) {
	need.Time(f)
	addCases(f)
	f.Add("global_defs {\nstartup_script '/ok \\041\\x22' root\nnotification_email {\n\"a b\" $c\n}\n}\n")
	f.Fuzz(func(t *testing.T, in string) {
		r := readForPrint(t, in)
		if r.Status == config.MissingValue || len(in) > 1000 {
			return
		}
		roundTrip(t, r)
	})
}
