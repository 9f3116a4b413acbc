package probe_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/health"
)

// lateVar has the servers that the process which is stopped is to check.
const lateVar = "KACTL_TEST_LATE"

// lateTimeout is that of each of its checks.
const lateTimeout = 2 * time.Second

// TestStopped stops a process while it checks servers, until their time-outs are
// over: that says nothing about them, whether they have answered meanwhile or not.
func TestStopped(t *testing.T) {
	if servers := os.Getenv(lateVar); servers != "" {
		checkAll(strings.Fields(servers))
		return
	}
	silent := serve(t, func(c *net.TCPConn, _ string) { untilClosed(c) })
	answers := serve(t, func(c *net.TCPConn, _ string) {
		time.Sleep(lateTimeout / 2) // it is stopped by then
		io.WriteString(c, "HTTP/1.0 200 OK\r\n\r\n")
	})
	servers := fmt.Sprintf("TCP=%s HTTP=%s HTTP=%s SSL=%s", full(t), silent.addr, answers.addr, silent.addr)
	var out string
	for range 5 { // it may have ended before it is stopped, where this one does not run in time
		if out = stopped(t, servers); strings.Count(out, "trouble\n") == len(strings.Fields(servers)) {
			return
		}
	}
	t.Errorf("it says\n%s", out)
}

// stopped returns what the process says that is stopped while it checks servers.
func stopped(t *testing.T, servers string) string {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestStopped$")
	cmd.Env = append(os.Environ(), lateVar+"="+servers)
	pipe, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	out := bufio.NewReader(pipe)
	_, begun := out.ReadString('\n')
	time.Sleep(lateTimeout / 10) // its connections are there
	stop := cmd.Process.Signal(unix.SIGSTOP)
	time.Sleep(lateTimeout + time.Second)
	err = errors.Join(begun, stop, cmd.Process.Signal(unix.SIGCONT))
	text, err1 := io.ReadAll(out)
	if err := errors.Join(err, err1, cmd.Wait()); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return string(text)
}

var kinds = map[string]health.Kind{"TCP": health.TCP, "HTTP": health.HTTP, "SSL": health.SSL}

// checkAll is the process that is stopped.
func checkAll(servers []string) {
	fmt.Println("begins")
	var all sync.WaitGroup
	for _, s := range servers {
		kind, addr, _ := strings.Cut(s, "=")
		c := check(kinds[kind], netip.MustParseAddrPort(addr), health.URL{Path: "/"})
		c.Timeout = lateTimeout
		all.Go(func() {
			err := run(c)
			if isTrouble(err) {
				fmt.Println("trouble")
				return
			}
			fmt.Printf("%s: %v\n", s, err)
		})
	}
	all.Wait()
}

// full returns the address of a server that accepts no more connections.
func full(t *testing.T) netip.AddrPort {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	if err := errors.Join(unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}), unix.Listen(fd, 0)); err != nil {
		t.Fatal(err)
	}
	sa, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	addr := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(sa.(*unix.SockaddrInet4).Port))
	for {
		conn, err := net.DialTimeout("tcp", addr.String(), 500*time.Millisecond)
		if err != nil {
			return addr
		}
		t.Cleanup(func() { conn.Close() })
	}
}
