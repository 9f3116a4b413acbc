package mail

import (
	"context"
	"fmt"
	"io"
	netmail "net/mail"
	"net/netip"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/test/lab"
)

// eximUser is who Debian's Exim works as.
const eximUser = "Debian-exim"

const eximConf = `
primary_hostname = mail.example.org
local_interfaces = 127.0.0.1
daemon_smtp_ports = 25
spool_directory = DIR/spool
log_file_path = DIR/spool/%slog
pid_file_path = DIR/spool/pid
tls_advertise_hosts =
keep_environment =
deliver_drop_privilege = true
acl_smtp_rcpt = take
begin acl
take:
  accept
begin routers
all:
  driver = accept
  transport = box
begin transports
box:
  driver = appendfile
  maildir_format
  directory = DIR/box
`

// A mailServer is Exim on a host, for the programs of that host.
type mailServer struct {
	t    *testing.T
	host *lab.Host
	dir  string
	seen map[string]bool // files
	cmd  *exec.Cmd
}

func startMailServer(t *testing.T, h *lab.Host) *mailServer {
	t.Helper()
	// Not below the test's own directory, which Exim may not enter.
	dir, err := os.MkdirTemp("", "kactl-mail-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	s := &mailServer{t: t, host: h, dir: dir, seen: map[string]bool{}}
	s.check(os.Chmod(dir, 0o755))
	s.check(os.WriteFile(filepath.Join(dir, "exim.conf"), []byte(strings.ReplaceAll(eximConf, "DIR", dir)), 0o644))
	who, err := user.Lookup(eximUser)
	s.check(err)
	uid, _ := strconv.Atoi(who.Uid)
	for _, sub := range []string{"spool", "box"} {
		s.check(os.Mkdir(filepath.Join(dir, sub), 0o755))
		s.check(os.Chown(filepath.Join(dir, sub), uid, -1))
	}
	s.start()
	t.Cleanup(s.stop)
	return s
}

func (s *mailServer) check(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *mailServer) start() {
	s.t.Helper()
	s.cmd = exec.Command("exim4", "-C", filepath.Join(s.dir, "exim.conf"), "-bdf")
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: unix.SIGKILL}
	s.check(s.host.Do(s.cmd.Start))
	lab.Eventually(s.t, limit, "Exim listens", func() bool {
		ctx, cancel := context.WithTimeout(s.t.Context(), time.Second)
		defer cancel()
		c, err := s.host.Dial(ctx, "tcp", netip.Addr{}, netip.MustParseAddrPort("127.0.0.1:25"))
		if err == nil {
			c.Close()
		}
		return err == nil
	})
}

func (s *mailServer) stop() {
	if s.cmd == nil {
		return
	}
	_ = unix.Kill(-s.cmd.Process.Pid, unix.SIGKILL)
	_ = s.cmd.Wait()
	s.cmd = nil
}

// A mail is one that has come.
type mail struct{ subject, body string }

// read returns the mails that have come since the last call.
func (s *mailServer) read() (mails []mail) {
	s.t.Helper()
	files, err := filepath.Glob(filepath.Join(s.dir, "box/new/*"))
	s.check(err)
	for _, name := range files {
		if s.seen[name] {
			continue
		}
		s.seen[name] = true
		f, err := os.Open(name)
		s.check(err)
		m, err := netmail.ReadMessage(f)
		if err != nil {
			s.t.Fatalf("%s: %v", name, err)
		}
		body, err := io.ReadAll(m.Body)
		s.check(err)
		f.Close()
		for field, want := range map[string]string{"From": "lb@example.net", "To": "ops@example.org"} {
			if got := strings.Trim(m.Header.Get(field), "<>"); got != want {
				s.t.Errorf("%s: %q, want %q", field, got, want)
			}
		}
		if at, err := m.Header.Date(); err != nil || time.Since(at).Abs() > 10*time.Minute {
			s.t.Errorf("the date is %v: %v", at, err)
		}
		mails = append(mails, mail{m.Header.Get("Subject"), string(body)})
	}
	return mails
}

// news returns the mails that have come since the last call, sorted: subject and
// first line.
func (s *mailServer) news() (mails []string) {
	s.t.Helper()
	for _, m := range s.read() {
		first, _, _ := strings.Cut(m.body, "\n")
		mails = append(mails, fmt.Sprintf("%s | %s", m.subject, strings.TrimSpace(first)))
	}
	slices.Sort(mails)
	return mails
}

// expect waits for these mails and no others.
func (s *mailServer) expect(what string, want ...string) {
	s.t.Helper()
	slices.Sort(want)
	var got []string
	lab.Eventually(s.t, limit, what+": "+strings.Join(want, ", "), func() bool {
		got = append(got, s.news()...)
		return len(got) >= len(want)
	})
	slices.Sort(got)
	if !slices.Equal(got, want) {
		s.t.Errorf("%s:\n got %s\nwant %s", what, strings.Join(got, "\n     "), strings.Join(want, "\n     "))
	}
}
