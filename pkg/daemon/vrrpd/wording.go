package vrrpd

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/kactl/kactl/pkg/vrrp"
)

// explain logs a transition in keepalived's words, which people's log rules
// look for: first why, where keepalived says so, then what.
func (i *instance) explain(e vrrp.Effect) {
	name := i.cfg.Name
	why := ""
	switch e.Reason {
	case vrrp.ReasonTimer:
		why = "Receive advertisement timeout"
	case vrrp.ReasonHigherPriority:
		why = fmt.Sprintf("Master received advert from %v with higher priority %d, ours %d", e.Peer, e.PeerPriority, e.Priority)
	case vrrp.ReasonHigherAddress:
		why = fmt.Sprintf("Master received advert from %v with same priority %d but higher IP address than ours", e.Peer, e.PeerPriority)
	case vrrp.ReasonInterface:
		why = fmt.Sprintf("entering FAULT state (interface %s down)", i.cfg.Interface)
	case vrrp.ReasonNoSource:
		why = fmt.Sprintf("entering FAULT state (no IPv4 address for interface %s)", i.cfg.Interface)
	case vrrp.ReasonTrack:
		t := i.cfg.Tracks[e.Track]
		what := "script " + t.Name + " failed"
		if t.Kind == vrrp.TrackInterface {
			what = "tracked interface " + t.Name + " down"
		}
		why = "entering FAULT state (" + what + ")"
	}
	if why != "" {
		i.log.Info(fmt.Sprintf("(%s) %s", name, why))
	}
	suffix := ""
	if e.Reason == vrrp.ReasonStartup {
		suffix = " (init)"
	}
	i.log.Info(fmt.Sprintf("(%s) Entering %v STATE%s", name, e.To, suffix))
}

// remark logs a note. What a packet can cause is limited in rate.
func (i *instance) remark(now vrrp.Time, e vrrp.Effect) {
	name, level, text := i.cfg.Name, slog.LevelInfo, ""
	limit := &i.limits[e.Reason]
	switch e.Reason {
	case vrrp.ReasonPriority:
		i.log.Info(fmt.Sprintf("(%s) Changing effective priority from %d to %d", name, e.OldPriority, e.Priority))
		return
	case vrrp.ReasonPreemptDelay:
		i.log.Info(fmt.Sprintf("(%s) start preempt delay (%.6f)", name, i.cfg.PreemptDelay.Seconds()))
		return
	case vrrp.ReasonLowerPriority:
		text = fmt.Sprintf("received lower priority (%d) advert from %v - discarding", e.PeerPriority, e.Peer)
	case vrrp.ReasonNewElection:
		text = fmt.Sprintf("Received advert from %v with lower priority %d, ours %d, forcing new election", e.Peer, e.PeerPriority, e.Priority)
	case vrrp.ReasonResigned:
		text = "Backup received priority 0 advertisement"
		if i.machine.State() == vrrp.Master {
			text = "Master received priority 0 message"
		}
	case vrrp.ReasonRejected:
		level, text = slog.LevelWarn, e.Reject.String()
		limit = &i.rejects[e.Reject.Reason]
	}
	i.limited(now, limit, level, text)
}

// limited logs text unless the same kind was logged a moment ago.
func (i *instance) limited(now vrrp.Time, l *limiter, level slog.Level, text string) {
	dropped, ok := l.allow(now)
	if !ok {
		return
	}
	if dropped > 0 {
		text += fmt.Sprintf(" (and %d more like it in the last %v)", dropped, logEvery/time.Second*time.Second)
	}
	i.log.Log(context.Background(), level, fmt.Sprintf("(%s) %s", i.cfg.Name, text))
}
