package eventlog_test

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/kactl/kactl/pkg/event"
	"github.com/kactl/kactl/pkg/vrrp"
)

var (
	instance = &vrrp.Instance{Name: "VI_1", Interface: "eth0", PreemptDelay: 1500 * time.Millisecond, Addresses: make([]vrrp.Address, 30)}
	sourced  = &vrrp.Instance{Name: "VI_1", Interface: "eth0", Source: netip.MustParseAddr("192.0.2.1")}
	peer     = netip.MustParseAddr("192.0.2.9")
)

// of is an event of an effect.
func of(e vrrp.Effect) event.Instance { return event.Instance{Settings: instance, Effect: e} }

func transition(to vrrp.State, e vrrp.Effect) event.Instance {
	e.Kind, e.To = vrrp.Transition, to
	return of(e)
}

func note(e vrrp.Effect) event.Instance {
	e.Kind = vrrp.Note
	return of(e)
}

func TestTransitions(t *testing.T) {
	filtered := transition(vrrp.Fault, vrrp.Effect{Reason: vrrp.ReasonFiltered, Peer: peer, PeerPriority: 90})
	mute := transition(vrrp.Fault, vrrp.Effect{Reason: vrrp.ReasonCannotSend})
	mute.Detail = "network is down"
	bare := transition(vrrp.Fault, vrrp.Effect{Reason: vrrp.ReasonNoAddresses})
	bare.Detail = "no such device"
	lost := transition(vrrp.Fault, vrrp.Effect{Reason: vrrp.ReasonNoSource})
	lost.Settings = sourced
	often := transition(vrrp.Master, vrrp.Effect{Reason: vrrp.ReasonOwner})
	often.Often = true
	check(t, []row{
		{transition(vrrp.Backup, vrrp.Effect{Reason: vrrp.ReasonStartup}), `INFO vrrp="(VI_1) Entering BACKUP STATE (init)"`},
		{transition(vrrp.Master, vrrp.Effect{Reason: vrrp.ReasonTimer, For: 3600 * time.Millisecond, Late: 12 * time.Microsecond}), `
INFO vrrp="(VI_1) Receive advertisement timeout: no advert for 3.6s (timer late by 12µs)"
INFO vrrp="(VI_1) Entering MASTER STATE"`},
		{transition(vrrp.Master, vrrp.Effect{Reason: vrrp.ReasonTimer, Peer: peer, For: 3 * time.Second, Count: 2, Reject: vrrp.Reject{Reason: vrrp.RejectTTL}}), `
INFO vrrp="(VI_1) Receive advertisement timeout: no advert from 192.0.2.9 for 3s, but 2 that were refused, the last for its TTL (timer late by 0s)"
INFO vrrp="(VI_1) Entering MASTER STATE"`},
		{transition(vrrp.Master, vrrp.Effect{Reason: vrrp.ReasonResigned, Peer: peer, For: time.Second}), `
INFO vrrp="(VI_1) Receive advertisement timeout: 192.0.2.9 gave up with priority 0, 1s ago (timer late by 0s)"
INFO vrrp="(VI_1) Entering MASTER STATE"`},
		{transition(vrrp.Master, vrrp.Effect{Reason: vrrp.ReasonLowerPriority, Peer: peer, PeerPriority: 90, Priority: 100}), `
INFO vrrp="(VI_1) Receive advertisement timeout: priority 90 of 192.0.2.9 is lower than ours, 100 (timer late by 0s)"
INFO vrrp="(VI_1) Entering MASTER STATE"`},
		{transition(vrrp.Master, vrrp.Effect{Reason: vrrp.ReasonOwner}), `
INFO vrrp="(VI_1) is the owner of its addresses, with priority 255"
INFO vrrp="(VI_1) Entering MASTER STATE"`},
		{transition(vrrp.Backup, vrrp.Effect{Reason: vrrp.ReasonHigherPriority, Peer: peer, PeerPriority: 200, Priority: 100, For: 1234567 * time.Microsecond}), `
INFO vrrp="(VI_1) Master received advert from 192.0.2.9 with higher priority 200, ours 100 (was master for 1.235s)"
INFO vrrp="(VI_1) Entering BACKUP STATE"`},
		{transition(vrrp.Backup, vrrp.Effect{Reason: vrrp.ReasonHigherAddress, Peer: peer, PeerPriority: 100, Priority: 100, For: time.Second}), `
INFO vrrp="(VI_1) Master received advert from 192.0.2.9 with same priority 100 but higher IP address than ours (was master for 1s)"
INFO vrrp="(VI_1) Entering BACKUP STATE"`},
		{transition(vrrp.Backup, vrrp.Effect{Reason: vrrp.ReasonHigherAddress, Peer: peer, PeerPriority: 255, Priority: 255, For: time.Second}), `
INFO vrrp="(VI_1) Master received advert from 192.0.2.9 with same priority 255 but higher IP address than ours (was master for 1s). CONFIGURATION ERROR: both are configured as address owner, with priority 255"
INFO vrrp="(VI_1) Entering BACKUP STATE"`},
		{transition(vrrp.Fault, vrrp.Effect{Reason: vrrp.ReasonInterface}), `
INFO vrrp="(VI_1) entering FAULT state (interface eth0 down)"
INFO vrrp="(VI_1) Entering FAULT STATE"`},
		{transition(vrrp.Fault, vrrp.Effect{Reason: vrrp.ReasonNoSocket}), `
INFO vrrp="(VI_1) entering FAULT state (no socket on interface eth0)"
INFO vrrp="(VI_1) Entering FAULT STATE"`},
		{transition(vrrp.Fault, vrrp.Effect{Reason: vrrp.ReasonNoSource}), `
INFO vrrp="(VI_1) entering FAULT state (no IPv4 address for interface eth0)"
INFO vrrp="(VI_1) Entering FAULT STATE"`},
		{lost, `
INFO vrrp="(VI_1) entering FAULT state (no interface has the source address 192.0.2.1; add it, or correct the configuration)"
INFO vrrp="(VI_1) Entering FAULT STATE"`},
		{transition(vrrp.Fault, vrrp.Effect{Reason: vrrp.ReasonUnrouted}), `
INFO vrrp="(VI_1) entering FAULT state (no unicast peer has a route through eth0)"
INFO vrrp="(VI_1) Entering FAULT STATE"`},
		{mute, `
INFO vrrp="(VI_1) entering FAULT state (no advert could be sent: network is down)"
INFO vrrp="(VI_1) Entering FAULT STATE"`},
		{bare, `
INFO vrrp="(VI_1) entering FAULT state (the virtual addresses could not be added: no such device)"
INFO vrrp="(VI_1) Entering FAULT STATE"`},
		{filtered, `
INFO vrrp="(VI_1) entering FAULT state (adverts of 192.0.2.9, priority 90, reach eth0 but not this program: a packet filter of this host drops them; allow IP protocol 112)"
INFO vrrp="(VI_1) Entering FAULT STATE"`},
		{transition(vrrp.Fault, vrrp.Effect{Reason: vrrp.ReasonTrack, Tracked: &vrrp.Track{Kind: vrrp.TrackScript, Name: "chk"}}), `
INFO vrrp="(VI_1) entering FAULT state (script chk failed)"
INFO vrrp="(VI_1) Entering FAULT STATE"`},
		{transition(vrrp.Fault, vrrp.Effect{Reason: vrrp.ReasonTrack, Tracked: &vrrp.Track{Kind: vrrp.TrackInterface, Name: "eth1"}}), `
INFO vrrp="(VI_1) entering FAULT state (tracked interface eth1 down)"
INFO vrrp="(VI_1) Entering FAULT STATE"`},
		{transition(vrrp.Backup, vrrp.Effect{Reason: vrrp.ReasonRecovered}), `
INFO vrrp="(VI_1) leaving FAULT state: what had failed is back"
INFO vrrp="(VI_1) Entering BACKUP STATE"`},
		{transition(vrrp.Backup, vrrp.Effect{Reason: vrrp.ReasonGroup}), `
INFO vrrp="(VI_1) syncing to BACKUP state with the other members of its group"
INFO vrrp="(VI_1) Entering BACKUP STATE"`},
		{often, ""},
		{event.Flapping{Settings: instance, Count: 7, State: vrrp.Backup}, `WARN vrrp="(VI_1) changes its state too often: 7 more transitions, in BACKUP STATE now"`},
		{event.Group{Settings: &vrrp.SyncGroup{Name: "G"}, From: vrrp.Backup, To: vrrp.Master}, `INFO vrrp="VRRP_Group(G) Syncing instances to MASTER state"`},
		{event.Group{Settings: &vrrp.SyncGroup{Name: "G"}, To: vrrp.Backup}, ""},
		{event.Group{Settings: &vrrp.SyncGroup{Name: "G"}, From: vrrp.Backup, To: vrrp.Master, Often: true}, ""},
	})
}

