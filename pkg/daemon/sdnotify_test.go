package daemon

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestManager(t *testing.T) {
	for _, name := range []string{
		filepath.Join(t.TempDir(), "notify"),
		fmt.Sprintf("@kactl-test-%d", os.Getpid()), // abstract, as systemd --user has it
	} {
		conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		t.Setenv(notifySocket, name)
		m, err := openManager()
		if err != nil {
			t.Fatal(err)
		}
		defer m.close()
		if v, ok := os.LookupEnv(notifySocket); ok {
			t.Errorf("%s is still %q", notifySocket, v)
		}
		if err := m.ready("Running 1 virtual router"); err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 1000)
		n, err := conn.Read(b)
		if got, want := string(b[:n]), "READY=1\nSTATUS=Running 1 virtual router"; err != nil || got != want {
			t.Errorf("%s: %q, %v; want %q", name, got, err, want)
		}
		// One that has gone is an error to log, and no more.
		conn.Close()
		if err := m.stopping(); err == nil || !strings.Contains(err.Error(), "service manager") {
			t.Errorf("%s: nobody listens: %v", name, err)
		}
	}
}

func TestNoManager(t *testing.T) {
	m, err := openManager()
	if err != nil {
		t.Fatal(err)
	}
	if err := m.reloading(); err != nil {
		t.Error(err)
	}
	m.close()
	t.Setenv(notifySocket, filepath.Join(t.TempDir(), "nobody"))
	if m, err := openManager(); err == nil {
		t.Error("a socket that is not there is no error")
	} else if err := m.ready("and telling is harmless"); err != nil {
		t.Error(err)
	}
}
