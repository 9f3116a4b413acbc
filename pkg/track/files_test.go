package track

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/vrrp"
)

// TestFileNumbers is what keepalived 2.2.7 made of texts.
func TestFileNumbers(t *testing.T) {
	for text, want := range map[string]int{
		"20": 20, "-20": -20, "abc": 0, "12abc": 12, "": 0, "\n": 0, "255": 255, "-300": -300, " 7": 7, "0x10": 16,
		"+5": 5, "3 4": 3, "5.7": 5, "-": 0, "0": 0, "010": 8, "0x": 0, "08": 0, "-0x11": -17, "2147483647": 2147483647,
	} {
		if got, err := number(text); got != want || err != nil {
			t.Errorf("%q: %d, %v, want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"99999999999", "-2147483649", "2147483648", strings.Repeat("9", 100)} {
		if got, err := number(text); err == nil {
			t.Errorf("%q: %d", text, got)
		}
	}
}

// values collects what a source reports.
type values struct {
	t *testing.T

	mu   sync.Mutex
	last map[string]int // guarded by mu
	all  []string       // guarded by mu
}

func (v *values) report(name string, value int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.last[name] = value
	v.all = append(v.all, fmt.Sprintf("%s %d", name, value))
}

// wait waits until the last value reported of a name is that.
func (v *values) wait(name string, want int) {
	v.t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(2 * time.Millisecond) {
		v.mu.Lock()
		got, known := v.last[name]
		all := strings.Join(v.all, ", ")
		v.mu.Unlock()
		if known && got == want {
			return
		}
		if time.Now().After(end) {
			v.t.Fatalf("%s is %d, known %v, want %d; reported: %s", name, got, known, want, all)
		}
	}
}

// reported returns what was reported, and forgets it.
func (v *values) reported() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	all := strings.Join(v.all, ", ")
	v.all = nil
	return all
}

type source interface {
	Run(ctx context.Context, report func(string, int)) error
}

// following runs a source until the test ends.
func following(t *testing.T, s source) *values {
	v := &values{t: t, last: map[string]int{}}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx, v.report) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return v
}

func logger(t *testing.T) *slog.Logger {
	return slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestFiles follows a file that is written, replaced, moved, removed, linked to, in a
// directory that comes and goes.
func TestFiles(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	must(t, os.Symlink("real/target", at("link")))
	files := []vrrp.File{{Name: "f", Path: at("f")}, {Name: "late", Path: at("sub/deep/late")}, {Name: "link", Path: at("link")}}
	f := NewFiles(files, logger(t))
	v := following(t, f)
	for _, name := range []string{"f", "late", "link"} {
		v.wait(name, 0)
	}

	write(t, at("f"), "20\n")
	v.wait("f", 20)
	write(t, at("f"), "-3")
	v.wait("f", -3)
	write(t, at("new"), "40")
	must(t, os.Rename(at("new"), at("f")))
	v.wait("f", 40)
	must(t, os.Rename(at("f"), at("away")))
	v.wait("f", 0)
	must(t, os.Link(at("away"), at("f")))
	v.wait("f", 40)
	must(t, os.Remove(at("f")))
	v.wait("f", 0)
	must(t, os.Mkdir(at("f"), 0o755)) // which holds no number
	must(t, os.Remove(at("f")))
	must(t, unix.Mkfifo(at("f"), 0o644)) // and nobody waits for its writer
	must(t, os.Remove(at("f")))
	write(t, at("f"), "7")
	v.wait("f", 7)

	must(t, os.MkdirAll(at("sub/deep"), 0o755))
	write(t, at("sub/deep/late"), "8")
	v.wait("late", 8)
	must(t, os.RemoveAll(at("sub")))
	v.wait("late", 0)
	must(t, os.MkdirAll(at("other/deep"), 0o755))
	write(t, at("other/deep/late"), "9")
	must(t, os.Rename(at("other"), at("sub")))
	v.wait("late", 9)
	write(t, at("sub/deep/late"), "10")
	v.wait("late", 10)

	must(t, os.Mkdir(at("real"), 0o755))
	write(t, at("real/target"), "11")
	v.wait("link", 11)
	write(t, at("real/target"), "12")
	v.wait("link", 12)
	must(t, os.Mkdir(at("real2"), 0o755))
	write(t, at("real2/target"), "13")
	must(t, os.Symlink("real2/target", at("link2")))
	must(t, os.Rename(at("link2"), at("link")))
	v.wait("link", 13)
	write(t, at("real2/target"), "14")
	v.wait("link", 14)

	// A text that is no number of 32 bits leaves the value.
	write(t, at("f"), "99999999999")
	write(t, at("sub/deep/late"), "1")
	v.wait("late", 1)
	v.wait("f", 7)
}

// A writer that has not closed the file has not changed the number.
func TestFileHalfWritten(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "f"), "200")
	f := NewFiles([]vrrp.File{{Name: "f", Path: filepath.Join(dir, "f")}, {Name: "g", Path: filepath.Join(dir, "g")}}, logger(t))
	v := following(t, f)
	v.wait("f", 200)
	v.wait("g", 0)
	v.reported()
	w, err := os.Create(filepath.Join(dir, "f"))
	must(t, err)
	_, err = w.WriteString("2")
	must(t, err)
	write(t, filepath.Join(dir, "g"), "1") // what comes later is reported
	v.wait("g", 1)
	if got := v.reported(); got != "g 1" {
		t.Errorf("reported %s", got)
	}
	_, err = w.WriteString("01")
	must(t, err)
	must(t, w.Close())
	v.wait("f", 201)
	if got := v.reported(); got != "f 201" {
		t.Errorf("reported %s", got)
	}
}