func TestNotes(t *testing.T) {
	more := note(vrrp.Effect{Reason: vrrp.ReasonNewElection, Peer: peer, PeerPriority: 90, Priority: 100})
	more.Suppressed = 5
	rejected := note(vrrp.Effect{Reason: vrrp.ReasonRejected, Peer: peer, Reject: vrrp.Reject{Reason: vrrp.RejectTTL, Got: 254, Want: 255}})
	rejected.Suppressed = 3
	check(t, []row{
		{of(vrrp.Effect{Kind: vrrp.SendAdvert}), `INFO vrrp="(VI_1) sent 0 priority"`},
		{of(vrrp.Effect{Kind: vrrp.SetAddresses}), `DEBUG vrrp="(VI_1) removing VIPs."`},
		{of(vrrp.Effect{Kind: vrrp.SetAddresses, Addresses: []vrrp.Address{}}), `DEBUG vrrp="(VI_1) setting VIPs."`},
		{of(vrrp.Effect{Kind: vrrp.Stopped, From: vrrp.Master}), ""},
		{event.Refused{Settings: instance, Reason: vrrp.RejectTTL, Count: 4}, `INFO vrrp="(VI_1) refused 4 messages: TTL"`},
		{event.Unsent{Settings: instance, Err: errors.New("network is down")}, `WARN vrrp="(VI_1) advert not sent: network is down"`},
		{event.Unsent{Settings: instance, Err: errors.New("network is down"), Suppressed: 2},
			`WARN vrrp="(VI_1) advert not sent: network is down (and 2 more like it since that was last logged)"`},
		{note(vrrp.Effect{Reason: vrrp.ReasonPriority, OldPriority: 100, Priority: 90}), `INFO vrrp="(VI_1) Changing effective priority from 100 to 90"`},
		{note(vrrp.Effect{Reason: vrrp.ReasonRoom, Count: 3, MTU: 576, Interface: "eth0"}),
			`WARN vrrp="(VI_1) 3 of 30 addresses do not fit into an advert at the MTU 576 of eth0: they are held, but not announced in adverts; every router of the instance needs the same MTU"`},
		{note(vrrp.Effect{Reason: vrrp.ReasonPreemptDelay}), `INFO vrrp="(VI_1) start preempt delay (1.500000)"`},
		{rejected, `WARN vrrp="(VI_1) ` + rejected.Effect.Reject.String() + ` (from 192.0.2.9) (and 3 more like it since that was last logged)"`},
		{note(vrrp.Effect{Reason: vrrp.ReasonLowerPriority, Peer: peer, PeerPriority: 90}), `INFO vrrp="(VI_1) received lower priority (90) advert from 192.0.2.9 - discarding"`},
		{more, `INFO vrrp="(VI_1) Received advert from 192.0.2.9 with lower priority 90, ours 100, forcing new election (and 5 more like it since that was last logged)"`},
		{note(vrrp.Effect{Reason: vrrp.ReasonNewElection, Peer: peer, PeerPriority: 255, Priority: 255}),
			`INFO vrrp="(VI_1) Received advert from 192.0.2.9 with lower priority 255, ours 255, forcing new election. CONFIGURATION ERROR: both are configured as address owner, with priority 255"`},
		{note(vrrp.Effect{Reason: vrrp.ReasonResigned, From: vrrp.Master}), `INFO vrrp="(VI_1) Master received priority 0 message"`},
		{note(vrrp.Effect{Reason: vrrp.ReasonResigned, From: vrrp.Backup}), `INFO vrrp="(VI_1) Backup received priority 0 advertisement"`},
		{note(vrrp.Effect{Reason: vrrp.ReasonOneMaster, Peer: peer, PeerPriority: 90, For: 2 * time.Second, Count: 3}),
			`INFO vrrp="(VI_1) 192.0.2.9, priority 90, was master beside us for 2s (3 adverts) and is silent now: announcing again"`},
		{note(vrrp.Effect{Reason: vrrp.ReasonInterval, Peer: peer, Old: time.Second, For: 250 * time.Millisecond}),
			`INFO vrrp="(VI_1) advertisement interval updated from 1000ms to 250ms by master 192.0.2.9"`},
		{note(vrrp.Effect{Reason: vrrp.ReasonGroupWaits, For: time.Second}), `INFO vrrp="(VI_1) note: no advert for 1s, the sync group waits for its other members"`},
		{event.Settled{Settings: instance, State: vrrp.Master}, ""},
		{event.LowerAdvert{Settings: instance}, ""},
	})
}

