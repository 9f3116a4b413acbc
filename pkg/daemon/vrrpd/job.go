package vrrpd

import (
	"time"

	"github.com/kactl/kactl/pkg/vrrp"
)

// A job is one thing to be done, in its turn, on one interface.
type job struct {
	kind  jobKind
	owner *instance
	name  string // the owner's; its settings belong to the loop
	// generation is that of the owner when the job was made. A job that is not
	// of the owner's newest is dropped: what came after it replaces it. always
	// is never dropped.
	generation uint64
	addrs      []vrrp.Address
	// repeat is how often each address is announced, and pause the time
	// between two announcements on the interface.
	repeat int
	pause  time.Duration
	// interval is the owner's advert interval.
	interval time.Duration
	// quiet keeps the details of what is done out of the log.
	quiet bool
	// done is called when the job is through, or was dropped.
	done func()
}

// A jobKind is what an executor can do.
type jobKind uint8

const (
	add jobKind = iota + 1
	remove
	announce
	ensure  // as add, but only what was not there is announced
	restore // as ensure, for what somebody has taken away
	tell    // nothing: to call done after all that came before
)

// always is the generation of jobs that nothing overtakes.
const always = 0

// stale says that the job was overtaken by a later decision.
func (j *job) stale() bool {
	return j.generation != always && j.generation != j.owner.generation.Load()
}

// changes says whether the job is about what addresses there are.
func (j *job) changes() bool { return j.kind != tell && j.kind != announce }

// runOf returns how many of the jobs, from the first on, can be done together,
// their addresses in one list: those that add or those that remove, and what is
// said of them.
func runOf(jobs []job) int {
	for n := range jobs {
		first, j := &jobs[0], &jobs[n]
		if j.changes() && (!first.changes() || (first.kind == remove) != (j.kind == remove)) {
			return n
		}
	}
	return len(jobs)
}
