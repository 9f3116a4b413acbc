package process

import (
	"os"
	"runtime"
	"testing"

	"github.com/kactl/kactl/test/need"
)

// TestAddFrames checks that memory is counted once it is used, and that a
// process which is counted twice has no more page frames.
func TestAddFrames(t *testing.T) {
	need.Root(t)
	measure := func() (once, pages int) {
		frames := map[uint64]bool{}
		for range 2 {
			n, err := addFrames(frames, os.Getpid())
			if err != nil {
				t.Fatal(err)
			}
			pages += n
		}
		return len(frames) * os.Getpagesize(), pages * os.Getpagesize()
	}
	before, _ := measure()
	const size = 64 << 20
	b := make([]byte, size)
	for i := 0; i < size; i += os.Getpagesize() {
		b[i] = 1
	}
	after, twice := measure()
	runtime.KeepAlive(b)
	if grown := after - before; grown < size*9/10 || grown > size*5/4 {
		t.Errorf("%d bytes of memory are %d bytes in use", size, grown)
	}
	if twice < after*3/2 {
		t.Errorf("%d bytes in use by each of two processes, %d by both", after, twice)
	}
}
