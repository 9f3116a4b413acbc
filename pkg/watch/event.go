package watch

import (
	"net/netip"
	"time"

	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/escape"
)

// Name is what an event is called: stable, for programs that wait for it.
type Name uint8

// The events. Those that last have an end as well.
const (
	MasterAppeared Name = iota
	TakeOver
	Resignation
	MasterLost
	SplitBrain
	Collision
	FalseTakeOver
	AddressesMismatch
	AuthenticationMismatch
	IntervalMismatch
	VersionMismatch
	ChecksumMismatch
	WrongChecksum
	WrongTTL
	WrongSignature
	Malformed
	Missed
	Jitter
	ForeignClaim
	InterfaceDown
	Suppressed
	TooMany
	NoAdverts
	names // how many there are
)

// A Meaning is what there is to know of an event.
type Meaning struct {
	Name string
	diag.Severity
	// Lasts says that its end is an event too, NAME-end.
	Lasts bool
	// Doc is what it says, in one sentence.
	Doc string
}

// Meanings are the events by their Name.
var Meanings = [...]Meaning{
	MasterAppeared:         {"master-appeared", diag.Info, false, "the first advert of a virtual router, or the first after master-lost or after its own resignation"},
	TakeOver:               {"take-over", diag.Info, false, "another machine is master: by resignation, by preemption or by silence of the old one, with the gap between the last advert of the old and the first of the new; by silence it is a warning"},
	Resignation:            {"resignation", diag.Info, false, "a master gave up with an advert of priority 0"},
	MasterLost:             {"master-lost", diag.Error, false, "the master is silent for longer than any backup waits, and nobody took over"},
	SplitBrain:             {"split-brain", diag.Error, true, "two masters keep announcing an address in common"},
	Collision:              {"vrid-collision", diag.Error, true, "two machines keep announcing one VRID with different addresses or authentication: two clusters on one VRID, or nodes that refuse each other's adverts"},
	FalseTakeOver:          {"false-take-over", diag.Warning, false, "a machine announced itself beside a master of higher rank, and gave way: it had missed the master's adverts"},
	AddressesMismatch:      {"addresses-mismatch", diag.Warning, true, "masters in turn announced different addresses"},
	AuthenticationMismatch: {"authentication-mismatch", diag.Error, true, "masters in turn had different authentication: type, password or signature"},
	IntervalMismatch:       {"interval-mismatch", diag.Warning, true, "two senders have different advert intervals"},
	VersionMismatch:        {"version-mismatch", diag.Error, true, "two senders speak different versions, and so refuse each other's adverts"},
	ChecksumMismatch:       {"checksum-mismatch", diag.Error, true, "two senders of version 3 over IPv4 compute the checksum differently, with and without a pseudo-header, and so refuse each other's adverts"},
	WrongChecksum:          {"wrong-checksum", diag.Error, true, "adverts whose checksum is right in neither way"},
	WrongTTL:               {"wrong-ttl", diag.Error, true, "multicast adverts with another TTL or hop limit than 255, which everybody refuses"},
	WrongSignature:         {"wrong-signature", diag.Error, true, "adverts whose auth_hmac signature the given key refutes"},
	Malformed:              {"malformed-advert", diag.Error, true, "messages that are no adverts: cut short, too long, of an unknown version or type, with VRID 0, or with an interval of 0"},
	Missed:                 {"missed-adverts", diag.Warning, true, "a master left out adverts, or the network lost them"},
	Jitter:                 {"jitter", diag.Warning, true, "a master's adverts are late, by more than a quarter of the interval on average"},
	ForeignClaim:           {"foreign-claim", diag.Error, true, "a gratuitous ARP or unsolicited neighbour advertisement for a virtual address from a machine that is not master"},
	InterfaceDown:          {"interface-down", diag.Warning, true, "an interface of this machine that is captured on is down or gone: until it is up again nothing is heard there, and nothing told of its virtual routers"},
	Suppressed:             {"events-suppressed", diag.Warning, false, "a virtual router has more events of one name than are worth telling; the rest of the minute goes without"},
	TooMany:                {"too-many-routers", diag.Warning, false, "more virtual routers than are followed; further ones are not"},
	NoAdverts:              {"no-adverts", diag.Error, false, "with `--events --vrid`: not one sound advert was seen to the end"},
}

// String is the name.
func (n Name) String() string { return Meanings[n].Name }

// An Event is something that happened to a virtual router.
type Event struct {
	Name Name
	// End is set at the end of what the same name without it began.
	End      bool
	Severity diag.Severity
	// Time is when it happened, or when it was clear that it did.
	Time time.Time
	// Router is whom it happened to. The VRID is 0 where none could be read.
	// That of InterfaceDown has the interface alone.
	Router Router
	// Message says it in one line. It holds no password.
	Message string
	Details
}

// Details are what an event says besides. What does not apply is zero.
type Details struct {
	// From and To are the old and the new master.
	From, To *Party
	// Sender is whom it is about.
	Sender *Party
	// Masters are those that announce at the same time, or the two senders
	// that differ, the one heard first first.
	Masters []Party
	// Gap is the time without an advert.
	Gap time.Duration
	// By is how a master was followed: "resignation", "preemption" or "silence".
	By string
	// Since is when it began, and Duration how long it lasted.
	Since    time.Time
	Duration time.Duration
	// Count is of adverts, of announcements or of events.
	Count int
	// Differs names what is different, or wrong.
	Differs []string
	// Address is the one that is claimed.
	Address netip.Addr
}

// String is the name as it is printed, with the end marked.
func (e *Event) String() string {
	if e.End {
		return e.Name.String() + "-end"
	}
	return e.Name.String()
}

// where appends what it happened to.
func (e *Event) where(b []byte) []byte {
	if e.Name == InterfaceDown {
		return escape.Append(b, e.Router.Interface)
	}
	return e.Router.append(b)
}
