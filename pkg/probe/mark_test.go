package probe

import (
	"net"
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/health"
	"github.com/kactl/kactl/test/need"
)

// TestMark looks at the socket: every check that connects has it from there.
func TestMark(t *testing.T) {
	need.Root(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	to := netip.MustParseAddrPort(l.Addr().String())
	for _, mark := range []uint32{0, 5, 0xffffffff} {
		conn, err := dial(t.Context(), health.Check{Target: to, Mark: mark})
		if err != nil {
			t.Fatal(err)
		}
		raw, err := conn.(*net.TCPConn).SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		err = raw.Control(func(fd uintptr) {
			got, err := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_MARK)
			if err != nil || uint32(got) != mark {
				t.Errorf("mark %d, want %d; %v", got, mark, err)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		conn.Close()
	}
}
