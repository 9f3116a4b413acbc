package vrrp

import (
	"fmt"
	"time"
)

// String describes the effect in one line, for tests and debugging.
func (e Effect) String() string {
	switch e.Kind {
	case SendAdvert:
		return fmt.Sprintf("send advert, priority %d", e.Priority)
	case AddAddresses:
		return "add addresses"
	case RemoveAddresses:
		return "remove addresses"
	case Announce:
		return fmt.Sprintf("announce addresses, %d times", e.Repeat)
	case Transition:
		text := fmt.Sprintf("%v -> %v at priority %d: %s", e.From, e.To, e.Priority, e.because())
		if e.Count > 0 {
			text += fmt.Sprintf(", %d refused: %v", e.Count, e.Reject.Reason)
		}
		if e.Late > 0 {
			text += fmt.Sprintf(", %v late", e.Late)
		}
		return text
	case Stopped:
		return fmt.Sprintf("stopped in %v at priority %d", e.From, e.Priority)
	case Probe:
		return "probe"
	case TryAddresses:
		return "try addresses"
	case Note:
		return "note: " + e.because()
	}
	return fmt.Sprintf("effect(%d)", uint8(e.Kind))
}

// because words the reason.
func (e Effect) because() string {
	switch e.Reason {
	case ReasonStartup:
		return "startup"
	case ReasonTimer:
		if e.Peer.IsValid() {
			return fmt.Sprintf("no advert from %v for %v", e.Peer, e.For.Round(time.Millisecond))
		}
		return fmt.Sprintf("no advert for %v", e.For.Round(time.Millisecond))
	case ReasonOwner:
		return "address owner"
	case ReasonHigherPriority:
		return fmt.Sprintf("higher priority %d from %v, after %v", e.PeerPriority, e.Peer, e.For.Round(time.Millisecond))
	case ReasonHigherAddress:
		return fmt.Sprintf("same priority and higher address %v, after %v", e.Peer, e.For.Round(time.Millisecond))
	case ReasonInterface:
		return "interface down"
	case ReasonNoSource:
		return "no address to send from"
	case ReasonUnrouted:
		return "no peer is reached through the interface"
	case ReasonCannotSend:
		return "adverts cannot be sent"
	case ReasonNoAddresses:
		return "the addresses cannot be had"
	case ReasonFiltered:
		return fmt.Sprintf("adverts of %v, priority %d, do not reach the socket", e.Peer, e.PeerPriority)
	case ReasonTrack:
		return fmt.Sprintf("track %d failed", e.Track)
	case ReasonRecovered:
		return "faults are gone"
	case ReasonPriority:
		return fmt.Sprintf("priority %d, was %d", e.Priority, e.OldPriority)
	case ReasonLowerPriority:
		return fmt.Sprintf("discarded lower priority %d from %v", e.PeerPriority, e.Peer)
	case ReasonNewElection:
		return fmt.Sprintf("beat priority %d from %v", e.PeerPriority, e.Peer)
	case ReasonResigned:
		return fmt.Sprintf("%v resigned", e.Peer)
	case ReasonOneMaster:
		return fmt.Sprintf("%v, priority %d, was master beside us for %v, %d adverts", e.Peer, e.PeerPriority, e.For, e.Count)
	case ReasonInterval:
		return fmt.Sprintf("%v announces an advert every %v, was %v", e.Peer, e.For, e.Old)
	case ReasonPreemptDelay:
		return fmt.Sprintf("preemption delay for priority %d from %v", e.PeerPriority, e.Peer)
	case ReasonRejected:
		return fmt.Sprintf("rejected advert from %v: %v", e.Peer, e.Reject)
	}
	return fmt.Sprintf("reason(%d)", uint8(e.Reason))
}
