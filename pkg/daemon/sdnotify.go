package daemon

import (
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// notifySocket names the socket in the environment.
const notifySocket = "NOTIFY_SOCKET"

// A manager is the service manager that started the daemon: systemd, or what
// else speaks sd_notify(3). The zero value is none, and telling it costs
// nothing.
type manager struct{ conn net.Conn }

// openManager connects to the one that the environment names, and takes it out
// of the environment: what a script says there would be taken for ours.
func openManager() (manager, error) {
	name := os.Getenv(notifySocket)
	if name == "" {
		return manager{}, nil
	}
	if err := os.Unsetenv(notifySocket); err != nil {
		return manager{}, fmt.Errorf("unset %s: %w", notifySocket, err)
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		return manager{}, fmt.Errorf("reach the service manager: %w", err)
	}
	return manager{conn}, nil
}

// ready says that the daemon works, after a start or a reload, and in one line
// on what.
func (m manager) ready(status string) error { return m.tell("READY=1", "STATUS="+status) }

// reloading says that a reload begins; ready says that it has ended. The time
// tells systemd's Type=notify-reload which of its signals it belongs to.
func (m manager) reloading() error {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		return fmt.Errorf("read the clock: %w", err)
	}
	return m.tell("RELOADING=1", fmt.Sprintf("MONOTONIC_USEC=%d", now.Nano()/1000), "STATUS=Reloading")
}

// status says in one line how the daemon fares.
func (m manager) status(text string) error { return m.tell("STATUS=" + text) }

// stopping says that the daemon is about to end.
func (m manager) stopping() error { return m.tell("STOPPING=1", "STATUS=Stopping") }

// tell sends assignments in one message.
func (m manager) tell(lines ...string) error {
	if m.conn == nil {
		return nil
	}
	// The service manager may not read; the caller must not wait for it.
	if err := m.conn.SetWriteDeadline(time.Now().Add(time.Second)); err != nil {
		return fmt.Errorf("tell the service manager: %w", err)
	}
	if _, err := m.conn.Write([]byte(strings.Join(lines, "\n"))); err != nil {
		return fmt.Errorf("tell the service manager: %w", err)
	}
	return nil
}

func (m manager) close() {
	if m.conn != nil {
		m.conn.Close()
	}
}
