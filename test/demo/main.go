// Command demo shows kactl's main job on a network of its own: two directors,
// two real servers and a client; requests balanced, a real server dying, a
// director cut off; and measures what the client sees of it.
//
// It runs as root, in network namespaces without names that go away with it.
// Where the kernel has no IPVS it boots user-mode Linux and runs there.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/test/lab"
)

func main() { os.Exit(lab.Main(show)) }

// show runs the demonstration and returns the exit status.
func show() (status int) {
	s := &stage{began: time.Now()}
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt, unix.SIGTERM)
	go func() {
		<-interrupted
		fmt.Println("\nInterrupted: cleaning up.")
		s.cleanUp()
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
	defer s.cleanUp()
	play(s)
	return 0
}

// A stage is the demonstration's place in the role of a test: what a lab
// cannot do ends the show.
type stage struct {
	began time.Time
	step  int

	mu       sync.Mutex
	cleanups []func()
}

var errFailed = fmt.Errorf("the demonstration failed")

var _ lab.T = (*stage)(nil)

// Helper does nothing: the stage names no lines.
func (s *stage) Helper() {}

// Name is the demonstration's name.
func (s *stage) Name() string { return "demo" }

// Logf narrates.
func (s *stage) Logf(format string, args ...any) { s.say(format, args...) }

// Errorf ends the show, as Fatalf does.
func (s *stage) Errorf(format string, args ...any) { s.Fatalf(format, args...) }

// Fatalf says what went wrong and ends the show.
func (s *stage) Fatalf(format string, args ...any) {
	fmt.Printf("\nFAILED: "+format+"\n", args...)
	panic(errFailed)
}

// Cleanup keeps f for the end.
func (s *stage) Cleanup(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cleanups = append(s.cleanups, f)
}

func (s *stage) cleanUp() {
	s.mu.Lock()
	todo := s.cleanups
	s.cleanups = nil
	s.mu.Unlock()
	for i := len(todo) - 1; i >= 0; i-- {
		todo[i]()
	}
}

// act begins a step of the show.
func (s *stage) act(format string, args ...any) {
	s.step++
	fmt.Printf("\n%d. %s\n", s.step, fmt.Sprintf(format, args...))
}

// say tells one thing and when.
func (s *stage) say(format string, args ...any) {
	fmt.Printf("   %5.1f s  %s\n", time.Since(s.began).Seconds(), fmt.Sprintf(format, args...))
}
