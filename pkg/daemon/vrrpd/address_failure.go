package vrrpd

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/vrrp"
)

// An addressFailure is what an executor reports of the addresses of a master on its
// interface: none of them could be added, or err is nil and there are some.
type addressFailure struct {
	owner      *instance
	generation uint64
	device     string
	err        error
	// local says that the machine's own trouble is the reason, so that another
	// router may do better.
	local bool
}

// reportFailure reports how the addition of addresses has ended, if the loop does
// not know that already. An address that the kernel refuses beside others that it
// takes is the administrator's business, not a reason to give up the others.
func (x *executor) reportFailure(t *task, whole, failed error) {
	if t.kind == remove || t.generation == always || t.stale() {
		return
	}
	none := whole != nil || len(t.errs) == len(t.addrs)
	if !none && !t.owner.failing.Load() {
		return
	}
	r := addressFailure{owner: t.owner, generation: t.generation, device: x.device, local: whole != nil || ownTrouble(failed)}
	if none {
		r.err = failed
	}
	x.report(r)
}

// addressesChanged takes a report of an executor to the loop.
func (l *loop) addressesChanged(r addressFailure) {
	if r.err != nil {
		r.owner.failing.Store(true)
	}
	l.mail.post(func() { l.setAddressFailure(r) })
}

// setAddressFailure takes note of a report.
func (l *loop) setAddressFailure(r addressFailure) {
	i := r.owner
	if r.generation != i.generation.Load() || l.instances[i.cfg.Name] != i {
		return
	}
	if i.addressFailures == nil {
		i.addressFailures = map[string]addressFailure{}
	}
	if r.err == nil {
		delete(i.addressFailures, r.device)
	} else {
		i.addressFailures[r.device] = r
	}
	l.tellAddresses(i)
}

// tellAddresses tells an instance whether it failing its addresses: all of them, or
// some for a reason that is this machine's alone.
func (l *loop) tellAddresses(i *instance) {
	all, local := true, false
	for _, part := range i.held {
		r, failing := i.addressFailures[part.device]
		all = all && failing
		local = local || failing && r.local
	}
	i.failing.Store(len(i.addressFailures) > 0)
	l.step(i, vrrp.Event{Kind: vrrp.AddressesChanged, Up: !all && !local || len(i.addressFailures) == 0})
}

// tryAddresses looks, beside the loop, whether what the instance lacked for this
// machine's own trouble is there again. For what the kernel refuses there is no way
// to know.
func (l *loop) tryAddresses(i *instance) {
	for _, part := range i.held {
		if r, failing := i.addressFailures[part.device]; failing && !r.local {
			return
		}
	}
	l.closing.Go(func() {
		conn, err := l.sys.OpenAddresses()
		if err != nil {
			return
		}
		conn.Close()
		l.mail.post(func() {
			if l.instances[i.cfg.Name] == i && i.machine.State() == vrrp.Fault {
				l.step(i, vrrp.Event{Kind: vrrp.AddressesChanged, Up: true})
			}
		})
	})
}

// whyNoAddresses joins the reasons.
func (i *instance) whyNoAddresses() error {
	var errs []error
	for _, part := range i.held {
		if r, ok := i.addressFailures[part.device]; ok {
			errs = append(errs, r.err)
		}
	}
	return errors.Join(errs...)
}

// again is the time after which a change that failed is tried again. A master
// that may have to resign hurries.
func (j *job) again() time.Duration {
	if j.changes() && j.kind != remove && j.owner.failing.Load() {
		return max(min(j.interval, retryAfter), retryFirst)
	}
	return retryAfter
}

// retryFirst is the shortest time between two tries.
const retryFirst = 50 * time.Millisecond

// ownTrouble says whether an error is this process's or machine's, and not about
// what was asked for.
func ownTrouble(err error) bool {
	for _, errno := range []error{unix.EMFILE, unix.ENFILE, unix.ENOMEM, unix.ENOBUFS, unix.EPERM, unix.EACCES, unix.EAGAIN} {
		if errors.Is(err, errno) {
			return true
		}
	}
	return false
}

// cannotStart ends a start that failing what only this machine can give. Later the
// instances that need it are in FAULT, and it is tried again.
func (l *loop) cannotStart(err error) {
	if !l.starting || l.failed != nil || !ownTrouble(err) {
		return
	}
	hint := ""
	if errors.Is(err, unix.EMFILE) && !strings.Contains(err.Error(), "LimitNOFILE") {
		hint = "; raise the limit of open files (LimitNOFILE= in the unit, ulimit -n in a shell)"
	}
	l.failed = fmt.Errorf("start VRRP: %w%s", err, hint)
}
