package eventlog

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/kactl/kactl/pkg/event"
	"github.com/kactl/kactl/pkg/vrrp"
)

// logInstance writes why something has changed before what follows from it.
func logInstance(log *slog.Logger, e event.Instance) {
	name, x := e.Settings.Name, e.Effect
	switch x.Kind {
	case vrrp.Transition:
		if why := Why(e.Settings, x, e.Detail); why != "" {
			logf(log, slog.LevelInfo, "(%s) %s", name, why)
		}
		suffix := ""
		if x.Reason == vrrp.ReasonStartup {
			suffix = " (init)"
		}
		logf(log, slog.LevelInfo, "(%s) Entering %v STATE%s", name, x.To, suffix)
	case vrrp.SendAdvert:
		logf(log, slog.LevelInfo, "(%s) sent 0 priority", name)
	case vrrp.SetAddresses:
		what := "removing"
		if x.Addresses != nil {
			what = "setting"
		}
		logf(log, slog.LevelDebug, "(%s) %s VIPs.", name, what)
	case vrrp.Note:
		logNote(log, e)
	}
}

// Why words the reason of a transition of an instance with the settings cfg; it is
// empty where keepalived gives none. detail is the system's error, if there is one.
func Why(cfg *vrrp.Instance, e vrrp.Effect, detail string) string {
	switch e.Reason {
	case vrrp.ReasonTimer, vrrp.ReasonResigned, vrrp.ReasonLowerPriority:
		return "Receive advertisement timeout: " + timedOut(e)
	case vrrp.ReasonHigherPriority:
		return fmt.Sprintf("Master received advert from %v with higher priority %d, ours %d (was master for %v)", e.Peer, e.PeerPriority, e.Priority, e.For.Round(time.Millisecond))
	case vrrp.ReasonHigherAddress:
		return fmt.Sprintf("Master received advert from %v with same priority %d but higher IP address than ours (was master for %v)%s", e.Peer, e.PeerPriority, e.For.Round(time.Millisecond), twoOwners(e))
	case vrrp.ReasonGroup:
		return fmt.Sprintf("syncing to %v state with the other members of its group", e.To)
	case vrrp.ReasonLate:
		return fmt.Sprintf("no advert was sent for %v, and another router may have taken over (timer_expired_backup)", e.For.Round(time.Millisecond))
	case vrrp.ReasonRecovered:
		return "leaving FAULT state: what had failed is back"
	case vrrp.ReasonOwner:
		return "is the owner of its addresses, with priority 255"
	}
	if fault := fault(cfg, e, detail); fault != "" {
		return "entering FAULT state (" + fault + ")"
	}
	return ""
}

// fault words what is wrong, empty for nothing.
func fault(cfg *vrrp.Instance, e vrrp.Effect, detail string) string {
	switch e.Reason {
	case vrrp.ReasonNoSocket:
		if cfg.Interface == "" {
			return "no socket"
		}
		return "no socket on interface " + cfg.Interface
	case vrrp.ReasonInterface:
		return fmt.Sprintf("interface %s down", cfg.Interface)
	case vrrp.ReasonNoSource:
		if cfg.Source.IsValid() {
			return fmt.Sprintf("no interface has the source address %v; add it, or correct the configuration", cfg.Source)
		}
		if cfg.IPv6() {
			return fmt.Sprintf("no IPv6 link-local address for interface %s, or the kernel still looks for a duplicate", cfg.Interface)
		}
		return "no IPv4 address for interface " + cfg.Interface
	case vrrp.ReasonUnrouted:
		if cfg.Interface == "" {
			return "no unicast peer has a route"
		}
		return "no unicast peer has a route through " + cfg.Interface
	case vrrp.ReasonCannotSend:
		return "no advert could be sent: " + detail
	case vrrp.ReasonNoAddresses:
		return "the virtual addresses could not be added: " + detail
	case vrrp.ReasonFiltered:
		return fmt.Sprintf("adverts of %v, priority %d, reach %s but not this program: a packet filter of this host drops them; allow IP protocol 112",
			e.Peer, e.PeerPriority, cfg.Interface)
	case vrrp.ReasonTrack:
		return trackFault(e.Tracked)
	case vrrp.ReasonNoPeer:
		return "cannot use unicast without any peers; write their addresses in unicast_peer"
	}
	return ""
}

// trackFault words what is wrong with a tracked thing.
func trackFault(t *vrrp.Track) string {
	switch t.Kind {
	case vrrp.TrackInterface:
		return fmt.Sprintf("tracked interface %s down", t.Name)
	case vrrp.TrackStatic:
		return fmt.Sprintf("something static of track_group %s is missing", t.Name)
	case vrrp.TrackFile:
		return fmt.Sprintf("tracked file %s now FAULT state", t.Name)
	case vrrp.TrackProcess:
		return fmt.Sprintf("quorum lost for tracked process %s", t.Name)
	case vrrp.TrackBFD:
		return fmt.Sprintf("BFD session %s down", t.Name)
	}
	return fmt.Sprintf("script %s failed", t.Name)
}

// twoOwners says so where a mistake is sure.
func twoOwners(e vrrp.Effect) string {
	if e.Priority != vrrp.PriorityOwner || e.PeerPriority != vrrp.PriorityOwner {
		return ""
	}
	return ". CONFIGURATION ERROR: both are configured as address owner, with priority 255"
}

// timedOut says what the timer that decided had been waiting for, and how late it
// fired: whether it was the network that was silent, or this machine that was
// slow, is what everybody asks first.
func timedOut(e vrrp.Effect) string {
	silent := e.For.Round(time.Microsecond)
	var why string
	switch {
	case e.Reason == vrrp.ReasonResigned:
		why = fmt.Sprintf("%v gave up with priority 0, %v ago", e.Peer, silent)
	case e.Reason == vrrp.ReasonLowerPriority:
		why = fmt.Sprintf("priority %d of %v is lower than ours, %d", e.PeerPriority, e.Peer, e.Priority)
	case e.Peer.IsValid():
		why = fmt.Sprintf("no advert from %v for %v", e.Peer, silent)
	default:
		why = fmt.Sprintf("no advert for %v", silent)
	}
	if e.Count > 0 {
		why += fmt.Sprintf(", but %d that were refused, the last for its %v", e.Count, e.Reject.Reason)
	}
	return fmt.Sprintf("%s (timer late by %v)", why, e.Late.Round(time.Microsecond))
}
