package probe

import (
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestTimed has servers that send a byte now and then.
func TestTimed(t *testing.T) {
	for _, tt := range []struct {
		name  string
		every time.Duration
		bytes int
		want  string // in the error, or empty
		after time.Duration
	}{
		{"in time", 900 * time.Millisecond, 5, "", 4500 * time.Millisecond},
		{"a read waits too long", 1100 * time.Millisecond, 5, "timeout", time.Second},
		{"too long altogether", 900 * time.Millisecond, 1000, "longer than 5m0s", 5 * time.Minute},
	} {
		synctest.Test(t, func(t *testing.T) {
			client, server := net.Pipe()
			var wg sync.WaitGroup
			wg.Go(func() {
				defer server.Close()
				for range tt.bytes {
					time.Sleep(tt.every)
					if _, err := server.Write([]byte("x")); err != nil {
						return
					}
				}
			})
			begun := time.Now()
			_, err := io.ReadAll(&timed{Conn: client, each: time.Second, whole: overall, end: begun.Add(overall)})
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
			}
			if d := time.Since(begun); d != tt.after {
				t.Errorf("%s: took %v, want %v", tt.name, d, tt.after)
			}
			client.Close()
			wg.Wait()
		})
	}
}
