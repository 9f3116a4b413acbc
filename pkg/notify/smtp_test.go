package notify

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// An smtpServer is a small one. It answers a command, by its start, with what
// answers says, and else well.
type smtpServer struct {
	answers map[string]string
	silent  string // says nothing to this command any more
	// answer is asked first, with a command and how often that came: empty is no
	// answer of its own, and hangUp ends the connection.
	answer func(line string, n int) string

	mu    sync.Mutex
	lines []string
}

func (s *smtpServer) listen(t *testing.T) MailSettings {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	t.Cleanup(serving.Wait)
	t.Cleanup(func() { l.Close() })
	serving.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer c.Close()
				s.serve(c)
			})
		}
	})
	addr := l.Addr().(*net.TCPAddr)
	return MailSettings{
		To: []string{"ops@example.org", "second@example.org"}, From: "lb1@example.net", Server: addr.IP.String(), Port: uint16(addr.Port),
		Timeout: 10 * time.Second, RouterID: "LB", Hello: "lb1.example.net",
	}
}

const hangUp = "hang up"

func (s *smtpServer) serve(c net.Conn) {
	open := false // a mail
	r := bufio.NewReader(c)
	say := func(text string) { fmt.Fprintf(c, "%s\r\n", text) }
	if s.silent != "connect" {
		say("220 test")
	}
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		s.mu.Lock()
		s.lines = append(s.lines, line)
		n := 0
		for _, l := range s.lines {
			if l == line {
				n++
			}
		}
		s.mu.Unlock()
		answer := "250 ok"
		switch {
		case s.silent != "" && strings.HasPrefix(line, s.silent):
			continue
		case line == "QUIT":
			say("221 bye")
			return
		}
		for start, a := range s.answers {
			if strings.HasPrefix(line, start) {
				answer = a
			}
		}
		if s.answer != nil {
			if a := s.answer(line, n); a != "" {
				answer = a
			}
		}
		switch {
		case answer == hangUp:
			return
		case strings.HasPrefix(line, "MAIL") && open:
			answer = "503 nested MAIL"
		case strings.HasPrefix(line, "MAIL"):
			open = answer == "250 ok"
		case line == "RSET" && answer == "250 ok":
			open = false
		}
		if line == "DATA" && answer == "250 ok" {
			say("354 go on")
			for line != "." {
				if line, err = r.ReadString('\n'); err != nil {
					return
				}
				line = strings.TrimRight(line, "\r\n")
				s.mu.Lock()
				s.lines = append(s.lines, "| "+line)
				s.mu.Unlock()
			}
			open = false
		}
		say(answer)
	}
}

// said returns the lines that start as one of these does.
func (s *smtpServer) said(starts ...string) (lines []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.lines {
		for _, start := range starts {
			if strings.HasPrefix(l, start) {
				lines = append(lines, l)
			}
		}
	}
	return lines
}

var dialogue = []string{"EHLO", "HELO", "MAIL", "RCPT", "DATA", "| ", "QUIT"}

func TestSMTP(t *testing.T) {
	var server smtpServer
	s := server.listen(t)
	long := strings.Repeat("long ", 40) + "end"
	done, refused, err := smtpSender{}.send(t.Context(), s, []message{
		{"[LB] " + long, "=> one <=\r\n\r\n", noon, nil},
		{"[LB] forged\r\nBcc: x@example.org", "two\r\n", noon, nil},
	})
	if done != 2 || len(refused) > 0 || err != nil {
		t.Fatal(done, refused, err)
	}
	server.mu.Lock()
	for n, l := range server.lines {
		if strings.HasPrefix(l, "| Message-ID: ") {
			server.lines[n] = "| Message-ID"
		}
	}
	server.mu.Unlock()
	head := func(subject, body string) []string {
		return []string{
			"MAIL FROM:<lb1@example.net>", "RCPT TO:<ops@example.org>", "RCPT TO:<second@example.org>", "DATA",
			"| Content-Transfer-Encoding: 8bit", "| Content-Type: text/plain; charset=UTF-8", "| Date: Fri, 02 Jan 2026 12:00:00 +0000",
			"| From: <lb1@example.net>", "| MIME-Version: 1.0", "| Message-ID", "| Subject: [LB] " + subject,
			"| To: <ops@example.org>, <second@example.org>", "| User-Agent: kactl", "| X-Mailer: kactl", "| ", "| " + body, "| .",
		}
	}
	got := server.said(dialogue...)
	for _, want := range [][]string{{"EHLO lb1.example.net"}, head(long, "=> one <="), head(`forged\r\nBcc: x@example.org`, "two")} {
		for _, line := range want {
			found := false
			for _, l := range got {
				found = found || l == line
			}
			if !found {
				t.Errorf("the server did not get %q", line)
			}
		}
	}
	if t.Failed() {
		t.Logf("it got:\n%s", strings.Join(got, "\n"))
	}
	for _, l := range got {
		if strings.HasPrefix(l, "| Bcc") {
			t.Errorf("the mail has the line %q", l)
		}
	}
}

