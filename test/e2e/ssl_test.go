package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/md5"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/test/lab"
)

// nginxConf has two virtual hosts, the first with a certificate that has expired,
// and gives up handshakes that name none that it knows.
const nginxConf = `
daemon off; master_process off; pid nginx.pid; error_log error.log;
events {}
http {
	client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3; uwsgi_temp_path t4; scgi_temp_path t5;
	log_format names '$remote_addr name=$ssl_server_name host=$http_host connection=$http_connection $request $status';
	access_log access.log names;
	server { listen 443 ssl default_server; ssl_reject_handshake on; }
	server { listen 443 ssl; server_name a.example; root a; ssl_certificate expired.pem; ssl_certificate_key expired.pem; }
	server { listen 443 ssl; server_name b.example check.example service.example; root b; ssl_certificate fine.pem; ssl_certificate_key fine.pem; }
}
`

// An nginx runs on a host.
type nginx struct {
	t    testing.TB
	host *lab.Host
	dir  string
	cmd  *exec.Cmd
}

func newNginx(t testing.TB, l *lab.Lab, h *lab.Host) *nginx {
	t.Helper()
	n := &nginx{t: t, host: h}
	n.dir = filepath.Dir(l.WriteFile(h.Name+"/nginx.conf", nginxConf))
	l.WriteFile(h.Name+"/expired.pem", certificate(t, "a.example", time.Now().Add(-time.Hour)))
	l.WriteFile(h.Name+"/fine.pem", certificate(t, "b.example", time.Now().Add(time.Hour)))
	n.write("a/index.html", "page a\n")
	n.start()
	t.Cleanup(n.kill)
	return n
}

func (n *nginx) write(name, text string) {
	n.t.Helper()
	path := filepath.Join(n.dir, name)
	err := os.MkdirAll(filepath.Dir(path), 0o755)
	if err == nil {
		err = os.WriteFile(path, []byte(text), 0o644)
	}
	if err != nil {
		n.t.Fatal(err)
	}
}

func (n *nginx) start() {
	n.t.Helper()
	n.cmd = exec.Command("nginx", "-p", n.dir, "-c", filepath.Join(n.dir, "nginx.conf"), "-e", filepath.Join(n.dir, "error.log"))
	n.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: unix.SIGKILL}
	if err := n.host.Do(n.cmd.Start); err != nil {
		n.t.Fatal(err)
	}
}

func (n *nginx) kill() {
	_ = n.cmd.Process.Kill()
	_ = n.cmd.Wait()
}

func (n *nginx) signal(s os.Signal) {
	n.t.Helper()
	if err := n.cmd.Process.Signal(s); err != nil {
		n.t.Fatal(err)
	}
}

// asked are the kinds of requests that came from a host, each once.
func (n *nginx) asked(from string) []string {
	n.t.Helper()
	text, err := os.ReadFile(filepath.Join(n.dir, "access.log"))
	if err != nil {
		n.t.Fatal(err)
	}
	var out []string
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), from+" "); ok {
			out = append(out, rest)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// certificate is one of a name until a time, with its key.
func certificate(t testing.TB, name string, until time.Time) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: until.Add(-24 * time.Hour), NotAfter: until}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})) +
		string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}))
}

// TestSSLGet has nginx on two real servers and a director of each kind that
// watches them, with one configuration: they ask for the same, and their tables
// have the same servers.
func TestSSLGet(t *testing.T) { lab.Story(testSSLGet)(t) }

func testSSLGet(t testing.TB) {
	l := lab.New(t)
	net := l.Segment("lan")
	reals := []string{"198.51.100.51", "198.51.100.53"}
	var servers []*nginx
	for i, r := range reals {
		servers = append(servers, newNginx(t, l, l.Host(fmt.Sprintf("rs%d", i+1), net, r+"/24")))
	}
	var hosts []*lab.Host
	var directors []*lab.Director
	address := map[*lab.Host]string{}
	for i, kind := range []lab.Kind{lab.DefaultKind(), lab.Keepalived} {
		own := fmt.Sprintf("198.51.100.%d", 37+i)
		h := l.Host(fmt.Sprintf("lb%d", i+1), net, own+"/24")
		address[h] = own
		d := h.Start(lab.Config{Kind: kind, Text: conf(t, "ssl.conf"), Data: struct {
			Reals  []string
			Digest string
		}{reals, fmt.Sprintf("%x", md5.Sum([]byte("page a\n")))}})
		hosts, directors = append(hosts, h), append(directors, d)
		t.Cleanup(func() {
			if t.Failed() {
				t.Logf("%s, %s:\n%s", h.Name, kind, d.Dump())
			}
		})
	}
	balances := func(what string, port uint16, want ...string) {
		t.Helper()
		for _, h := range hosts {
			t.Logf("%s, port %d: %s after %v", what, port, h.Name,
				waitReals(t, h, netip.AddrPortFrom(addr("203.0.113.16"), port), 30*time.Second, want...))
		}
	}

	balances("two virtual hosts, one with an expired certificate", 443, reals...)
	balances("names of the service and of the check", 444, reals[0])
	balances("no name", 445)
	want := []string{
		"name=a.example host=a.example connection=- GET / HTTP/1.0 200",
		"name=b.example host=b.example connection=- GET /b HTTP/1.0 404",
		"name=check.example host=check.example connection=close GET /check HTTP/1.1 404",
		"name=service.example host=server.example connection=close GET /outer HTTP/1.0 404",
	}
	for _, h := range hosts {
		var got []string
		// A server is up before it has been asked for every page.
		if !lab.Within(lab.Slack, func() bool { got = servers[0].asked(address[h]); return cmp.Equal(want, got) }) {
			t.Errorf("%s asks (-want +got):\n%s", h.Name, cmp.Diff(want, got))
		}
	}

	rs2 := servers[1]
	rs2.write("a/index.html", "another page\n")
	balances("another digest", 443, reals[0])
	rs2.write("a/index.html", "page a\n")
	balances("the digest again", 443, reals...)

	rs2.kill()
	balances("down", 443, reals[0])
	rs2.start()
	balances("up", 443, reals...)
	for _, d := range directors {
		d.WaitLog("Remote Web server [198.51.100.53]:tcp:443 succeed on service.", 0)
		d.WaitLog("HTTP_CHECK on service [198.51.100.53]:tcp:443 failed after 1 retries.", 0)
	}

	// Connections are accepted by the kernel, and nobody shakes hands.
	rs2.signal(unix.SIGSTOP)
	balances("slow", 443, reals[0])
	rs2.signal(unix.SIGCONT)
	balances("up again", 443, reals...)
}
