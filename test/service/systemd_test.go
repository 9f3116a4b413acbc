package service

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/test/lab"
)

const vrrp = 112 // the IP protocol

// A manager is the service manager's end of NOTIFY_SOCKET.
type manager struct {
	path string
	conn *net.UnixConn
}

func newManager(t *testing.T) *manager {
	t.Helper()
	path := filepath.Join(t.TempDir(), "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &manager{path, conn}
}

// next is the next message, by variable.
func (m *manager) next(t *testing.T) map[string]string {
	t.Helper()
	if err := m.conn.SetReadDeadline(time.Now().Add(lab.Slack)); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 4096)
	n, err := m.conn.Read(b)
	if err != nil {
		t.Fatalf("no message: %v", err)
	}
	vars := map[string]string{}
	for line := range strings.SplitSeq(string(b[:n]), "\n") {
		name, value, ok := strings.Cut(line, "=")
		if !ok || vars[name] != "" {
			t.Fatalf("message %q", b[:n])
		}
		vars[name] = value
	}
	return vars
}

// nothing demands that no message waits.
func (m *manager) nothing(t *testing.T, when string) {
	t.Helper()
	if err := m.conn.SetReadDeadline(time.Now()); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 4096)
	if n, err := m.conn.Read(b); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("%s: %q, %v", when, b[:n], err)
	}
}

// TestSystemd is the life of a service with Type=notify-reload.
func TestSystemd(t *testing.T) {
	t.Parallel()
	l := lab.New(t)
	h := l.Host("lb1", l.Segment("lan"), "203.0.113.2/24")
	m := newManager(t)
	d := h.Start(lab.Config{Kind: lab.Kactl, Text: conf, Files: map[string]string{
		"check.sh":  "#!/bin/sh\nexit 0\n",
		"notify.sh": "#!/bin/sh\necho \"$3 socket:$NOTIFY_SOCKET\" >>{{.Dir}}/notified\n",
	}, Env: []string{"NOTIFY_SOCKET=" + m.path}})
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the log:\n%s", d.Dump())
		}
	})

	ready := m.next(t)
	if ready["READY"] != "1" || ready["STATUS"] != "Running 1 virtual router, 0 virtual servers" {
		t.Errorf("at the start: %v", ready)
	}
	if !rawSocket(t, h, vrrp) {
		t.Error("it says that it is ready before it has a socket for VRRP")
	}

	reload := func(status string) {
		t.Helper()
		m.nothing(t, "before a reload")
		from := monotonic(t)
		d.Reload()
		begins := m.next(t)
		usec, err := strconv.ParseInt(begins["MONOTONIC_USEC"], 10, 64)
		if err != nil || begins["RELOADING"] != "1" || usec < from || usec > monotonic(t) {
			t.Errorf("a reload at %d begins with %v", from, begins)
		}
		if ends := m.next(t); ends["READY"] != "1" || !strings.Contains(ends["STATUS"], status) {
			t.Errorf("a reload ends with %v, want %q", ends, status)
		}
	}
	reload("Running 1 virtual router")
	d.Configure(strings.Replace(conf, "virtual_router_id 51", "virtual_router_id", 1), nil)
	reload("stays in force")
	d.Configure("", nil)
	reload("Running 0 virtual routers")
	d.Configure(conf, nil)
	reload("Running 1 virtual router")
	d.WaitLog("Entering MASTER STATE", 10*time.Second)

	m.nothing(t, "before the stop")
	d.Stop()
	if got := m.next(t); got["STOPPING"] != "1" {
		t.Errorf("at the end: %v", got)
	}
	m.nothing(t, "after the stop")

	told, err := os.ReadFile(filepath.Join(d.Dir, "notified"))
	if err != nil || !strings.Contains(string(told), "MASTER") {
		t.Fatalf("the script was told %q, %v", told, err)
	}
	if strings.Contains(string(told), m.path) {
		t.Errorf("scripts are given the service manager's socket: %q", told)
	}
}

// TestNoInterfaceIsReady has an interface without carrier: an instance in fault
// is no reason for systemd to give the service up.
func TestNoInterfaceIsReady(t *testing.T) {
	t.Parallel()
	l := lab.New(t)
	h := l.Host("lb1", l.Segment("lan"), "203.0.113.2/24")
	h.Cut()
	m := newManager(t)
	d := h.Start(lab.Config{Kind: lab.Kactl, Text: conf, Files: map[string]string{
		"check.sh": "#!/bin/sh\nexit 0\n", "notify.sh": "#!/bin/sh\n",
	}, Env: []string{"NOTIFY_SOCKET=" + m.path}})
	if got := m.next(t); got["READY"] != "1" {
		t.Errorf("%v", got)
	}
	d.WaitLog("Entering FAULT STATE", 5*time.Second)
}

func monotonic(t *testing.T) int64 {
	t.Helper()
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		t.Fatal(err)
	}
	return now.Nano() / 1000
}

// rawSocket tells whether the host has a raw socket of a protocol.
func rawSocket(t *testing.T, h *lab.Host, protocol int64) bool {
	t.Helper()
	var text []byte
	if err := h.Do(func() (err error) {
		text, err = os.ReadFile("/proc/thread-self/net/raw")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line)
		if len(f) < 2 {
			continue
		}
		_, port, _ := strings.Cut(f[1], ":")
		if n, err := strconv.ParseInt(port, 16, 64); err == nil && n == protocol {
			return true
		}
	}
	return false
}
