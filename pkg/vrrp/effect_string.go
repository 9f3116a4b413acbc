package vrrp

import (
	"fmt"
	"strings"
	"time"
)

// String describes the effect in one line, for tests and debugging.
func (e Effect) String() string {
	switch e.Kind {
	case SendAdvert:
		return fmt.Sprintf("send advert, priority %d", e.Priority)
	case AddAddresses:
		if e.Repeat > 0 {
			return fmt.Sprintf("add addresses, announced %d times", e.Repeat)
		}
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
	return e.routerString()
}

// routerString describes an effect that only a router has.
func (e Effect) routerString() string {
	switch e.Kind {
	case SetAddresses:
		text := "set addresses " + listOf(e.Addresses)
		if e.Repeat > 0 {
			text += fmt.Sprintf(", announce %d times", e.Repeat)
		}
		return text
	case KeepAddresses:
		return "keep addresses " + listOf(e.Addresses)
	case RestoreAddress:
		return fmt.Sprintf("restore %v on %s", e.Lost, e.Interface)
	case RestoreInterface:
		return "restore what is wanted on " + e.Interface
	case AnnounceInterface:
		return "announce what is wanted on " + e.Interface
	case ClearInterface:
		return fmt.Sprintf("clear %s, which was %s and has %v", e.Interface, e.Was, e.There)
	case SetSocket:
		over := ""
		if e.IPv6 {
			over = " over IPv6"
		}
		return fmt.Sprintf("set socket of %s%s: %v", e.Interface, over, e.Socket)
	case Added:
		return "added"
	case Changed:
		return "changed, was " + e.Before.Name
	case Removed:
		return "removed"
	case GroupTransition:
		return fmt.Sprintf("group %s: %v -> %v", e.Group.Name, e.From, e.To)
	}
	return fmt.Sprintf("effect(%d)", uint8(e.Kind))
}

// String describes what is wanted of a socket.
func (s *Socket) String() string {
	text := fmt.Sprintf("&{%d %v %v}", s.Index, s.Groups, s.Tap)
	if s.AH {
		text += " with AH"
	}
	if s.Send {
		text += " to send"
	}
	return text
}

// listOf words addresses: "none", or each with its interface.
func listOf(addrs []Address) string {
	if len(addrs) == 0 {
		return "none"
	}
	var words []string
	for _, a := range addrs {
		words = append(words, a.Prefix.String()+" on "+a.Device)
	}
	return strings.Join(words, ", ")
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
		if e.Tracked != nil {
			return e.Tracked.Name + " failed"
		}
		return fmt.Sprintf("track %d failed", e.Track)
	case ReasonNoPeer:
		return "unicast without a peer"
	case ReasonNoSocket:
		return "no socket on the interface"
	case ReasonGroup:
		return "another member of the sync group"
	case ReasonLate:
		return fmt.Sprintf("no advert was sent for %v", e.For.Round(time.Millisecond))
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
	case ReasonGroupWaits:
		return fmt.Sprintf("no advert for %v, the sync group waits for its other members", e.For.Round(time.Millisecond))
	case ReasonLinkUp:
		return e.Interface + " is up"
	case ReasonLinkDown:
		return e.Interface + " is down"
	case ReasonLinkGone:
		return e.Interface + " is gone"
	case ReasonFirstAddress:
		return fmt.Sprintf("the first address of %s is %v, was %v", e.Interface, e.Source, e.Peer)
	case ReasonRoom:
		return fmt.Sprintf("%d addresses do not fit into an advert at the MTU %d of %s", e.Count, e.MTU, e.Interface)
	}
	return fmt.Sprintf("reason(%d)", uint8(e.Reason))
}
