package notify

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kactl/kactl/pkg/command"
	"github.com/kactl/kactl/pkg/event"
	"github.com/kactl/kactl/pkg/health"
	"github.com/kactl/kactl/pkg/lvs"
	"github.com/kactl/kactl/pkg/vrrp"
)

var (
	on, off = true, false
	service = lvs.VirtualKey{ID: lvs.ServiceID{Protocol: lvs.TCP, Addr: netip.MustParseAddrPort("198.51.100.10:80")}}
	server  = lvs.RealKey{Service: service, Addr: netip.MustParseAddrPort("127.0.0.2:8001")}
	noon    = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
)

func real(_ string, up, down *command.Command) *lvs.RealServer {
	return &lvs.RealServer{NotifyUp: up, NotifyDown: down}
}

func enters(s vrrp.State, alert *bool) event.Instance {
	return event.Instance{At: noon, Settings: &vrrp.Instance{Name: "VI_1", SMTPAlert: alert}, Effect: vrrp.Effect{Kind: vrrp.Transition, To: s}}
}

func groupEnters(s vrrp.State, alert *bool) event.Group {
	return event.Group{At: noon, Settings: &vrrp.SyncGroup{Name: "G1", SMTPAlert: alert}, To: s}
}

func checked(k health.Kind, up, serverUp bool, alert *bool) event.Check {
	return event.Check{At: noon, Key: server, Real: &lvs.RealServer{SMTPAlert: alert}, Check: health.Check{Kind: k}, Up: up, ServerUp: serverUp, Err: errors.New("why")}
}

func serverIs(up bool, c event.Cause, alert *bool) event.RealServer {
	return event.RealServer{At: noon, Key: server, Real: &lvs.RealServer{SMTPAlert: alert}, Up: up, Cause: c, Check: health.TCP}
}

func quorumIs(up bool, alert *bool, change func(*event.Quorum)) event.Quorum {
	q := event.Quorum{At: noon, Key: service, Virtual: &lvs.VirtualServer{SMTPAlert: alert}, Up: up, Need: 2, Weight: 4, Cause: event.Checked}
	if change != nil {
		change(&q)
	}
	return q
}

