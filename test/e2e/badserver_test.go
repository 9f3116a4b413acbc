package e2e

import (
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/kactl/kactl/test/lab"
)

// badServers is a service over one good real server and several that misbehave,
// each in its own way.
const badServers = `
virtual_server 203.0.113.16 80 {
    delay_loop 2
    lb_algo rr
    lb_kind DR
    protocol TCP
{{- range $i, $addr := .Data}}

    real_server {{$addr}} 80 {
        {{if lt $i 2}}TCP_CHECK{{else}}HTTP_GET{{end}} {
            {{- if ge $i 2}}
            url {
                path /
                status_code 200
            }
            {{- end}}
            connect_timeout 3
            retry 1
            delay_before_retry 1
        }
    }
{{- end}}
}
`

// TestBadServers is the table of real servers that a director must take out of
// its own accord, and survive.
func TestBadServers(t *testing.T) { lab.Story(testBadServers)(t) }

func testBadServers(t testing.TB) {
	vip := addr("203.0.113.16")
	l := lab.New(t)
	lan := l.Segment("lan")
	lb := l.Host("lb1", lan, "198.51.100.37/24")
	servers := []struct {
		name  string
		serve func(net.Conn) // nil: nobody listens
		says  string
	}{
		{"silence", func(net.Conn) {}, ""}, // its host is cut below
		{"refuses", nil, "TCP_CHECK on service [198.51.100.52]:tcp:80 failed"},
		{"never answers", func(c net.Conn) { time.Sleep(time.Minute) }, "HTTP_CHECK on service [198.51.100.53]:tcp:80 failed"},
		{"resets", func(c net.Conn) { _ = c.(*net.TCPConn).SetLinger(0) }, "HTTP_CHECK on service [198.51.100.54]:tcp:80 failed"},
		{"endless header", func(c net.Conn) {
			fmt.Fprint(c, "HTTP/1.0 200 OK\r\n")
			for n := 0; ; n++ {
				if _, err := fmt.Fprintf(c, "X-%d: %s\r\n", n, strings.Repeat("x", 1000)); err != nil {
					return
				}
			}
		}, "HTTP_CHECK on service [198.51.100.55]:tcp:80 failed"},
		{"no HTTP at all", func(c net.Conn) { fmt.Fprint(c, "SSH-2.0-OpenSSH\r\n") }, "HTTP_CHECK on service [198.51.100.56]:tcp:80 failed"},
	}
	var reals []string
	for i, s := range servers {
		a := fmt.Sprintf("198.51.100.%d", 51+i)
		reals = append(reals, a)
		h := l.Host(fmt.Sprintf("rs%d", i+1), lan, a+"/24")
		switch s.name {
		case "silence":
			h.Silence()
		case "refuses":
		default:
			serveBadly(t, h, s.serve)
		}
	}
	good := l.Host("good", lan, "198.51.100.90/24")
	good.TakeDR(vip)
	good.Serve(":80")
	reals = append(reals, "198.51.100.90")

	d := lb.Start(lab.Config{Text: badServers, Data: reals})
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(d.Dump())
		}
	})
	waitReals(t, lb, web(vip), 30*time.Second, "198.51.100.90")
	if d.Kind == lab.Kactl {
		for _, s := range servers {
			if s.says != "" {
				d.WaitLog(s.says, time.Second)
			}
		}
		before := descriptors(t, d)
		// Some rounds later it still has the good one alone, and has not grown.
		lab.Always(t, 6*time.Second, "the good one stays alone", func() bool { return len(lb.Reals(web(vip))) == 1 })
		// A probe that is under way has one, at either time.
		lab.Eventually(t, 5*time.Second, fmt.Sprintf("no more than %d descriptors", before), func() bool { return descriptors(t, d) <= before+2 })
	}
	d.Stop()
	if s := lb.Service(web(vip)); s != nil {
		t.Errorf("left behind: %+v", s)
	}
}

// serveBadly listens on port 80 and gives every connection to serve.
func serveBadly(t testing.TB, h *lab.Host, serve func(net.Conn)) {
	t.Helper()
	l, err := h.Listen(":80")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				serve(c)
			}()
		}
	}()
}

// descriptors counts what a director has open.
func descriptors(t testing.TB, d *lab.Director) int {
	t.Helper()
	pid, err := os.ReadFile(d.Dir + "/run/main.pid")
	if err != nil {
		t.Fatal(err)
	}
	fds, err := os.ReadDir("/proc/" + strings.TrimSpace(string(pid)) + "/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(fds)
}

// TestRestartAfterCrash has a director killed that was alone: what it left is
// taken over as it is, not written again and not doubled.
func TestRestartAfterCrash(t *testing.T) { lab.Story(testRestartAfterCrash)(t) }

func testRestartAfterCrash(t testing.TB) {
	c := newDRCluster(t, "203.0.113.16", [2]string{"198.51.100.37", "198.51.100.50"}, [2]string{"198.51.100.51", "198.51.100.53"})
	d := c.lb1.Start(lab.Config{Text: conf(t, "dr.conf"), Files: map[string]string{"notify.sh": notify},
		Data: drNode{"MASTER", 100, "198.51.100.37", "198.51.100.50"}})
	d.WaitLog("Entering MASTER STATE", 10*time.Second)
	waitReals(t, c.lb1, web(c.vip), 10*time.Second, "198.51.100.51", "198.51.100.53")
	lab.Eventually(t, 2*time.Second, "it has the address", func() bool { return c.lb1.HasAddr(c.vip) })
	d.Kill()
	if !c.lb1.HasAddr(c.vip) || c.lb1.Service(web(c.vip)) == nil {
		t.Fatal("nothing is left of the killed director, so nothing can be taken over")
	}
	restarted := time.Now()
	d.Restart()
	lab.Always(t, 3*time.Second, "the table stays as it was", func() bool { return len(c.lb1.Reals(web(c.vip))) == 2 })
	d.WaitLogSince(restarted, "Entering MASTER STATE", 10*time.Second)
	lab.Eventually(t, 2*time.Second, "it has the address again", func() bool { return c.lb1.HasAddr(c.vip) })
	n := 0
	for _, a := range c.lb1.Addrs() {
		if a == c.vip {
			n++
		}
	}
	if n != 1 {
		t.Errorf("the address is there %d times", n)
	}
	if n := d.CountLog(restarted, "ipvs: "); n != 0 {
		t.Errorf("%d writes to a table that was right already:\n%s", n, d.Dump())
	}
}
