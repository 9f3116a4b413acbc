package event_test

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/kactl/kactl/pkg/event"
	"github.com/kactl/kactl/pkg/health"
	"github.com/kactl/kactl/pkg/lvs"
	"github.com/kactl/kactl/pkg/vrrp"
)

func TestEvents(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	i := &vrrp.Instance{Name: "VI_1"}
	service := lvs.VirtualKey{ID: lvs.ServiceID{Protocol: lvs.TCP, Addr: netip.MustParseAddrPort("198.51.100.1:80")}}
	server := lvs.RealKey{Service: service, Addr: netip.MustParseAddrPort("198.51.100.11:80")}
	for _, test := range []struct {
		event         event.Event
		subject, text string
	}{
		{event.Instance{Settings: i, At: at, Effect: vrrp.Effect{Kind: vrrp.Transition, From: vrrp.Backup, To: vrrp.Master, Priority: 100, Reason: vrrp.ReasonOwner}},
			"INSTANCE VI_1", "INSTANCE VI_1: BACKUP -> MASTER at priority 100: address owner"},
		{event.Instance{Settings: i, At: at, Effect: vrrp.Effect{Kind: vrrp.Stopped, From: vrrp.Master}, Detail: "why", Suppressed: 2},
			"INSTANCE VI_1", "INSTANCE VI_1: stopped in MASTER at priority 0 (why), 2 more"},
		{event.Settled{Settings: i, At: at, State: vrrp.Fault, Priority: 90}, "INSTANCE VI_1", "INSTANCE VI_1: settled in FAULT at priority 90"},
		{event.Settled{Settings: i, At: at, State: vrrp.Master, Ended: true}, "INSTANCE VI_1", "INSTANCE VI_1: settled in the end at priority 0"},
		{event.LowerAdvert{Settings: i, At: at}, "INSTANCE VI_1", "INSTANCE VI_1: advert of lower priority"},
		{event.Group{Settings: &vrrp.SyncGroup{Name: "G"}, From: vrrp.Master, To: vrrp.Fault, Member: "VI_1", At: at}, "GROUP G", "GROUP G: MASTER -> FAULT: VI_1"},
		{event.Check{Key: server, Check: health.Check{Kind: health.TCP}, Err: errors.New("refused"), At: at},
			"RS [198.51.100.11]:tcp:80 of VS [198.51.100.1]:tcp:80", "RS [198.51.100.11]:tcp:80 of VS [198.51.100.1]:tcp:80: TCP_CHECK down: refused"},
		{event.RealServer{Key: server, Cause: event.Reloaded, Removed: true, At: at},
			"RS [198.51.100.11]:tcp:80 of VS [198.51.100.1]:tcp:80", "RS [198.51.100.11]:tcp:80 of VS [198.51.100.1]:tcp:80: down by reload, removed"},
		{event.Weight{Key: server, From: 1, To: 3, Cause: event.Checked, At: at},
			"RS [198.51.100.11]:tcp:80 of VS [198.51.100.1]:tcp:80", "RS [198.51.100.11]:tcp:80 of VS [198.51.100.1]:tcp:80: weight 1 -> 3 by check"},
		{event.Quorum{Key: service, Up: true, Weight: 3, Need: 2, Hysteresis: 1, Cause: event.Started, At: at},
			"VS [198.51.100.1]:tcp:80", "VS [198.51.100.1]:tcp:80: quorum up by start: weight 3, need 2, hysteresis 1"},
		{event.SorryServer{Key: service, Sorry: server, Used: true, Cause: event.Checked, At: at},
			"VS [198.51.100.1]:tcp:80", "VS [198.51.100.1]:tcp:80: sorry server [198.51.100.11]:tcp:80 used by check"},
		{event.VirtualServer{Key: service, Removed: true, Cause: event.Stopped, At: at},
			"VS [198.51.100.1]:tcp:80", "VS [198.51.100.1]:tcp:80: removed by stop"},
		{event.Instance{Settings: i, At: at, Effect: vrrp.Effect{Kind: vrrp.SendAdvert}}, "INSTANCE VI_1", "INSTANCE VI_1: send advert, priority 0"},
		{event.Flapping{Settings: i, Count: 3, State: vrrp.Backup, At: at}, "INSTANCE VI_1", "INSTANCE VI_1: 3 more transitions, in BACKUP"},
		{event.Unsent{Settings: i, Err: errors.New("why"), Suppressed: 2, At: at}, "INSTANCE VI_1", "INSTANCE VI_1: advert not sent: why, 2 more"},
		{event.Refused{Settings: i, Reason: vrrp.RejectTTL, Count: 4, At: at}, "INSTANCE VI_1", "INSTANCE VI_1: refused 4 messages: TTL"},
		{event.Address{Instance: "VI_1", What: event.AddressFailed, Err: errors.New("why"), Again: time.Second, Suppressed: 1, At: at}, "INSTANCE VI_1", "INSTANCE VI_1: why, again after 1s, 1 more"},
		{event.Address{Instance: "VI_1", What: event.AddressRestored, Item: "198.51.100.1/24", Device: "eth0", At: at}, "INSTANCE VI_1", "INSTANCE VI_1: 198.51.100.1/24 restored on eth0"},
		{event.Address{Instance: "VI_1", What: event.AddressRestored, Item: "route 10.0.0.0/8", At: at}, "INSTANCE VI_1", "INSTANCE VI_1: route 10.0.0.0/8 restored"},
		{event.Address{Instance: "VI_1", What: event.Unannounced, Addr: server.Addr.Addr(), Device: "eth0", Err: errors.New("why"), At: at}, "INSTANCE VI_1", "INSTANCE VI_1: 198.51.100.11 not announced on eth0: why"},
		{event.Address{Instance: "VI_1", What: event.Announcing, Addr: server.Addr.Addr(), Device: "eth0", At: at}, "INSTANCE VI_1", "INSTANCE VI_1: announcing 198.51.100.11 on eth0"},
		{event.Interface{Effect: vrrp.Effect{Kind: vrrp.Note, Reason: vrrp.ReasonLinkUp, Interface: "eth0"}, At: at}, "INTERFACE eth0", "INTERFACE eth0: note: eth0 is up"},
		{event.Activated{Key: server, Check: health.Check{Kind: health.TCP}, Cause: event.Started, At: at},
			"RS [198.51.100.11]:tcp:80 of VS [198.51.100.1]:tcp:80", "RS [198.51.100.11]:tcp:80 of VS [198.51.100.1]:tcp:80: TCP_CHECK activated by start"},
		{event.Probe{Key: server, Check: health.Check{Kind: health.TCP}, At: at},
			"RS [198.51.100.11]:tcp:80 of VS [198.51.100.1]:tcp:80", "RS [198.51.100.11]:tcp:80 of VS [198.51.100.1]:tcp:80: TCP_CHECK succeeded"},
		{event.Probe{Key: server, Check: health.Check{Kind: health.TCP}, Err: errors.New("refused"), Again: time.Second, At: at},
			"RS [198.51.100.11]:tcp:80 of VS [198.51.100.1]:tcp:80", "RS [198.51.100.11]:tcp:80 of VS [198.51.100.1]:tcp:80: TCP_CHECK failed, again after 1s: refused"},
		{event.Membership{Key: server, Removed: true, Cause: event.Stopped, At: at},
			"RS [198.51.100.11]:tcp:80 of VS [198.51.100.1]:tcp:80", "RS [198.51.100.11]:tcp:80 of VS [198.51.100.1]:tcp:80: removed by stop, down"},
		{event.Reload{File: "k.conf", Err: errors.New("no such file"), Errors: 1, At: at},
			"CONFIGURATION", "reload of k.conf: 1 errors, 0 warnings: no such file"},
		{event.Reload{File: "k.conf", Missing: []error{errors.New("one"), errors.New("two")}, At: at},
			"CONFIGURATION", "reload of k.conf: 0 errors, 0 warnings, missing: one, missing: two"},
	} {
		if got := test.event.Subject().String(); got != test.subject {
			t.Errorf("subject of %v: %q, want %q", test.event, got, test.subject)
		}
		if got := test.event.String(); got != test.text {
			t.Errorf("got %q, want %q", got, test.text)
		}
		if !test.event.Time().Equal(at) {
			t.Errorf("%v happened at %v", test.event, test.event.Time())
		}
	}
}

