package cmd

import (
	"bytes"
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A seen finding is what every output says of one.
type seen struct {
	File         string
	Line, Column int
	Severity     string
	Rule         string
	Message      string
}

// TestOutputsAgree reads the findings back from each output.
func TestOutputsAgree(t *testing.T) {
	t.Chdir("testdata/check")
	files, err := filepath.Glob("*.conf")
	if err != nil || len(files) < 3 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	absolute, err := filepath.Abs(files[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{files, files[:1], {"./" + files[1]}, {"-"}, {absolute}} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			text := seenInText(checked(t, args, "text"))
			if len(text) < 3 {
				t.Fatalf("%d findings", len(text))
			}
			if d := cmp.Diff(text, seenInJSON(t, checked(t, args, "json"))); d != "" {
				t.Errorf("-text +json:\n%s", d)
			}
			if d := cmp.Diff(text, seenInSARIF(t, checked(t, args, "sarif"))); d != "" {
				t.Errorf("-text +sarif:\n%s", d)
			}
			if d := cmp.Diff(text, seenInGitHub(checked(t, args, "github"))); d != "" {
				t.Errorf("-text +github:\n%s", d)
			}
		})
	}
}

func checked(t *testing.T, files []string, output string) []byte {
	t.Helper()
	in, err := os.Open("tabs.conf")
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	var out, stderr bytes.Buffer
	args := append([]string{"check", "-o", output}, files...)
	if status := run(t.Context(), append([]string{"kactl"}, args...), streams{in, &out, &stderr}); status != exitError || stderr.Len() > 0 {
		t.Fatalf("%q: status %d, %s", args, status, &stderr)
	}
	return out.Bytes()
}

var textFinding = regexp.MustCompile(`(?m)^(\S+):(\d+):(\d+): (error|warning|info): (.*) \[([a-z0-9-]+)\]$`)

func seenInText(out []byte) (all []seen) {
	for _, m := range textFinding.FindAllStringSubmatch(string(out), -1) {
		all = append(all, seen{m[1], number(m[2]), number(m[3]), m[4], m[6], m[5]})
	}
	return all
}

func seenInJSON(t *testing.T, out []byte) (all []seen) {
	if err := json.Unmarshal(out, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

func seenInSARIF(t *testing.T, out []byte) (all []seen) {
	var log struct {
		Runs []struct {
			Tool struct {
				Driver struct{ Rules []struct{ ID string } }
			}
			Results []struct {
				RuleID    string
				RuleIndex int
				Level     string
				Message   struct{ Text string }
				Locations []struct {
					PhysicalLocation struct {
						ArtifactLocation struct{ URI string }
						Region           struct{ StartLine, StartColumn int }
					}
				}
			}
		}
	}
	if err := json.Unmarshal(out, &log); err != nil {
		t.Fatal(err)
	}
	for _, r := range log.Runs[0].Results {
		at := r.Locations[0].PhysicalLocation
		file, err := url.Parse(at.ArtifactLocation.URI)
		if err != nil {
			t.Error(err)
		}
		if id := log.Runs[0].Tool.Driver.Rules[r.RuleIndex].ID; id != r.RuleID {
			t.Errorf("the index of %s is that of %s", r.RuleID, id)
		}
		all = append(all, seen{file.Path, at.Region.StartLine, at.Region.StartColumn, graded(r.Level), r.RuleID, r.Message.Text})
	}
	return all
}

var githubFinding = regexp.MustCompile(`(?m)^::(\w+) file=([^,]*),line=(\d+),col=(\d+),endLine=\d+,endColumn=\d+,title=([^:]*)::(.*)$`)

func seenInGitHub(out []byte) (all []seen) {
	unescape := strings.NewReplacer("%25", "%", "%0D", "\r", "%0A", "\n", "%3A", ":", "%2C", ",")
	for _, m := range githubFinding.FindAllStringSubmatch(string(out), -1) {
		all = append(all, seen{unescape.Replace(m[2]), number(m[3]), number(m[4]), graded(m[1]), unescape.Replace(m[5]), unescape.Replace(m[6])})
	}
	return all
}

// graded turns the level of another format into a severity.
func graded(level string) string {
	if level == "note" || level == "notice" {
		return "info"
	}
	return level
}

func number(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}
