package notify

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A mail whose content is refused is ended: the next one is none within it.
func TestSMTPAfterARefusedMail(t *testing.T) {
	for _, test := range []struct {
		name, command, answer string
	}{
		{"sender", "MAIL FROM:<lb1@example.net>", "550 not you"},
		{"recipient", "RCPT TO:<ops@example.org>", "550 who"},
		{"content", "DATA", "554 no"},
		{"content, too large", "DATA", "552 too much"},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := smtpServer{answer: func(line string, n int) string {
				if line == test.command && n == 1 {
					return test.answer
				}
				return ""
			}}
			s := server.listen(t)
			s.To = s.To[:1]
			done, refused, err := smtpSender{}.send(t.Context(), s, []message{{"one", "1\r\n", noon, nil}, {"two", "2\r\n", noon, nil}})
			if done != 2 || len(refused) != 1 || err != nil || !strings.Contains(refused[0].Error(), test.answer[:3]) {
				t.Errorf("done %d, refused %v, error %v", done, refused, err)
			}
			if diff := cmp.Diff([]string{"| 2"}, server.said("| 1", "| 2")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Where a refused mail cannot be ended, the next one waits for another connection.
func TestSMTPNoReset(t *testing.T) {
	server := smtpServer{answers: map[string]string{"DATA": "554 no", "RSET": "500 what"}}
	s := server.listen(t)
	done, refused, err := smtpSender{}.send(t.Context(), s, []message{{"one", "1\r\n", noon, nil}, {"two", "2\r\n", noon, nil}})
	if done != 1 || len(refused) != 1 || err == nil {
		t.Errorf("done %d, refused %v, error %v", done, refused, err)
	}
}

// A connection that is lost is no refusal: the mail is sent again, to those who do not
// have it.
func TestSMTPLost(t *testing.T) {
	const ops, second, third = "ops@example.org", "second@example.org", "third@example.org"
	rcpt := func(to string) string { return "RCPT TO:<" + to + ">" }
	type answers map[string]string // by command and how often it came
	for _, test := range []struct {
		name    string
		answers answers
		rest    []string // nil is all
		lists   []string // in the mails that were taken, with the second attempt
	}{
		{"sender", answers{"MAIL FROM:<lb1@example.net> 1": hangUp}, nil, []string{ops, second, third}},
		{"sender, closing", answers{"MAIL FROM:<lb1@example.net> 1": "421 bye"}, nil, []string{ops, second, third}},
		{"first recipient", answers{rcpt(ops) + " 1": hangUp}, nil, []string{ops, second, third}},
		{"last recipient", answers{rcpt(third) + " 1": hangUp}, nil, []string{ops, second, third}},
		{"a recipient after a refused one", answers{rcpt(ops) + " 1": "550 who", rcpt(second) + " 1": hangUp}, nil, []string{ops, second, third}},
		{"content", answers{"DATA 1": hangUp}, nil, []string{ops, second, third}},
		{"between recipients", answers{rcpt(second) + " 1": "550 who", rcpt(second) + " 2": hangUp}, []string{second, third}, []string{ops, second, third}},
		{"between recipients, closing", answers{rcpt(second) + " 1": "550 who", rcpt(second) + " 2": "421 bye"}, []string{second, third}, []string{ops, second, third}},
		{"before the last recipient", answers{rcpt(second) + " 1": "550 who", rcpt(second) + " 2": "550 who", rcpt(third) + " 2": hangUp}, []string{third}, []string{ops, third}},
		{"before the first of them", answers{rcpt(second) + " 1": "550 who", rcpt(ops) + " 2": hangUp}, nil, []string{ops, second, third}},
		{"content, to one of them", answers{rcpt(second) + " 1": "550 who", "DATA 2": hangUp}, []string{second, third}, []string{ops, second, third}},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := smtpServer{answer: func(line string, n int) string { return test.answers[fmt.Sprintf("%s %d", line, n)] }}
			s := server.listen(t)
			s.To = []string{ops, second, third}
			mails := []message{{"one", "1\r\n", noon, nil}}
			done, refused, err := smtpSender{}.send(t.Context(), s, mails)
			if done != 0 || len(refused) != 0 || err == nil {
				t.Fatalf("done %d, refused %v, error %v", done, refused, err)
			}
			if diff := cmp.Diff(test.rest, mails[0].to); diff != "" {
				t.Errorf("who does not have it: %s", diff)
			}
			if done, _, err := (smtpSender{}).send(t.Context(), s, mails); done != 1 || err != nil {
				t.Errorf("the second time: done %d, error %v", done, err)
			}
			if diff := cmp.Diff(test.lists, server.delivered()); diff != "" {
				t.Errorf("delivered: %s", diff)
			}
		})
	}
}

// delivered returns the recipients of all mails that were taken.
func (s *smtpServer) delivered() (all []string) {
	var to []string
	for _, l := range s.said("MAIL", "RCPT", "| .") {
		switch {
		case l == "| .":
			all = append(all, to...)
		case strings.HasPrefix(l, "MAIL"):
			to = nil
		default:
			to = append(to, strings.TrimSuffix(strings.TrimPrefix(l, "RCPT TO:<"), ">"))
		}
	}
	return all
}
