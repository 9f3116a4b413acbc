package daemon

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/kactl/kactl/pkg/status"
)

func TestLogStatus(t *testing.T) {
	var log bytes.Buffer
	d := &daemon{log: slog.New(slog.NewTextHandler(&log, nil))}
	d.read = status.Reload{At: time.Now(), File: "k.conf", Err: "no such file", Findings: []string{"k.conf:1:1: error: what"}}
	d.logStatus(t.Context())
	for _, want := range []string{
		`msg="status: configuration k.conf: read 0s ago, not in force: no such file"`, `msg="status:   k.conf:1:1: error: what"`, `msg="status: nothing runs"`,
	} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log lacks %s:\n%s", want, &log)
		}
	}
}