// What a configuration leaves out is this machine's name, and addresses without a
// domain are this machine's.
func TestSMTPDefaults(t *testing.T) {
	server := smtpServer{answers: map[string]string{"EHLO": "502 too new"}}
	s := server.listen(t)
	s.From, s.Hello, s.RouterID, s.To = "", "", "", []string{"root"}
	m := s.single(letter{what: "x"})
	if done, refused, err := (smtpSender{}).send(t.Context(), s, []message{m}); done != 1 || len(refused) > 0 || err != nil {
		t.Fatal(done, refused, err)
	}
	host := hostName()
	want := []string{"HELO " + host, "MAIL FROM:<root@" + host + ">", "RCPT TO:<root@" + host + ">", "| Subject: [" + host + "] x"}
	if diff := cmp.Diff(want, server.said("HELO", "MAIL", "RCPT", "| Subject")); diff != "" {
		t.Error(diff)
	}
}

func TestDomain(t *testing.T) {
	for name, want := range map[string]bool{"vm": true, "lb1.example.org": true, "(none)": false, "": false, "a b": false, "x_y": false, "192.0.2.1": true} {
		if got := domain(name); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
}

func TestSMTPRefusals(t *testing.T) {
	for _, test := range []struct {
		name    string
		answers map[string]string
		done    int
		refused int
		err     string
		data    int // mails that were taken
	}{
		{"sender", map[string]string{"MAIL": "550 not you"}, 2, 2, "", 0},
		{"sender for now", map[string]string{"MAIL": "450 later"}, 0, 0, "450", 0},
		{"one recipient", map[string]string{"RCPT TO:<second": "550 who"}, 2, 2, "", 2},
		{"all recipients", map[string]string{"RCPT": "550 who"}, 2, 2, "", 0},
		{"all recipients for now", map[string]string{"RCPT": "451 greylisted"}, 0, 0, "451", 0},
		{"one recipient for now", map[string]string{"RCPT TO:<second": "451 greylisted"}, 2, 2, "", 2},
		{"content", map[string]string{"DATA": "554 no"}, 2, 2, "", 0},
		{"full", map[string]string{"DATA": "452 full"}, 0, 0, "452", 0},
		{"reset", map[string]string{"RSET": "500 what"}, 2, 0, "", 2}, // each was taken before that
		{"busy", map[string]string{"EHLO": "421 busy", "HELO": "421 busy"}, 0, 0, "421", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := smtpServer{answers: test.answers}
			s := server.listen(t)
			done, refused, err := smtpSender{}.send(t.Context(), s, []message{{"one", "1\r\n", noon, nil}, {"two", "2\r\n", noon, nil}})
			if done != test.done || len(refused) != test.refused || (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
				t.Errorf("done %d, refused %v, error %v", done, refused, err)
			}
			if n := len(server.said("| .")); n != test.data {
				t.Errorf("%d mails were taken, want %d", n, test.data)
			}
		})
	}
}

// A server that says nothing any more is given up by the time-out, or when the
// context ends.
func TestSMTPSilence(t *testing.T) {
	for _, at := range []string{"connect", "EHLO", "MAIL", "RCPT", "DATA"} {
		for name, test := range map[string]struct{ timeout, ctx time.Duration }{
			"time-out": {200 * time.Millisecond, time.Hour}, "context": {time.Hour, 200 * time.Millisecond},
		} {
			t.Run(at+" "+name, func(t *testing.T) {
				t.Parallel()
				server := smtpServer{silent: at}
				s := server.listen(t)
				s.Timeout = test.timeout
				ctx, cancel := context.WithTimeout(t.Context(), test.ctx)
				defer cancel()
				done, refused, err := smtpSender{}.send(ctx, s, []message{{"one", "1\r\n", noon, nil}})
				if done != 0 || len(refused) != 0 || err == nil {
					t.Errorf("done %d, refused %v, error %v", done, refused, err)
				}
			})
		}
	}
}

func TestSMTPNobody(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().(*net.TCPAddr)
	l.Close()
	s := MailSettings{To: []string{"a@b.c"}, Server: "127.0.0.1", Port: uint16(addr.Port), Timeout: time.Second}
	if _, _, err := (smtpSender{}).send(t.Context(), s, []message{{"one", "1", noon, nil}}); err == nil || !strings.Contains(err.Error(), "send mail to 127.0.0.1 port") {
		t.Errorf("got %v", err)
	}
}

// An address that is none is refused, and no reason to try again.
func TestSMTPBadAddress(t *testing.T) {
	var server smtpServer
	s := server.listen(t)
	s.To = []string{"not an address@@"}
	if done, refused, err := (smtpSender{}).send(t.Context(), s, []message{{"one", "1", noon, nil}}); done != 1 || len(refused) != 1 || err != nil {
		t.Errorf("done %d, refused %v, error %v", done, refused, err)
	}
}