// init_file writes where there is no file, overwrite in any case, and none of them
// through a link; a reload writes what is missing and overwrites nothing again.
func TestInitFile(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	five := 5
	write(t, at("kept"), "3")
	write(t, at("over"), "3")
	write(t, at("victim"), "3")
	must(t, os.Symlink(at("victim"), at("trap")))
	files := []vrrp.File{
		{Name: "new", Path: at("new"), Init: &five}, {Name: "kept", Path: at("kept"), Init: &five},
		{Name: "over", Path: at("over"), Init: &five, Overwrite: true}, {Name: "trap", Path: at("trap"), Init: &five, Overwrite: true},
		{Name: "nowhere", Path: at("nodir/f"), Init: &five},
	}
	f := NewFiles(files, logger(t))
	v := following(t, f)
	for name, want := range map[string]int{"new": 5, "kept": 3, "over": 5, "trap": 3, "nowhere": 0} {
		v.wait(name, want)
	}
	write(t, at("over"), "9")
	v.wait("over", 9)
	must(t, os.Remove(at("new")))
	v.wait("new", 0)
	v.reported()
	f.Reload(&vrrp.Settings{Files: files})
	v.wait("new", 5)
	if text, _ := os.ReadFile(at("over")); string(text) != "9" {
		t.Errorf("a reload has written %q", text)
	}
}

// A reload follows other files, and reports those that stay again: the receiver may have
// forgotten them.
func TestFilesReload(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	write(t, at("a"), "1")
	write(t, at("b"), "2")
	f := NewFiles([]vrrp.File{{Name: "x", Path: at("a")}, {Name: "y", Path: at("b")}}, logger(t))
	v := following(t, f)
	v.wait("x", 1)
	v.wait("y", 2)
	v.reported()
	f.Reload(&vrrp.Settings{Files: []vrrp.File{{Name: "x", Path: at("b")}, {Name: "y", Path: at("b")}}})
	v.wait("x", 2)
	if got := v.reported(); !strings.Contains(got, "y 2") {
		t.Errorf("reported %s", got)
	}
	write(t, at("b"), "3")
	v.wait("x", 3)
	v.wait("y", 3)
	write(t, at("a"), "4")
	f.Reload(&vrrp.Settings{})
	f.Reload(&vrrp.Settings{Files: []vrrp.File{{Name: "x", Path: at("a")}}})
	v.wait("x", 4)
}

// Files that cannot be watched are read every second.
func TestFilesThatArePolled(t *testing.T) {
	dir := t.TempDir()
	v := &values{t: t, last: map[string]int{}}
	l := &look{files: map[string]*follow{}, log: logger(t), report: v.report}
	l.arrange([]vrrp.File{{Name: "f", Path: filepath.Join(dir, "f")}})
	if !l.poll {
		t.Error("nobody looks")
	}
	write(t, filepath.Join(dir, "f"), "6")
	l.all()
	v.wait("f", 6)
}

// Links that lead in a circle have an end.
func TestWayOfLinks(t *testing.T) {
	dir := t.TempDir()
	must(t, os.Symlink("b", filepath.Join(dir, "a")))
	must(t, os.Symlink("a", filepath.Join(dir, "b")))
	if n := len(way(filepath.Join(dir, "a"))); n != mostSteps {
		t.Errorf("%d steps", n)
	}
	if n, err := readNumber(filepath.Join(dir, "a")); n != 0 || err == nil {
		t.Errorf("%d, %v", n, err)
	}
}
