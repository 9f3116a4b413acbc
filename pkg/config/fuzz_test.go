package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/kactl/kactl/pkg/command"
	"github.com/kactl/kactl/pkg/config"
	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/health"
	"github.com/kactl/kactl/pkg/syntax"

	"github.com/kactl/kactl/test/need"
)

// absurd is a host on which everything depends on the first letter.
type absurd struct{}

func (absurd) InterfaceExists(name string) bool { return strings.HasPrefix(name, "e") }
func (absurd) CPUs() int                        { return -1 }
func (absurd) IsLoopback(name string) bool      { return strings.HasSuffix(name, "o") }
func (absurd) UserExists(user, _ string) bool   { return strings.HasPrefix(user, "r") }
func (absurd) CheckScript(c command.Command, _ bool) error {
	switch c.Words[0][:1] {
	case "/":
		return nil
	case "x":
		return config.ErrScriptNotExecutable
	case "i":
		return config.ErrScriptInsecure
	}
	return config.ErrScriptNotFound
}

func FuzzLoad(f *testing.F) {
	need.Time(f)
	addCases(f)
	f.Fuzz(func(t *testing.T, in string) {
		lines := strings.Count(in, "\n") + 1
		formatted := syntax.Format(in)
		for _, p := range []syntax.Policy{syntax.Keepalived, syntax.Intent} {
			r, err := loadText(in, p)
			if errors.Is(err, syntax.ErrTooLarge) {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			consistent(t, r, lines)
			again, err := loadText(formatted, p)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(r.Config, again.Config) {
				t.Errorf("policy %v: laid out anew it says something else:\n%s\n%s", p, in, formatted)
			}
		}
	})
}

// addCases makes the cases of the oracle the seeds.
func addCases(f *testing.F) {
	f.Helper()
	paths, err := filepath.Glob("testdata/oracle/*.txt")
	if err != nil || len(paths) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, p := range paths {
		data, err := os.ReadFile(p)
		if err != nil {
			f.Fatal(err)
		}
		for part := range strings.SplitSeq(string(data), "\n=== ") {
			_, text, _ := strings.Cut(part, "\n")
			f.Add(text)
		}
	}
}

func loadText(text string, p syntax.Policy) (*config.Result, error) {
	return config.Load("/k.conf", config.Options{Files: oneFile(text), Policy: p, Host: absurd{}})
}

// oneFile is /k.conf with a text.
func oneFile(text string) syntax.Files {
	return syntax.FromFS(fstest.MapFS{"k.conf": {Data: []byte(text)}})
}

// consistent checks what holds of every result.
func consistent(t *testing.T, r *config.Result, lines int) {
	for _, d := range r.Diagnostics {
		if d.Range.Start.Line < 1 || d.Range.Start.Line > lines || d.Rule == "" || d.Message == "" || strings.Contains(d.Message, "\n") {
			t.Errorf("bad diagnostic %+v", d)
		}
	}
	if faulty := diag.Max(r.Diagnostics) == diag.Error; faulty && r.Status == config.OK || !faulty && r.Status == config.Faulty {
		t.Errorf("status %d with %v", r.Status, r.Diagnostics)
	}
	for _, x := range r.Config.VRRP.Instances {
		somewhere := x.Interface != "" || x.Source.IsValid() && len(x.Peers) > 0
		if x.VRID == 0 || x.Priority == 0 || !somewhere || x.AdvertInterval <= 0 || len(x.Addresses) > 255 || x.GARP.Repeat < 1 {
			t.Errorf("instance that cannot run: %+v", x)
		}
	}
	for _, s := range r.Config.LVS.Services {
		if s.ID.Protocol == 0 && s.ID.Mark == 0 && s.Group == "" || s.Scheduler == "" || len(s.Reals) == 0 {
			t.Errorf("service that cannot run: %+v", s)
		}
		for _, rs := range s.Reals {
			for _, c := range rs.Checks {
				if c.Kind == health.BFD || c.Kind == health.File {
					continue // which connect to nothing
				}
				if rs.Forward == 0 || c.Interval <= 0 || c.Timeout <= 0 || c.Retries < 0 || !c.Target.IsValid() {
					t.Errorf("check that cannot run: %+v", c)
				}
			}
		}
	}
	for _, c := range r.Config.VRRP.Scripts {
		if len(c.Command.Words) == 0 || c.Interval <= 0 || c.Timeout <= 0 || c.Rise < 1 || c.Fall < 1 {
			t.Errorf("script that cannot run: %+v", c)
		}
	}
}
