package daemon

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestStatus(t *testing.T) {
	s := newServiceStatus()
	troubled := func(what string) string {
		s.troubled(what)
		return s.now()
	}
	for i, tt := range []struct{ got, want string }{
		{troubled("2 checks cannot be made: x"), "2 checks cannot be made: x"},
		{s.runs("Running 1 virtual server"), "Running 1 virtual server; 2 checks cannot be made: x"},
		{troubled(""), "Running 1 virtual server"},
		{s.runs("Running 2 virtual servers"), "Running 2 virtual servers"},
	} {
		if tt.got != tt.want {
			t.Errorf("%d: %q, want %q", i, tt.got, tt.want)
		}
	}
}

// Nobody waits for a service manager that is stuck; afterwards it gets the newest
// line, and not more than one in a second.
func TestStatusIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServiceStatus()
		begun := time.Now()
		var told []string
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			s.tell(ctx, func(line string) {
				time.Sleep(time.Minute)
				told = append(told, line)
			})
		}()
		for _, n := range []string{"1", "2", "3"} {
			s.troubled(n)
			synctest.Wait()
		}
		if d := time.Since(begun); d != 0 {
			t.Errorf("it waited for %v", d)
		}
		time.Sleep(time.Hour)
		if want := []string{"1", "3"}; !slices.Equal(told, want) {
			t.Errorf("told %q, want %q", told, want)
		}
		s.runs("Running")
		told = nil
		begun = time.Now()
		for range 150 {
			s.troubled(time.Since(begun).String())
			time.Sleep(time.Second)
		}
		time.Sleep(2 * time.Minute)
		if len(told) != 4 || told[3] != "Running; 2m29s" {
			t.Errorf("told %q", told)
		}
		s.troubled("at the end")
		cancel()
		<-done
	})
}
