package lab

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"testing"

	"github.com/kactl/kactl/test/need"
)

// TestClientAsksAgain has a server that tears its second connection: the client
// asks all of its questions again. A refusal it takes for an answer.
func TestClientAsksAgain(t *testing.T) {
	need.Root(t)
	r := &recorder{T: t}
	l := New(r)
	lan := l.Segment("lan")
	server := l.Host("server", lan, "198.51.100.1/24")
	sources := Addresses("198.51.100.11", 3)
	client := l.Host("client", lan, WithBits(sources, 24)...)
	listener, err := server.Listen(":80")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		for n := 1; ; n++ {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			answer(c.(*net.TCPConn), n)
		}
	}()
	to := netip.MustParseAddrPort("198.51.100.1:80")
	if got := client.GetFrom(to, sources); !slices.Equal(got, []string{"3", "4", "5"}) {
		t.Errorf("the answers are those to the requests %v, want a round that is whole: 3, 4, 5", got)
	}
	listener.Close()
	r.run(func() { client.GetFrom(to, sources) })
	if len(r.failed) != 1 {
		t.Errorf("%d of 1 refusals ended the test", len(r.failed))
	}
}

// answer answers the nth request with its number, but for the second.
func answer(c *net.TCPConn, n int) {
	defer c.Close()
	if _, err := http.ReadRequest(bufio.NewReader(c)); err != nil {
		return
	}
	if n == 2 {
		_ = c.SetLinger(0)
		return
	}
	fmt.Fprintf(c, "HTTP/1.0 200 OK\r\n\r\n%d\n", n)
}
