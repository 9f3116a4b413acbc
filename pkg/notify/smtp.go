package notify

import (
	"context"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"os"
	"slices"
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
	for n := range mails {
		final, err := s.sendOne(client, &mails[n])
		if err != nil && !final {
			return done, refused, err
		}
		done++
		if err == nil {
			continue
		}
		refused = append(refused, err)
		if err := reset(client, err); err != nil && done < len(mails) {
			return done, refused, err
		}
	}
	_ = client.Close() // what was accepted is the server's
	return done, refused, nil
}

// sendOne sends m to all recipients that do not have it. Where the server does not
// take one of them, the others get it all the same. final says that the error will not
// pass. Where some have it when the connection is lost, m.to is the others.
func (s MailSettings) sendOne(client *mail.Client, m *message) (final bool, err error) {
	recipients := s.recipients(m)
	if len(recipients) == 0 {
		return true, nil // a reload has taken them away
	}
	msg, err := s.build(*m, recipients)
	if err != nil {
		return true, err
	}
	final, err = transmit(client, msg)
	var refusal *mail.SendError
	if err == nil || len(recipients) == 1 || lost(err) || !errors.As(err, &refusal) || refusal.Reason != mail.ErrSMTPRcptTo {
		return final, err
	}
	var errs []error
	taken, lasting := 0, true
	for n, to := range recipients {
		if msg, err = s.build(*m, []string{to}); err != nil {
			return true, err
		}
		final, err := transmit(client, msg)
		if err == nil {
			taken++
		}
		lasting = lasting && (final || err == nil)
		errs = append(errs, err)
		if lost(err) {
			if taken > 0 {
				m.to = recipients[n:]
			}
			return false, errors.Join(errs...)
		}
	}
	// A second attempt would be a second mail to those who have it.
	return lasting || taken > 0, errors.Join(errs...)
}

// recipients are those of the settings that do not have m.
func (s MailSettings) recipients(m *message) []string {
	if m.to == nil {
		return s.To
	}
	return slices.DeleteFunc(slices.Clone(m.to), func(to string) bool { return !slices.Contains(s.To, to) })
}

// transmit sends msg over a connection that is open.
func transmit(client *mail.Client, msg *mail.Msg) (final bool, err error) {
	err = client.Send(msg)
	if err == nil || msg.IsDelivered() {
		return false, nil
	}
	var refusal *mail.SendError
	if lost(err) || !errors.As(err, &refusal) {
		return false, err
	}
	return refusal.ErrorCode() >= 500, err
}

// closing is the answer to any command with which a server ends the connection
// (RFC 5321, section 3.8).
const closing = 421

// lost reports whether err is no answer of the server to the mail: then nothing more
// comes from this connection.
func lost(err error) bool {
	if err == nil {
		return false
	}
	var refusal *mail.SendError
	return !errors.As(err, &refusal) || refusal.ErrorCode() == 0 || refusal.ErrorCode() == closing
}

// reset ends the transaction of a mail whose content the server refused to read: for
// the server it goes on, and the next mail would be another one within it. The library
// does so after other refusals.
func reset(client *mail.Client, refused error) error {
	var refusal *mail.SendError
	if !errors.As(refused, &refusal) || refusal.Reason != mail.ErrSMTPData {
		return nil
	}
	return client.Reset()
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
