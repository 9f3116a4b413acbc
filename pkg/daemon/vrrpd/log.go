package vrrpd

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/kactl/kactl/pkg/vrrp"
)

// logEffects logs what the effects of one event are: why something has changed before
// what follows from it. resigned says that an advert of priority 0 was sent.
func (i *instance) logEffects(effects []vrrp.Effect, resigned bool) {
	changed := false // by a reload: addresses follow without a transition
	for n := range effects {
		e := &effects[n]
		if e.Kind == vrrp.Transition {
			i.explain(*e)
		}
		changed = changed || e.Kind == vrrp.Changed
	}
	if resigned {
		i.log.Info(fmt.Sprintf("(%s) sent 0 priority", i.cfg.Name))
	}
	for n := range effects {
		e := &effects[n]
		switch e.Kind {
		case vrrp.SetAddresses:
			switch {
			case changed:
			case e.Addresses != nil:
				i.log.Debug(fmt.Sprintf("(%s) setting VIPs.", i.cfg.Name))
			default:
				i.log.Debug(fmt.Sprintf("(%s) removing VIPs.", i.cfg.Name))
			}
		case vrrp.Stopped:
			i.account()
		case vrrp.Note:
			i.remark(*e)
		}
	}
}

// logInterface logs a note about an interface.
func (l *loop) logInterface(e vrrp.Effect) {
	switch e.Reason {
	case vrrp.ReasonLinkUp:
		l.log.Info(fmt.Sprintf("Netlink reports %s up", e.Interface))
	case vrrp.ReasonLinkDown:
		l.log.Info(fmt.Sprintf("Netlink reports %s down", e.Interface))
	case vrrp.ReasonLinkGone:
		l.log.Info(fmt.Sprintf("Netlink reports %s deleted", e.Interface))
	case vrrp.ReasonFirstAddress:
		l.log.Info(fmt.Sprintf("the first address of %s is %v now, no longer %v", e.Interface, e.Source, e.Peer))
	}
}

// explain logs a transition in keepalived's words, which people's log rules
// look for: first why, where keepalived says so, then what.
func (i *instance) explain(e vrrp.Effect) {
	name := i.cfg.Name
	if why := i.why(e); why != "" {
		i.log.Info(fmt.Sprintf("(%s) %s", name, why))
	}
	suffix := ""
	if e.Reason == vrrp.ReasonStartup {
		suffix = " (init)"
	}
	i.log.Info(fmt.Sprintf("(%s) Entering %v STATE%s", name, e.To, suffix))
}

