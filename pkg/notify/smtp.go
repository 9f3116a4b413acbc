package notify

import (
	"context"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"os"
	"strings"

	"github.com/wneessen/go-mail"

	"github.com/kactl/kactl/pkg/escape"
)

// smtpSender sends mails over SMTP, without encryption and without a login, as
// keepalived does: the server is this machine's, or one that relays for it.
type smtpSender struct{}

func (smtpSender) send(ctx context.Context, s MailSettings, mails []message) (done int, refused []error, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("send mail to %s port %d: %w", s.Server, s.Port, err)
		}
	}()
	// The library gives up by its own time-out alone.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	dial := func(dialing context.Context, network, address string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(dialing, network, address)
		if err == nil {
			context.AfterFunc(ctx, func() { conn.Close() })
		}
		return conn, err
	}
	client, err := mail.NewClient(s.Server, mail.WithPort(int(s.Port)), mail.WithHELO(s.hello()), mail.WithTimeout(s.Timeout),
		mail.WithTLSPolicy(mail.NoTLS), mail.WithoutNoop(), mail.WithDialContextFunc(dial))
	if err != nil {
		return 0, nil, err
	}
	if err := client.DialWithContext(ctx); err != nil {
		return 0, nil, err
	}
	for _, m := range mails {
		final, err := s.sendOne(client, m)
		switch {
		case err == nil:
		case final:
			refused = append(refused, err)
		default:
			return done, refused, err
		}
		done++
	}
	_ = client.Close() // what was accepted is the server's
	return done, refused, nil
}

// sendOne sends m to all recipients. Where the server does not take one of them, the
// others get it all the same. final says that the error will not pass.
func (s MailSettings) sendOne(client *mail.Client, m message) (final bool, err error) {
	msg, err := s.build(m, s.To)
	if err != nil {
		return true, err
	}
	final, err = transmit(client, msg)
	var refusal *mail.SendError
	if err == nil || len(s.To) == 1 || !errors.As(err, &refusal) || refusal.Reason != mail.ErrSMTPRcptTo {
		return final, err
	}
	var errs []error
	taken, lasting := 0, true
	for _, to := range s.To {
		if msg, err = s.build(m, []string{to}); err != nil {
			return true, err
		}
		final, err := transmit(client, msg)
		switch {
		case err == nil:
			taken++
		case !errors.As(err, &refusal):
			return false, err // the connection is gone
		}
		lasting = lasting && (final || err == nil)
		errs = append(errs, err)
	}
	// A second attempt would be a second mail to those who have it.
	return lasting || taken > 0, errors.Join(errs...)
}

// transmit sends msg over a connection that is open.
func transmit(client *mail.Client, msg *mail.Msg) (final bool, err error) {
	err = client.Send(msg)
	if err == nil || msg.IsDelivered() {
		return false, nil
	}
	var refusal *mail.SendError
	if errors.As(err, &refusal) {
		return refusal.ErrorCode() >= 500, err
	}
	return false, err
}

// build makes m a mail to some of the recipients. Its head names all of them.
func (s MailSettings) build(m message, to []string) (*mail.Msg, error) {
	subject, body := escape.Line(m.subject), m.body
	// The library writes what it calls 7bit as quoted-printable, and sends what it
	// calls 8bit to servers alone that ask for it, if the whole mail is called so.
	whole, part := mail.EncodingUSASCII, mail.NoEncoding
	if !ascii(body) {
		whole, part = mail.EncodingQP, mail.EncodingQP
	}
	msg := mail.NewMsg(mail.WithEncoding(whole), mail.WithNoDefaultUserAgent())
	msg.SetUserAgent("kactl")
	msg.SetDateWithValue(m.at)
	if ascii(subject) {
		// In one line, however long: filters look for it.
		msg.SetGenHeaderPreformatted(mail.HeaderSubject, subject)
	} else {
		msg.Subject(subject)
	}
	from, err := s.address(s.sender())
	if err != nil {
		return nil, fmt.Errorf("notification_email_from: %w", err)
	}
	msg.FromMailAddress(from)
	var all []string
	for _, text := range s.To {
		a, err := s.address(text)
		if err != nil {
			return nil, fmt.Errorf("notification_email: %w", err)
		}
		all = append(all, a.String())
	}
	for _, text := range to {
		a, _ := s.address(text)
		msg.AddBccMailAddress(a)
	}
	msg.SetGenHeaderPreformatted(mail.Header("To"), strings.Join(all, ", "))
	msg.SetBodyString(mail.TypeTextPlain, body, mail.WithPartEncoding(part))
	return msg, nil
}

// address reads an address of the configuration. One without a domain is of this
// machine.
func (s MailSettings) address(text string) (*netmail.Address, error) {
	if !strings.Contains(text, "@") {
		text += "@" + hostName()
	}
	a, err := netmail.ParseAddress(text)
	if err != nil {
		return nil, fmt.Errorf("%s is not a mail address: %w", escape.Line(text), err)
	}
	return a, nil
}

func (s MailSettings) sender() string {
	if s.From != "" {
		return s.From
	}
	return "root@" + hostName()
}

func (s MailSettings) hello() string {
	if s.Hello != "" {
		return s.Hello
	}
	return hostName()
}

func (s MailSettings) router() string {
	if s.RouterID != "" {
		return s.RouterID
	}
	return hostName()
}

func hostName() string {
	name, err := os.Hostname()
	if err != nil || !domain(name) {
		return "localhost"
	}
	return name
}

// domain reports whether a mail server takes name for a domain. That of a machine
// which was given none is "(none)".
func domain(name string) bool {
	for _, c := range []byte(name) {
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '.') {
			return false
		}
	}
	return name != ""
}

func ascii(text string) bool {
	for n := range len(text) {
		if text[n] >= 0x80 {
			return false
		}
	}
	return true
}
