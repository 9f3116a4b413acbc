package eventlog

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/kactl/kactl/pkg/event"
	"github.com/kactl/kactl/pkg/vrrp"
)

// logNote writes what is no transition of an instance.
func logNote(log *slog.Logger, e event.Instance) {
	cfg, x := e.Settings, e.Effect
	switch x.Reason {
	case vrrp.ReasonPriority:
		logf(log, slog.LevelInfo, "(%s) Changing effective priority from %d to %d", cfg.Name, x.OldPriority, x.Priority)
	case vrrp.ReasonRoom:
		logf(log, slog.LevelWarn, "(%s) %d of %d addresses do not fit into an advert at the MTU %d of %s: they are held, but not announced in adverts; every router of the instance needs the same MTU",
			cfg.Name, x.Count, len(cfg.Addresses), x.MTU, x.Interface)
	case vrrp.ReasonPreemptDelay:
		logf(log, slog.LevelInfo, "(%s) start preempt delay (%.6f)", cfg.Name, cfg.PreemptDelay.Seconds())
	case vrrp.ReasonRejected:
		logf(log, slog.LevelWarn, "(%s) %v (from %v)%s", cfg.Name, x.Reject, x.Peer, andMore(e.Suppressed))
	default:
		logf(log, slog.LevelInfo, "(%s) %s%s", cfg.Name, heard(x), andMore(e.Suppressed))
	}
}

// heard words a note about an advert that was expected, if not welcome.
func heard(e vrrp.Effect) string {
	switch e.Reason {
	case vrrp.ReasonLowerPriority:
		return fmt.Sprintf("received lower priority (%d) advert from %v - discarding", e.PeerPriority, e.Peer)
	case vrrp.ReasonNewElection:
		return fmt.Sprintf("Received advert from %v with lower priority %d, ours %d, forcing new election%s", e.Peer, e.PeerPriority, e.Priority, twoOwners(e))
	case vrrp.ReasonResigned:
		if e.From == vrrp.Master {
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

func logInterface(log *slog.Logger, e vrrp.Effect) {
	switch e.Reason {
	case vrrp.ReasonLinkUp:
		logf(log, slog.LevelInfo, "Netlink reports %s up", e.Interface)
	case vrrp.ReasonLinkDown:
		logf(log, slog.LevelInfo, "Netlink reports %s down", e.Interface)
	case vrrp.ReasonLinkGone:
		logf(log, slog.LevelInfo, "Netlink reports %s deleted", e.Interface)
	case vrrp.ReasonFirstAddress:
		logf(log, slog.LevelInfo, "the first address of %s is %v now, no longer %v", e.Interface, e.Source, e.Peer)
	}
}

// taken says why an item had to be put back.
func taken(e event.Address) string {
	switch {
	case e.Device == "" && e.Kernel:
		return e.Item + " was dropped by the kernel with its interface or its address"
	case e.Device == "":
		return e.Item + " was removed by somebody else"
	case e.Kernel:
		return fmt.Sprintf("%s was dropped from %s by the kernel with the first address of its network", e.Item, e.Device)
	}
	return fmt.Sprintf("%s was taken from %s by somebody else", e.Item, e.Device)
}

func logAddress(log *slog.Logger, e event.Address) {
	more := andMore(e.Suppressed)
	switch e.What {
	case event.AddressFailed:
		logf(log, slog.LevelError, "(%s) %v; trying again every %v%s", e.Instance, e.Err, e.Again, more)
	case event.AddressRestored:
		logf(log, slog.LevelWarn, "(%s) %s, put back%s", e.Instance, taken(e), more)
	case event.Unannounced:
		logf(log, slog.LevelWarn, "(%s) announce %v on %s: %v%s", e.Instance, e.Addr, e.Device, e.Err, more)
	case event.Announcing:
		what := "gratuitous ARPs"
		if e.Addr.Is6() {
			what = "Unsolicited Neighbour Adverts"
		}
		logf(log, slog.LevelDebug, "(%s) Sending/queueing %s on %s for %v", e.Instance, what, e.Device, e.Addr)
	}
}