func (i *instance) why(e vrrp.Effect) string {
	switch e.Reason {
	case vrrp.ReasonTimer, vrrp.ReasonResigned, vrrp.ReasonLowerPriority:
		return "Receive advertisement timeout: " + timedOut(e)
	case vrrp.ReasonHigherPriority:
		return fmt.Sprintf("Master received advert from %v with higher priority %d, ours %d (was master for %v)", e.Peer, e.PeerPriority, e.Priority, e.For.Round(time.Millisecond))
	case vrrp.ReasonHigherAddress:
		return fmt.Sprintf("Master received advert from %v with same priority %d but higher IP address than ours (was master for %v)%s", e.Peer, e.PeerPriority, e.For.Round(time.Millisecond), twoOwners(e))
	case vrrp.ReasonNoSocket:
		return fmt.Sprintf("entering FAULT state (no socket on interface %s)", i.cfg.Interface)
	case vrrp.ReasonInterface:
		return fmt.Sprintf("entering FAULT state (interface %s down)", i.cfg.Interface)
	case vrrp.ReasonNoSource:
		if i.cfg.Source.IsValid() {
			return fmt.Sprintf("entering FAULT state (no interface has the source address %v; add it, or correct the configuration)", i.cfg.Source)
		}
		return fmt.Sprintf("entering FAULT state (no IPv4 address for interface %s)", i.cfg.Interface)
	case vrrp.ReasonUnrouted:
		return fmt.Sprintf("entering FAULT state (no unicast peer has a route through %s)", i.cfg.Interface)
	case vrrp.ReasonCannotSend:
		return fmt.Sprintf("entering FAULT state (no advert could be sent: %v)", i.lastError)
	case vrrp.ReasonNoAddresses:
		return fmt.Sprintf("entering FAULT state (the virtual addresses could not be added: %v)", i.lacking)
	case vrrp.ReasonFiltered:
		return fmt.Sprintf("entering FAULT state (adverts of %v, priority %d, reach %s but not this program: a packet filter of this host drops them; allow IP protocol 112)",
			e.Peer, e.PeerPriority, i.cfg.Interface)
	case vrrp.ReasonTrack:
		t := e.Tracked
		if t.Kind == vrrp.TrackInterface {
			return fmt.Sprintf("entering FAULT state (tracked interface %s down)", t.Name)
		}
		return fmt.Sprintf("entering FAULT state (script %s failed)", t.Name)
	case vrrp.ReasonGroup:
		return fmt.Sprintf("syncing to %v state with the other members of its group", e.To)
	case vrrp.ReasonRecovered:
		return "leaving FAULT state: what had failed is back"
	case vrrp.ReasonOwner:
		return "is the owner of its addresses, with priority 255"
	}
	return ""
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

// remark logs a note.
func (i *instance) remark(e vrrp.Effect) {
	name := i.cfg.Name
	switch e.Reason {
	case vrrp.ReasonPriority:
		i.log.Info(fmt.Sprintf("(%s) Changing effective priority from %d to %d", name, e.OldPriority, e.Priority))
	case vrrp.ReasonRoom:
		i.log.Warn(fmt.Sprintf("(%s) %d of %d addresses do not fit into an advert at the MTU %d of %s: they are held, but not announced in adverts; every router of the instance needs the same MTU",
			name, e.Count, len(i.cfg.Addresses), e.MTU, e.Interface))
	case vrrp.ReasonPreemptDelay:
		i.log.Info(fmt.Sprintf("(%s) start preempt delay (%.6f)", name, i.cfg.PreemptDelay.Seconds()))
	case vrrp.ReasonRejected:
		i.refused[e.Reject.Reason]++
		i.limited(&i.rejects[e.Reject.Reason], slog.LevelWarn, func() string { return e.Reject.String() + fmt.Sprintf(" (from %v)", e.Peer) })
	default:
		i.limited(&i.limits[e.Reason], slog.LevelInfo, func() string { return i.heard(e) })
	}
}

// heard words a note about an advert that was expected, if not welcome.
func (i *instance) heard(e vrrp.Effect) string {
	switch e.Reason {
	case vrrp.ReasonLowerPriority:
		return fmt.Sprintf("received lower priority (%d) advert from %v - discarding", e.PeerPriority, e.Peer)
	case vrrp.ReasonNewElection:
		return fmt.Sprintf("Received advert from %v with lower priority %d, ours %d, forcing new election%s", e.Peer, e.PeerPriority, e.Priority, twoOwners(e))
	case vrrp.ReasonResigned:
		if i.state == vrrp.Master {
			return "Master received priority 0 message"
		}
		return "Backup received priority 0 advertisement"
	case vrrp.ReasonOneMaster:
		return fmt.Sprintf("%v, priority %d, was master beside us for %v (%d adverts) and is silent now: announcing again",
			e.Peer, e.PeerPriority, e.For.Round(time.Millisecond), e.Count)
	case vrrp.ReasonInterval:
		return fmt.Sprintf("advertisement interval updated from %dms to %dms by master %v", e.Old.Milliseconds(), e.For.Milliseconds(), e.Peer)
	}
	return e.String()
}

// account says at the end how many messages were refused, and why.
func (i *instance) account() {
	for reason, n := range i.refused {
		if n > 0 {
			i.log.Info(fmt.Sprintf("(%s) refused %d messages: %v", i.cfg.Name, n, vrrp.RejectReason(reason)))
		}
	}
}

// limited logs what text returns, unless the same kind was logged a moment ago:
// a peer can cause it with every packet.
func (i *instance) limited(l *limiter, level slog.Level, text func() string) {
	if dropped, ok := l.allow(i.now); ok {
		i.log.Log(context.Background(), level, fmt.Sprintf("(%s) %s%s", i.cfg.Name, text(), andMore(dropped)))
	}
}
