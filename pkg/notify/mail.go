package notify

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/kactl/kactl/pkg/event"
)

// MailSettings say which mails there are, and where they go.
type MailSettings struct {
	// To are the recipients; without one there are no mails.
	To []string
	// From is the sender; empty is root at the name of this machine.
	From string
	// Server is the address or the name of the SMTP server; without one there are
	// no mails.
	Server string
	Port   uint16
	// Hello is the name to greet it with, empty for the name of this machine.
	Hello string
	// Timeout bounds the connection, and each mail.
	Timeout time.Duration
	// RouterID is the name of this machine in subjects, empty for its host name.
	RouterID string
	// VRRP, Servers and Services are whether there are mails about instances and
	// groups, about real servers, and about virtual servers that do not say.
	VRRP, Servers, Services bool
	// NoFaults leaves out those about the FAULT state.
	NoFaults bool
	// ServersOnly leaves out those about single checks: there is one when the real
	// server comes or goes.
	ServersOnly bool
}

func (s MailSettings) enabled() bool { return len(s.To) > 0 && s.Server != "" }

const (
	// gather is how long a mail waits for what belongs to the same burst.
	gather = 200 * time.Millisecond
	// mostWaiting bounds the state changes that wait for a mail server.
	mostWaiting = 2000
	// The pause after a mail that could not be sent: the first, and the longest.
	firstRetry, lastRetry = 5 * time.Second, 5 * time.Minute
	// mailAtEnd is the time that the last mails have at the stop.
	mailAtEnd = 2 * time.Second
)

// A sender sends mails, in their order. It returns how many are done with: sent, or
// refused for good, which refused tells. The error is why the next one could not be
// sent now; if some of its recipients have it, send has set its field to.
type sender interface {
	send(ctx context.Context, s MailSettings, mails []message) (done int, refused []error, err error)
}

// Mail is the sink that sends mail. State changes wait in a bounded queue while the
// server is slow or dead. A few of them are a mail each, as keepalived sends it; a
// burst becomes one mail that lists them.
type Mail struct {
	log    *slog.Logger
	sender sender

	ctx    context.Context // of sending; ends when Close gives up
	cancel context.CancelFunc
	ended  chan struct{}

	closing chan struct{}
	news    chan struct{} // holds one while there may be something to do
	changed chan struct{} // holds one after Configure

	mu       sync.Mutex // guards all following
	settings MailSettings
	waiting  []letter
	dropped  int      // of those that waited, the oldest
	rest     *message // a mail that some of its recipients have, nil is none
}

// NewMail returns a sink that sends mail, and logs to log when that fails.
func NewMail(s MailSettings, log *slog.Logger) *Mail { return newMail(s, smtpSender{}, log) }

func newMail(s MailSettings, how sender, log *slog.Logger) *Mail {
	ctx, cancel := context.WithCancel(context.Background())
	m := &Mail{
		log: log, sender: how, settings: s, ctx: ctx, cancel: cancel, ended: make(chan struct{}),
		closing: make(chan struct{}), news: make(chan struct{}, 1), changed: make(chan struct{}, 1),
	}
	go m.run()
	return m
}

// Configure takes other settings, for what is sent from now on.
func (m *Mail) Configure(s MailSettings) {
	m.mu.Lock()
	m.settings = s
	if !s.enabled() {
		m.waiting, m.dropped, m.rest = nil, 0, nil
	}
	m.mu.Unlock()
	signal(m.changed)
}

// Handle has a mail sent about e, if the settings ask for one. It does not wait.
func (m *Mail) Handle(e event.Event) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.settings.enabled() {
		return
	}
	l, ok := m.settings.compose(e)
	if !ok {
		return
	}
	m.waiting = append(m.waiting, l)
	m.bound()
	signal(m.news)
}

// bound drops the oldest of what waits, where that is too much. The caller holds mu.
func (m *Mail) bound() {
	if over := len(m.waiting) - mostWaiting; over > 0 {
		m.waiting = m.waiting[over:]
		m.dropped += over
	}
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Close sends what waits, in a single attempt and little time: a dead mail server
// does not hold up the stop. The error says how much was not sent.
func (m *Mail) Close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, mailAtEnd)
	defer cancel()
	defer context.AfterFunc(ctx, m.cancel)()
	close(m.closing)
	<-m.ended
	m.cancel()
	m.mu.Lock()
	defer m.mu.Unlock()
	if n := len(m.waiting) + m.dropped; n > 0 {
		return fmt.Errorf("no mail was sent about %d state changes: stopping", n)
	}
	if m.rest != nil {
		return fmt.Errorf("the mail %q did not reach %s: stopping", m.rest.subject, strings.Join(m.rest.to, ", "))
	}
	return nil
}

// run sends mails until Close.
func (m *Mail) run() {
	defer close(m.ended)
	var p pace
	failing := false
	retry := firstRetry
	for m.wait(m.news, 0) {
		m.wait(nil, gather)
		m.wait(nil, p.hold(time.Now()))
		err := m.flush(&p)
		if err == nil {
			if failing {
				m.log.Info("Mails can be sent again")
			}
			failing, retry = false, firstRetry
			continue
		}
		if m.stopping() {
			return
		}
		if !failing {
			m.log.Warn("Mails cannot be sent, trying again", "error", err)
			failing = true
		}
		m.wait(m.changed, retry)
		retry = min(2*retry, lastRetry)
		signal(m.news)
	}
	_ = m.flush(&p) // Close says what it leaves
}

// wait waits for c, or for a time where that is not 0. It reports false at once when
// the sink is to be closed.
func (m *Mail) wait(c <-chan struct{}, limit time.Duration) bool {
	var after <-chan time.Time
	if limit > 0 {
		timer := time.NewTimer(limit)
		defer timer.Stop()
		after = timer.C
	} else if c == nil {
		return true
	}
	select {
	case <-c:
	case <-after:
	case <-m.closing:
		return false
	}
	return true
}

func (m *Mail) stopping() bool {
	select {
	case <-m.closing:
		return true
	default:
		return false
	}
}

// flush sends all that waits. What could not be sent waits on.
func (m *Mail) flush(p *pace) error {
	m.mu.Lock()
	s, letters, dropped, rest := m.settings, m.waiting, m.dropped, m.rest
	m.waiting, m.dropped, m.rest = nil, 0, nil
	m.mu.Unlock()
	var mails []message
	if rest != nil {
		mails = append(mails, *rest)
	}
	first := len(mails) // of the new ones
	paced := *p
	each := true
	if len(letters) > 0 || dropped > 0 {
		each = p.each(time.Now(), len(letters)+dropped)
	}
	if each {
		for _, l := range letters {
			mails = append(mails, s.single(l))
		}
	} else {
		mails = append(mails, s.digest(letters, dropped, time.Now()))
	}
	if len(mails) == 0 {
		return nil
	}
	done, refused, err := m.sender.send(m.ctx, s, mails)
	for _, e := range refused {
		m.log.Warn("The mail server refused a mail", "error", e)
	}
	if err == nil {
		return nil
	}
	// That what is left of it goes to the others makes it done with.
	rest = nil
	left := &mails[done]
	if left.to != nil {
		rest = left
		done++
	}
	switch sent := max(0, done-first); {
	case sent == 0:
		*p = paced // what was not sent does not count
	case each:
		letters = letters[sent:]
	default:
		letters, dropped = nil, 0
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.settings.enabled() {
		return nil // a reload has switched mail off meanwhile
	}
	m.waiting, m.dropped, m.rest = append(letters[:len(letters):len(letters)], m.waiting...), m.dropped+dropped, rest
	m.bound()
	return err
}