// The words are keepalived 2.2.7's, as a mail server got them.
func TestCompose(t *testing.T) {
	all := MailSettings{RouterID: "LB", VRRP: true, Servers: true, Services: true}
	none := MailSettings{RouterID: "LB"}
	serversOnly, noFaults := all, all
	serversOnly.ServersOnly, noFaults.NoFaults = true, true
	removed := serverIs(false, event.Reloaded, nil)
	removed.Removed = true
	removedUp := removed
	removedUp.Cause = event.Stopped
	const (
		rs = "[LB] Realserver [127.0.0.2]:tcp:8001 of virtual server [198.51.100.10]:tcp:80 - "
		vs = "[LB] Virtualserver [198.51.100.10]:tcp:80 - "
	)
	for _, test := range []struct {
		name          string
		settings      MailSettings
		event         event.Event
		subject, body string // no subject is no mail
	}{
		{"backup", all, enters(vrrp.Backup, nil), "[LB] VRRP Instance VI_1 - Entering BACKUP state", "=> VRRP Instance is no longer owning VRRP VIPs <="},
		{"master", all, enters(vrrp.Master, nil), "[LB] VRRP Instance VI_1 - Entering MASTER state", "=> VRRP Instance is now owning VRRP VIPs <="},
		{"fault", all, enters(vrrp.Fault, nil), "[LB] VRRP Instance VI_1 - Entering FAULT state", "=> VRRP Instance is no longer owning VRRP VIPs <="},
		{"fault unwanted", noFaults, enters(vrrp.Fault, &on), "", ""},
		{"no fault", noFaults, enters(vrrp.Backup, nil), "[LB] VRRP Instance VI_1 - Entering BACKUP state", "=> VRRP Instance is no longer owning VRRP VIPs <="},
		{"instance says no", all, enters(vrrp.Master, &off), "", ""},
		{"instance says yes", none, enters(vrrp.Master, &on), "[LB] VRRP Instance VI_1 - Entering MASTER state", "=> VRRP Instance is now owning VRRP VIPs <="},
		{"nobody says", none, enters(vrrp.Master, nil), "", ""},
		{"end", all, event.Instance{Settings: &vrrp.Instance{}, Effect: vrrp.Effect{Kind: vrrp.Stopped}}, "", ""},
		{"note", all, event.Instance{Settings: &vrrp.Instance{}, Effect: vrrp.Effect{Kind: vrrp.Note, Reason: vrrp.ReasonPriority}}, "", ""},
		{"settled", all, settled("VI_1", vrrp.Master, false), "", ""},
		{"group", all, groupEnters(vrrp.Master, nil), "[LB] VRRP Group G1 - Entering MASTER state", "=> All VRRP group instances are now in MASTER state <="},
		{"group fault", all, groupEnters(vrrp.Fault, nil), "[LB] VRRP Group G1 - Entering FAULT state", "=> All VRRP group instances are now in FAULT state <="},
		{"group fault unwanted", noFaults, groupEnters(vrrp.Fault, &on), "", ""},
		{"group says no", all, groupEnters(vrrp.Backup, &off), "", ""},
		{"group says yes", none, groupEnters(vrrp.Backup, &on), "[LB] VRRP Group G1 - Entering BACKUP state", "=> All VRRP group instances are now in BACKUP state <="},

		{"TCP down", all, checked(health.TCP, false, false, nil), rs + "DOWN", "=> TCP CHECK failed on service <="},
		{"TCP up", all, checked(health.TCP, true, true, nil), rs + "UP", "=> TCP CHECK succeed on service <="},
		{"one of two up", all, checked(health.TCP, true, false, nil), rs + "DOWN", "=> TCP CHECK succeed on service <="},
		{"HTTP down", all, checked(health.HTTP, false, false, nil), rs + "DOWN", "=> CHECK failed on service : HTTP request failed <="},
		{"HTTP up", all, checked(health.HTTP, true, true, nil), rs + "UP", "=> CHECK succeed on service <="},
		{"SSL down", all, checked(health.SSL, false, false, nil), rs + "DOWN", "=> CHECK failed on service : HTTP request failed <="},
		{"SSL up", all, checked(health.SSL, true, true, nil), rs + "UP", "=> CHECK succeed on service <="},
		{"MISC up", all, checked(health.Misc, true, true, nil), rs + "UP", "=> MISC CHECK succeeded on service <="},
		{"MISC down", all, checked(health.Misc, false, false, nil), rs + "DOWN", "=> MISC CHECK failed on service <="},
		{"UDP down", all, checked(health.UDP, false, false, nil), rs + "DOWN", "=> UDP CHECK failed on service <="},
		{"PING down", all, checked(health.Ping, false, false, nil), rs + "DOWN", "=> ICMP CHECK failed on service <="},
		{"DNS down", all, checked(health.DNS, false, false, nil), rs + "DOWN", "=> DNS_CHECK: failed on service <="},
		{"server says no", all, checked(health.TCP, false, false, &off), "", ""},
		{"server says yes", none, checked(health.TCP, false, false, &on), rs + "DOWN", "=> TCP CHECK failed on service <="},
		{"servers unwanted", none, checked(health.TCP, false, false, nil), "", ""},
		{"no single checks", serversOnly, checked(health.TCP, false, false, &on), "", ""},
		{"server, of its check", all, serverIs(false, event.Checked, nil), "", ""}, // the check has one
		{"server alone", serversOnly, serverIs(false, event.Checked, nil), rs + "DOWN", "=> TCP CHECK failed on service <="},
		{"server alone, up", serversOnly, serverIs(true, event.Checked, nil), rs + "UP", "=> TCP CHECK succeed on service <="},
		{"server alone says no", serversOnly, serverIs(true, event.Checked, &off), "", ""},
		{"removed", all, removed, rs + "DOWN", "=> Removing <="},
		{"at the stop", all, removedUp, "", ""},
		{"at the start", all, serverIs(true, event.Started, nil), "", ""},
		{"by a reload", all, serverIs(true, event.Reloaded, nil), "", ""},

		{"quorum lost", all, quorumIs(false, nil, func(q *event.Quorum) { q.Weight = 0 }), vs + "DOWN", "=> Lost quorum 2+0=2 <= 0 <="},
		{"quorum lost by hysteresis", all, quorumIs(false, nil, func(q *event.Quorum) { q.Need, q.Hysteresis, q.Weight = 3, 1, 1 }), vs + "DOWN", "=> Lost quorum 3+1=2 <= 1 <="},
		{"quorum gained", all, quorumIs(true, nil, func(q *event.Quorum) { q.Weight = 2 }), vs + "UP", "=> Gained quorum 2+0=2 <= 2 <="},
		{"quorum at the start", all, quorumIs(true, nil, func(q *event.Quorum) { q.Need, q.Hysteresis, q.Weight, q.Added = 3, 1, 7, true }), vs + "UP", "=> Starting with quorum up 3+1=4 <= 7 <="},
		{"no quorum at the start", all, quorumIs(false, nil, func(q *event.Quorum) { q.Added = true }), "", ""},
		{"service says no", all, quorumIs(false, &off, nil), "", ""},
		{"service says yes", none, quorumIs(true, &on, nil), vs + "UP", "=> Gained quorum 2+0=2 <= 4 <="},
		{"services unwanted", none, quorumIs(false, nil, nil), "", ""},

		{"weight", all, event.Weight{Key: server}, "", ""},
		{"sorry server", all, event.SorryServer{Key: service}, "", ""},
		{"reload", all, event.Reload{}, "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			l, ok := test.settings.compose(test.event)
			if ok != (test.subject != "") {
				t.Fatalf("a mail: %v (%+v)", ok, l)
			}
			if !ok {
				return
			}
			m := test.settings.single(l)
			if diff := cmp.Diff([]string{test.subject, test.body}, []string{m.subject, strings.TrimRight(m.body, "\r\n")}); diff != "" {
				t.Error(diff)
			}
			if !m.at.Equal(noon) {
				t.Errorf("of %v", m.at)
			}
		})
	}
}

