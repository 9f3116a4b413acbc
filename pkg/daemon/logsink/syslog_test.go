package logsink

import (
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/test/need"
)

// TestFacility logs to a syslog that only a thread of the test sees.
func TestFacility(t *testing.T) {
	need.Root(t)
	for facility, want := range map[string]string{"": "<30>", "daemon": "<30>", "user": "<14>", "local0": "<134>", "local6": "<182>"} {
		lines := make(chan string, 1)
		failed := make(chan error, 1)
		go func() {
			runtime.LockOSThread() // and never unlocked
			failed <- logPrivately(t.TempDir(), facility, lines)
		}()
		if err := <-failed; err != nil {
			t.Fatalf("%q: %v", facility, err)
		}
		if line := <-lines; !strings.HasPrefix(line, want) || !strings.Contains(line, "Keepalived[") || !strings.HasSuffix(line, ": hello\n") {
			t.Errorf("%q logs %q", facility, line)
		}
	}
	if _, err := DialSyslog("local8"); err == nil {
		t.Error("there is a local8")
	}
}

// logPrivately writes a line to a syslog of its own and passes on what that got.
func logPrivately(dir, facility string, lines chan<- string) error {
	l, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: filepath.Join(dir, "syslog"), Net: "unixgram"})
	if err != nil {
		return err
	}
	defer l.Close()
	if err := unix.Unshare(unix.CLONE_FS | unix.CLONE_NEWNS); err != nil {
		return err
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return err
	}
	// The places where syslog is looked for, in their order.
	at := "/dev/log"
	if _, err := os.Stat(at); err != nil {
		at = "/var/run"
	}
	from := dir
	if at == "/dev/log" {
		from = filepath.Join(dir, "syslog")
	}
	if err := unix.Mount(from, at, "", unix.MS_BIND, ""); err != nil {
		return err
	}
	s, err := DialSyslog(facility)
	if err != nil {
		return err
	}
	if err := s.WriteLine(time.Now(), slog.LevelInfo, "Keepalived", "hello"); err != nil {
		return err
	}
	buf := make([]byte, 1000)
	if err := l.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
		return err
	}
	n, err := l.Read(buf)
	lines <- string(buf[:n])
	return err
}
