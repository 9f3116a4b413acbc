package bench

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/test/lab"
)

// Main runs a benchmark and returns its exit status: 1 if it could not be run
// or a figure is past its limit. It takes root, keepalived, and the path of
// kactl in the environment ([lab.BinaryVar]). run measures; it may end the
// benchmark through T, and its report is written.
func Main(run func(b *B) *Report) (status int) {
	b := &B{}
	if err := ready(); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", b.Name(), err)
		return 1
	}
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt, unix.SIGTERM)
	go func() {
		<-interrupted
		b.cleanUp(0)
		os.Exit(130)
	}()
	defer func() {
		switch v := recover(); v {
		case nil:
		case errFailed:
			status = 1
		default:
			panic(v)
		}
	}()
	defer b.cleanUp(0)
	report := run(b)
	if err := report.Write(os.Stdout); err != nil {
		b.Fatalf("%v", err)
	}
	if b.failed || report.Past() > 0 {
		return 1
	}
	return 0
}

// ready tells what a benchmark lacks.
func ready() error {
	if os.Getuid() != 0 {
		return lab.ErrNotRoot
	}
	if _, err := exec.LookPath("keepalived"); err != nil {
		return fmt.Errorf("%w: apt-get install keepalived", err)
	}
	bin, err := filepath.Abs(os.Getenv(lab.BinaryVar))
	if err == nil {
		_, err = exec.LookPath(bin)
	}
	if err != nil || os.Getenv(lab.BinaryVar) == "" {
		return fmt.Errorf("%s=%q does not name kactl: make build, and set it to bin/kactl", lab.BinaryVar, os.Getenv(lab.BinaryVar))
	}
	// A director runs in a directory of its own.
	return os.Setenv(lab.BinaryVar, bin)
}

// B stands in for a test before the lab: what a lab cannot do ends the
// benchmark. It is a [lab.T].
type B struct {
	failed bool

	mu       sync.Mutex
	cleanups []func() // guarded by mu
}

var _ lab.T = (*B)(nil)

var errFailed = errors.New("the benchmark failed")

// Part calls f and cleans up what f made.
func (b *B) Part(f func()) {
	b.mu.Lock()
	before := len(b.cleanups)
	b.mu.Unlock()
	defer b.cleanUp(before)
	f()
}

// Helper does nothing: a benchmark names no lines.
func (b *B) Helper() {}

// Name is the program's name.
func (b *B) Name() string { return filepath.Base(os.Args[0]) }

// Logf tells how it goes, on standard error: the report alone is the output.
func (b *B) Logf(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }

// Errorf says what is wrong; the benchmark goes on and fails.
func (b *B) Errorf(format string, args ...any) {
	b.failed = true
	fmt.Fprintf(os.Stderr, "FAILED: "+format+"\n", args...)
}

// Fatalf says what went wrong and ends the benchmark. It is for the goroutine
// that Main calls.
func (b *B) Fatalf(format string, args ...any) {
	b.Errorf(format, args...)
	panic(errFailed)
}

// Cleanup keeps f for the end of the part under way, or of the benchmark.
func (b *B) Cleanup(f func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.cleanups = append(b.cleanups, f)
}

// cleanUp calls what was kept since there were only so many, the latest first.
func (b *B) cleanUp(down int) {
	for {
		b.mu.Lock()
		last := len(b.cleanups) - 1
		if last < down {
			b.mu.Unlock()
			return
		}
		f := b.cleanups[last]
		b.cleanups = b.cleanups[:last]
		b.mu.Unlock()
		f()
	}
}
