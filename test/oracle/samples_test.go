package oracle

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kactl/kactl/test/need"
)

// TestSamples compares on what Debian's package has as examples, and on
// tutorials.
func TestSamples(t *testing.T) {
	ns := newNamespace(t)
	files := sampleFiles(t)
	tutorials, err := filepath.Glob("../../pkg/config/testdata/tutorials/*.conf")
	if err != nil || len(tutorials) == 0 {
		t.Fatalf("no tutorials: %v", err)
	}
	files = append(files, tutorials...)
	results := make([]result, len(files))
	ns.each(t, len(files), func(i int) (err error) {
		results[i], err = tryFile(files[i])
		return err
	})
	for _, r := range results {
		r.differs = slices.DeleteFunc(r.differs, func(difference string) bool {
			return mailServer.MatchString(difference) || // whether a name resolves is not ours to say
				strings.Contains(r.answer.text, "Non-existent interface") && further.MatchString(difference)
		})
		if len(r.differs) > 0 && known(r) == "" {
			t.Errorf("%s:\n  %s", r.name, strings.Join(r.differs, "\n  "))
		}
	}
	t.Logf("%d files", len(files))
}

var (
	mailServer = regexp.MustCompile(`Invalid smtp server [a-z.]+ \d+$`)
	// further is what keepalived does not look at where an interface is missing.
	further = regexp.MustCompile(`^status 6, want 5$|^not keepalived's`)
)

// sampleFiles are the configurations in the package's documentation. Where dpkg
// left that out, the package is fetched to look into it.
func sampleFiles(t *testing.T) []string {
	t.Helper()
	const samples = "usr/share/doc/keepalived/samples/keepalived.conf*"
	files, _ := filepath.Glob("/" + samples)
	if len(files) > 0 {
		return files
	}
	dir := t.TempDir()
	fetch := exec.Command("sh", "-ec", "apt-get -q download keepalived && dpkg-deb -x keepalived_*.deb .")
	fetch.Dir = dir
	if out, err := fetch.CombinedOutput(); err != nil {
		need.Missing(t, "fetch the package keepalived for its samples: %v\n%s", err, out)
	}
	files, _ = filepath.Glob(filepath.Join(dir, samples))
	if len(files) < 20 {
		t.Fatalf("only %d samples in the package keepalived", len(files))
	}
	for _, f := range files {
		if err := os.Chmod(f, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return files
}