func TestDigest(t *testing.T) {
	s := MailSettings{RouterID: "LB", Servers: true, VRRP: true}
	var all []letter
	for _, e := range []event.Event{checked(health.TCP, false, false, nil), checked(health.HTTP, false, false, nil), checked(health.TCP, true, true, nil), enters(vrrp.Master, nil)} {
		l, _ := s.compose(e)
		all = append(all, l)
	}
	m := s.digest(all, 7, noon.Add(time.Hour))
	want := message{"[LB] 11 state changes: 2 DOWN, 1 UP, 1 Entering MASTER state",
		"2026-01-02 12:00:00 Realserver [127.0.0.2]:tcp:8001 of virtual server [198.51.100.10]:tcp:80 - DOWN => TCP CHECK failed on service <=\r\n" +
			"2026-01-02 12:00:00 Realserver [127.0.0.2]:tcp:8001 of virtual server [198.51.100.10]:tcp:80 - DOWN => CHECK failed on service : HTTP request failed <=\r\n" +
			"2026-01-02 12:00:00 Realserver [127.0.0.2]:tcp:8001 of virtual server [198.51.100.10]:tcp:80 - UP => TCP CHECK succeed on service <=\r\n" +
			"2026-01-02 12:00:00 VRRP Instance VI_1 - Entering MASTER state => VRRP Instance is now owning VRRP VIPs <=\r\n" +
			"7 older state changes are not in this list: too many waited.\r\n", noon.Add(time.Hour), nil}
	if diff := cmp.Diff(want, m, cmp.AllowUnexported(message{})); diff != "" {
		t.Error(diff)
	}
}