// A server behind two services is two subjects.
func TestSubjects(t *testing.T) {
	a := netip.MustParseAddrPort("198.51.100.11:80")
	one := lvs.RealKey{Service: lvs.VirtualKey{ID: lvs.ServiceID{Protocol: lvs.TCP, Addr: netip.MustParseAddrPort("198.51.100.1:80")}}, Addr: a}
	two := one
	two.Service.ID.Addr = netip.MustParseAddrPort("198.51.100.2:80")
	if (event.RealServer{Key: one}).Subject() == (event.RealServer{Key: two}).Subject() {
		t.Error("the servers of two services have one subject")
	}
	if (event.RealServer{Key: one}).Subject() != (event.Check{Key: one}).Subject() {
		t.Error("a server and its check have two subjects")
	}
}

func TestState(t *testing.T) {
	e := event.Instance{Settings: &vrrp.Instance{}, Effect: vrrp.Effect{Kind: vrrp.Transition, To: vrrp.Master}}
	if s, ok := e.State(); !ok || s != vrrp.Master {
		t.Errorf("got %v, %v", s, ok)
	}
	e.Effect.Kind = vrrp.Note
	if _, ok := e.State(); ok {
		t.Error("a note is no transition")
	}
}

// What changes a state is for every sink; what comes by the thousand is not.
func TestMinor(t *testing.T) {
	effect := func(k vrrp.EffectKind) event.Event {
		return event.Instance{Settings: &vrrp.Instance{}, Effect: vrrp.Effect{Kind: k}}
	}
	for _, e := range []event.Event{
		effect(vrrp.SendAdvert), effect(vrrp.SetAddresses), event.Address{What: event.Announcing}, event.Activated{}, event.Probe{}, event.Membership{Removed: true},
	} {
		if !event.Minor(e) {
			t.Errorf("%T is not minor", e)
		}
	}
	for _, e := range []event.Event{
		effect(vrrp.Transition), effect(vrrp.Stopped), effect(vrrp.Note), event.Address{What: event.AddressFailed}, event.Settled{}, event.LowerAdvert{}, event.Group{},
		event.Check{}, event.RealServer{}, event.Weight{}, event.Quorum{}, event.SorryServer{}, event.VirtualServer{}, event.Reload{}, event.Interface{}, event.Flapping{},
	} {
		if event.Minor(e) {
			t.Errorf("%T is minor", e)
		}
	}
}
