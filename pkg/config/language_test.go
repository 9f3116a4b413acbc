package config_test

import (
	"fmt"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/kactl/kactl/pkg/config"
	"github.com/kactl/kactl/pkg/syntax"
)

// TestExplained checks that a finding says where the text comes from: the line
// of a definition while it is read, and its first one for what is found at the
// end; and what includes the file.
func TestExplained(t *testing.T) {
	files := syntax.FromFS(fstest.MapFS{
		"k.conf": {Data: []byte("$VI= \\\nvrrp_instance VI_$ID { \\\n interface eth0 \\\n prioritee 5 \\\n virtual_ipaddress { \\\n  10.0.0.5 \\\n } \\\n}\n$ID=1\n$VI\ninclude x.conf\n")},
		"x.conf": {Data: []byte("wrong\n")},
	})
	r, err := config.Load("/k.conf", config.Options{Files: files, Host: fakeHost{}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range r.Diagnostics {
		line := fmt.Sprintf("%s %s", d.Range, d.Rule)
		for _, x := range d.Related {
			line += fmt.Sprintf(", %s %s", x.Range, x.Message)
		}
		got = append(got, line)
	}
	want := []string{
		"/k.conf:10:1 unknown-keyword, /k.conf:4:2 $VI is defined here",
		"/k.conf:10:1 no-virtual-router-id, /k.conf:1:1 $VI is defined here, /k.conf:9:1 $ID is defined here",
		"/x.conf:1:1 unknown-keyword, /k.conf:11:9 included here",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestConfigID(t *testing.T) {
	files := syntax.FromFS(fstest.MapFS{"k.conf": {Data: []byte("@a wrong\n@^a wrong\n")}})
	for id, want := range map[string]string{"a": "1:4 unknown-keyword", "b": "2:5 unknown-keyword"} {
		r, err := config.Load("/k.conf", config.Options{Files: files, ConfigID: id})
		if err != nil {
			t.Fatal(err)
		}
		if got := found(r.Diagnostics); got != want {
			t.Errorf("%s: got %s, want %s", id, got, want)
		}
	}
}

// TestIncludeRefused: the daemon does not start without what an include demands,
// and reads no further.
func TestIncludeRefused(t *testing.T) {
	r := read(t, "global_defs {\n include_check match\n}\ninclude x.conf\nvrrp_script\n", syntax.Keepalived)
	if r.Status != config.Insecure || !r.Fatal {
		t.Errorf("status %d, fatal %t; want %d and true", r.Status, r.Fatal, config.Insecure)
	}
	if got, want := found(r.Diagnostics), "4:9 include-missing"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