func TestInterfaces(t *testing.T) {
	about := func(r vrrp.Reason) event.Interface {
		return event.Interface{Effect: vrrp.Effect{Kind: vrrp.Note, Reason: r, Interface: "eth0", Source: netip.MustParseAddr("192.0.2.1"), Peer: peer}}
	}
	addr := netip.MustParseAddr("198.51.100.1")
	check(t, []row{
		{about(vrrp.ReasonLinkUp), `INFO vrrp="Netlink reports eth0 up"`},
		{about(vrrp.ReasonLinkDown), `INFO vrrp="Netlink reports eth0 down"`},
		{about(vrrp.ReasonLinkGone), `INFO vrrp="Netlink reports eth0 deleted"`},
		{about(vrrp.ReasonFirstAddress), `INFO vrrp="the first address of eth0 is 192.0.2.1 now, no longer 192.0.2.9"`},
		{event.Address{Instance: "VI_1", What: event.AddressFailed, Device: "eth0", Err: errors.New("add 198.51.100.1/24 to eth0: no such device"), Again: 5 * time.Second},
			`ERROR vrrp="(VI_1) add 198.51.100.1/24 to eth0: no such device; trying again every 5s"`},
		{event.Address{Instance: "VI_1", What: event.AddressRestored, Device: "eth0", Item: "198.51.100.1/24", Suppressed: 1},
			`WARN vrrp="(VI_1) 198.51.100.1/24 was taken from eth0 by somebody else, put back (and 1 more like it since that was last logged)"`},
		{event.Address{Instance: "VI_1", What: event.AddressRestored, Device: "eth0", Item: "198.51.100.1/24", Kernel: true},
			`WARN vrrp="(VI_1) 198.51.100.1/24 was dropped from eth0 by the kernel with the first address of its network, put back"`},
		{event.Address{Instance: "VI_1", What: event.AddressRestored, Item: "route 10.0.0.0/8"}, `WARN vrrp="(VI_1) route 10.0.0.0/8 was removed by somebody else, put back"`},
		{event.Address{Instance: "VI_1", What: event.AddressRestored, Item: "route 10.0.0.0/8", Kernel: true},
			`WARN vrrp="(VI_1) route 10.0.0.0/8 was dropped by the kernel with its interface or its address, put back"`},
		{event.Address{Instance: "VI_1", What: event.Unannounced, Device: "eth0", Addr: addr, Err: errors.New("no buffer")}, `WARN vrrp="(VI_1) announce 198.51.100.1 on eth0: no buffer"`},
		{event.Address{Instance: "VI_1", What: event.Announcing, Device: "eth0", Addr: addr}, `DEBUG vrrp="(VI_1) Sending/queueing gratuitous ARPs on eth0 for 198.51.100.1"`},
		{event.Address{Instance: "VI_1", What: event.Announcing, Device: "eth0", Addr: netip.MustParseAddr("fe80::51")}, `DEBUG vrrp="(VI_1) Sending/queueing Unsolicited Neighbour Adverts on eth0 for fe80::51"`},
	})
}
