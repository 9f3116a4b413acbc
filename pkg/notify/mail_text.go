package notify

import (
	"fmt"
	"strings"
	"time"

	"github.com/kactl/kactl/pkg/event"
	"github.com/kactl/kactl/pkg/health"
	"github.com/kactl/kactl/pkg/vrrp"
)

// A letter is what a mail says of one event, in the words of keepalived 2.2.7, which
// people's filters look for.
type letter struct {
	at time.Time
	// what is the subject behind the name of this machine.
	what, body string
}

// compose returns the letter about e, if the settings ask for one.
func (s MailSettings) compose(e event.Event) (letter, bool) {
	l := letter{at: e.Time()}
	ok := false
	switch e := e.(type) {
	case event.Instance:
		state, changed := e.State()
		ok = changed && s.wantsState(state, e.Settings.SMTPAlert)
		l.what, l.body = fmt.Sprintf("VRRP Instance %s - Entering %v state", e.Settings.Name, state), instanceBody(state)
	case event.Group:
		ok = s.wantsState(e.To, e.Settings.SMTPAlert)
		l.what = fmt.Sprintf("VRRP Group %s - Entering %v state", e.Settings.Name, e.To)
		l.body = fmt.Sprintf("All VRRP group instances are now in %v state", e.To)
	case event.Check:
		ok = !s.ServersOnly && or(e.Real.SMTPAlert, s.Servers)
		l.what, l.body = serverSubject(e.Subject(), e.ServerUp), checkBody(e.Check.Kind, e.Up)
	case event.RealServer:
		ok = s.wantsServer(e)
		l.what, l.body = serverSubject(e.Subject(), e.Up), serverBody(e)
	case event.Quorum:
		ok = or(e.Virtual.SMTPAlert, s.Services) && (e.Up || !e.Added)
		l.what, l.body = fmt.Sprintf("Virtualserver %v - %s", e.Key, upOrDown(e.Up)), quorumBody(e)
	}
	return l, ok
}

// wantsState reports whether there is a mail about a state of an instance, or of a
// group, that says alert.
func (s MailSettings) wantsState(state vrrp.State, alert *bool) bool {
	return or(alert, s.VRRP) && state != vrrp.Init && (state != vrrp.Fault || !s.NoFaults)
}

// wantsServer reports whether there is a mail about e. Those about checks say the
// same, and more.
func (s MailSettings) wantsServer(e event.RealServer) bool {
	switch {
	case !or(e.Real.SMTPAlert, s.Servers):
		return false
	case e.Cause == event.Checked:
		return s.ServersOnly
	}
	return e.Removed && !e.Up && e.Cause == event.Reloaded
}

func instanceBody(s vrrp.State) string {
	if s == vrrp.Master {
		return "VRRP Instance is now owning VRRP VIPs"
	}
	return "VRRP Instance is no longer owning VRRP VIPs"
}

// serverSubject words a subject that is "RS [address]:tcp:80 of VS [address]:tcp:80".
func serverSubject(s event.Subject, up bool) string {
	return fmt.Sprintf("Realserver %s - %s", strings.Replace(s.Name, " of VS ", " of virtual server ", 1), upOrDown(up))
}

func serverBody(e event.RealServer) string {
	if e.Cause == event.Checked {
		return checkBody(e.Check, e.Up)
	}
	return "Removing"
}

// checkBody has a wording for each kind of check.
func checkBody(k health.Kind, up bool) string {
	result := "failed"
	if up {
		result = "succeed"
	}
	switch k {
	case health.HTTP, health.SSL:
		if !up {
			return "CHECK failed on service : HTTP request failed"
		}
		return "CHECK succeed on service"
	case health.DNS:
		return fmt.Sprintf("DNS_CHECK: %s on service", result)
	case health.Misc:
		if up {
			result = "succeeded"
		}
		return fmt.Sprintf("MISC CHECK %s on service", result)
	case health.Ping:
		return fmt.Sprintf("ICMP CHECK %s on service", result)
	case health.SMTP:
		return fmt.Sprintf("CHECK %s on service", result)
	}
	return fmt.Sprintf("%s CHECK %s on service", strings.TrimSuffix(k.String(), "_CHECK"), result)
}

// quorumBody shows the sum that the weight was compared with. keepalived writes a
// plus for what it subtracted as well.
func quorumBody(e event.Quorum) string {
	what, bound := "Gained quorum", e.Need+e.Hysteresis
	switch {
	case !e.Up:
		what, bound = "Lost quorum", e.Need-e.Hysteresis
	case e.Added:
		what = "Starting with quorum up"
	}
	return fmt.Sprintf("%s %d+%d=%d <= %d", what, e.Need, e.Hysteresis, bound, e.Weight)
}

func upOrDown(up bool) string {
	if up {
		return "UP"
	}
	return "DOWN"
}

// or is *b, or what is the default where nothing was said.
func or(b *bool, otherwise bool) bool {
	if b != nil {
		return *b
	}
	return otherwise
}

// A message is one mail.
type message struct {
	subject, body string
	at            time.Time
	// to are those who do not have it yet; nil is all.
	to []string
}

// single is a mail about one event.
func (s MailSettings) single(l letter) message {
	return message{subject: fmt.Sprintf("[%s] %s", s.router(), l.what), body: fmt.Sprintf("=> %s <=\r\n\r\n", l.body), at: l.at}
}

// digest is one mail about many events, the oldest first. dropped more are not in it.
func (s MailSettings) digest(all []letter, dropped int, now time.Time) message {
	var b strings.Builder
	for _, l := range all {
		fmt.Fprintf(&b, "%s %s => %s <=\r\n", l.at.Format(time.DateTime), l.what, l.body)
	}
	if dropped > 0 {
		fmt.Fprintf(&b, "%d older state changes are not in this list: too many waited.\r\n", dropped)
	}
	return message{subject: fmt.Sprintf("[%s] %d state changes%s", s.router(), len(all)+dropped, ends(all)), body: b.String(), at: now}
}

// ends counts how letters end, in the order in which each ending comes first:
// ": 998 DOWN, 2 UP".
func ends(all []letter) string {
	count := map[string]int{}
	var order []string
	for _, l := range all {
		_, end, _ := strings.Cut(l.what, " - ")
		if count[end] == 0 {
			order = append(order, end)
		}
		count[end]++
	}
	for n, end := range order {
		order[n] = fmt.Sprintf("%d %s", count[end], end)
	}
	return ": " + strings.Join(order, ", ")
}
