package status_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kactl/kactl/pkg/health"
	"github.com/kactl/kactl/pkg/lvs"
	"github.com/kactl/kactl/pkg/status"
	"github.com/kactl/kactl/pkg/vrrp"
)

var (
	now    = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	before = func(d time.Duration) time.Time { return now.Add(-d) }
)

func text(t *testing.T, s status.Status) string {
	t.Helper()
	var b strings.Builder
	if err := status.Write(&b, s); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestWriteEmpty(t *testing.T) {
	for _, test := range []struct {
		name   string
		status status.Status
		want   string
	}{
		{"zero", status.Status{}, "nothing runs\n"},
		{"sides with nothing", status.Status{At: now, VRRP: &status.VRRP{}, LVS: &status.LVS{}}, "no virtual routers\nno virtual servers\n"},
		{"empty objects", status.Status{
			At:   now,
			VRRP: &status.VRRP{Instances: []status.Instance{{}}, Groups: []status.Group{{}}},
			LVS:  &status.LVS{Services: []status.Service{{Servers: []status.Server{{Checks: []status.Check{{}}}}}}},
		}, `virtual router  (no interface, VRID 0): INIT
  priority 0
  no master is known
sync group : INIT ()
virtual server : no quorum, weight 0, needs 0
  real server invalid AddrPort: down, forward(0), weight 0
    unknown check: down, 0 probes, 0 failed
`},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, text(t, test.status)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWrite(t *testing.T) {
	addr := netip.MustParseAddr
	s := status.Status{
		At: now,
		Reload: status.Reload{At: before(90 * time.Minute), File: "/etc/keepalived/keepalived.conf", Err: "no such file",
			Findings: []string{"keepalived.conf:3:1: error: unknown keyword"}},
		VRRP: &status.VRRP{
			Instances: []status.Instance{
				{
					Name: "VI_1", Interface: "eth0", VRID: 51, State: vrrp.Master, Since: before(1234 * time.Millisecond), Why: "no advert for 3.6s",
					Priority: 90, Base: 100,
					Addresses: []status.Address{
						{Prefix: netip.MustParsePrefix("192.0.2.1/24"), Device: "eth0", Present: true},
						{Prefix: netip.MustParsePrefix("192.0.2.2/24"), Device: "eth1", Err: "no such device"},
					},
					Routing: []status.Routing{{Name: "route default via 192.0.2.9", Err: "no route to host"}, {Name: "rule from all preference 5 table 7", Present: true}},
					Tracks: []status.Track{
						{Kind: vrrp.TrackScript, Name: "chk", Known: true, Change: -10},
						{Kind: vrrp.TrackInterface, Name: "eth1", Known: true, Up: true},
						{Kind: vrrp.TrackFile, Name: "f"},
						{Kind: vrrp.TrackProcess, Name: "p", Known: true, Fault: true},
					},
				},
				{Name: "VI_2", Interface: "eth0", VRID: 52, State: vrrp.Backup, Since: before(2 * time.Hour), Priority: 100, Base: 100, Master: addr("192.0.2.9"), MasterPriority: 200},
			},
			Groups: []status.Group{{Name: "G", State: vrrp.Backup, Members: []string{"VI_1", "VI_2"}}},
		},
		LVS: &status.LVS{
			Trouble: "too many open files",
			Services: []status.Service{
				{
					Name: "[192.0.2.1]:tcp:80", Quorum: true, Weight: 3, Need: 2,
					Servers: []status.Server{{
						Addr: netip.MustParseAddrPort("198.51.100.11:80"), Forward: lvs.DR, Up: true, Since: before(time.Minute), Weight: 3, Base: 1,
						Checks: []status.Check{{
							Kind: health.TCP, Up: true, Probes: 20, Failures: 1, Took: 1500 * time.Microsecond,
							LastErr: errors.New("connection refused\nforged line").Error(), LastFailed: before(5 * time.Minute),
						}},
					}},
				},
				{
					Name: "[192.0.2.2]:tcp:80", Need: 1, Sorry: netip.MustParseAddrPort("127.0.0.1:80"), SorryUsed: true,
					Servers: []status.Server{{Addr: netip.MustParseAddrPort("198.51.100.12:80"), Forward: lvs.NAT,
						Checks: []status.Check{{Kind: health.HTTP, Trouble: "no descriptors"}}}},
				},
				{Name: "[192.0.2.3]:tcp:80", Quorum: true, Need: 1, Sorry: netip.MustParseAddrPort("127.0.0.1:80")},
			},
		},
	}
	want := `configuration /etc/keepalived/keepalived.conf: read 1h30m0s ago, not in force: no such file
  keepalived.conf:3:1: error: unknown keyword
virtual router VI_1 (eth0, VRID 51): MASTER, entered 1.2s ago: no advert for 3.6s
  priority 90 (configured: 100)
  address 192.0.2.1/24 on eth0: there
  address 192.0.2.2/24 on eth1: not there: no such device
  route default via 192.0.2.9: not there: no route to host
  rule from all preference 5 table 7: there
  tracked script chk: down, changes the priority by -10
  tracked interface eth1: up
  tracked file f: no result yet
  tracked process p: down, causes FAULT
virtual router VI_2 (eth0, VRID 52): BACKUP, entered 2h0m0s ago
  priority 100
  master 192.0.2.9, priority 200
sync group G: BACKUP (VI_1, VI_2)
trouble: too many open files
virtual server [192.0.2.1]:tcp:80: quorum, weight 3, needs 2
  real server 198.51.100.11:80: up, DR, weight 3 (configured: 1), for 1m0s
    TCP_CHECK: up, 20 probes, 1 failed, the last took 1.5ms; failed 5m0s ago: connection refused\nforged line
virtual server [192.0.2.2]:tcp:80: no quorum, weight 0, needs 1, sorry server 127.0.0.1:80 has the clients
  real server 198.51.100.12:80: down, NAT, weight 0
    HTTP_GET: down, 0 probes, 0 failed; cannot be made: no descriptors
virtual server [192.0.2.3]:tcp:80: quorum, weight 0, needs 1, sorry server 127.0.0.1:80 is not in use
`
	if diff := cmp.Diff(want, text(t, s)); diff != "" {
		t.Error(diff)
	}
	s.Reload.Err, s.Reload.InPart = "busy", true
	want = strings.Replace(want, "not in force: no such file", "not all in force: busy", 1)
	if diff := cmp.Diff(want, text(t, s)); diff != "" {
		t.Error(diff)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestWriteFails(t *testing.T) {
	if err := status.Write(full{}, status.Status{}); err == nil || err.Error() != "write the status: disk full" {
		t.Errorf("got %v", err)
	}
}
