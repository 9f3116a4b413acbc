package sim

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// An Act is something that happens in a history from outside.
type Act struct {
	// After is the time since the act before.
	After time.Duration
	Deed  Deed
	// Host and Segment are which ones it is about, if it is about any.
	Host, Segment int
	// Draw is where all else about it is drawn from.
	Draw uint64
}

// A Deed says what an act does.
type Deed uint8

// The deeds. First the faults, then what tries a network that is well.
const (
	cutOneWay Deed = iota
	cutOff
	joinAll
	crash
	boot
	stop
	plug
	deafen
	mute
	replan
	reload
	script
	file
	rename
	renew
	rebase
	sockets
	refuse
	freeze
	suspend
	wallJump
	rob
	weather
	faults // is how many there are

	settle = faults + iota
	filter
	part
	robAll
)

var deedNames = map[Deed]string{
	cutOneWay: "cut one way", cutOff: "cut off", joinAll: "all cuts end", crash: "crash", boot: "boot", stop: "stop", plug: "plug",
	deafen: "deafen", mute: "mute", replan: "change the settings", reload: "reload", script: "tracked script", file: "tracked file",
	rename: "rename", renew: "interface anew", rebase: "own address", sockets: "no sockets", refuse: "no addresses",
	freeze: "freeze", suspend: "suspend", wallJump: "time of day jumps", rob: "lose an address", weather: "loss and delay",
	settle: "settle", filter: "packet filters", part: "two parts", robAll: "all masters are robbed",
}

// String describes the act.
func (a Act) String() string {
	return fmt.Sprintf("after %v: %s, host %d, segment %d", a.After, deedNames[a.Deed], a.Host, a.Segment)
}

// draw is the source of all that is random about the act.
func (a Act) draw() *rand.Rand { return rand.New(rand.NewPCG(a.Draw, 2)) }

// A history has 20 to 40 faults before its first election, then one trial, and some
// faults more.
const (
	firstFaults, moreFaults = 20, 8
	trouble, moreTrouble    = 25 * time.Second, 10 * time.Second
)

// Acts are those of a history.
func Acts(number uint64) []Act {
	random := rand.New(rand.NewPCG(number, 3))
	acts := troubles(random, nil, firstFaults+random.IntN(21), trouble)
	acts = append(acts, Act{Deed: settle, Draw: random.Uint64()})
	switch random.IntN(4) {
	case 0:
		acts = append(acts, Act{Deed: filter, Draw: random.Uint64()})
	case 1:
		acts = append(acts, Act{Deed: robAll, Draw: random.Uint64()})
	default:
		acts = append(acts, Act{Deed: part, Draw: random.Uint64()})
	}
	return troubles(random, acts, moreFaults+random.IntN(9), moreTrouble)
}

// troubles adds so many faults in a time.
func troubles(random *rand.Rand, acts []Act, count int, within time.Duration) []Act {
	acts = append(acts, Act{Deed: weather, Draw: random.Uint64()})
	for range count {
		acts = append(acts, Act{
			After:   time.Duration(random.Int64N(2 * int64(within) / int64(count))),
			Deed:    Deed(random.IntN(int(faults))),
			Host:    random.IntN(1 << 16),
			Segment: random.IntN(segments),
			Draw:    random.Uint64(),
		})
	}
	return acts
}
