package vrrpd

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/netstate"
	"github.com/kactl/kactl/pkg/vrrp"
)

// addressReport takes what happened to addresses to the log, or to the loop.
func (l *loop) addressReport(r netstate.Report) {
	if r.Kind != netstate.Changed {
		l.addressLog.report(r)
		return
	}
	l.mail.post(func() {
		if i := l.instances[r.Owner]; i != nil {
			l.tellAddresses(i)
		}
	})
}

// tellAddresses tells an instance whether it lacks its addresses: all of them, or
// some for a reason that is this machine's alone.
func (l *loop) tellAddresses(i *instance) {
	t := l.net.Trouble(i.cfg.Name)
	if t.Err != nil {
		i.lacking = t.Err
	}
	l.step(i, vrrp.Event{Kind: vrrp.AddressesChanged, Up: !t.All && !t.Local})
}

// tryAddresses looks, beside the loop, whether what the instance lacked for this
// machine's own trouble is there again.
func (l *loop) tryAddresses(i *instance) {
	l.net.TryAgain(i.cfg.Name, func() {
		l.mail.post(func() {
			if l.instances[i.cfg.Name] == i && i.machine.State() == vrrp.Fault {
				l.step(i, vrrp.Event{Kind: vrrp.AddressesChanged, Up: true})
			}
		})
	})
}

// cannotStart ends a start that lacks what only this machine can give. Later the
// instances that need it are in FAULT, and it is tried again.
func (l *loop) cannotStart(err error) {
	if !l.starting || l.failed != nil || !netstate.OwnTrouble(err) {
		return
	}
	hint := ""
	if errors.Is(err, unix.EMFILE) && !strings.Contains(err.Error(), "LimitNOFILE") {
		hint = "; raise the limit of open files (LimitNOFILE= in the unit, ulimit -n in a shell)"
	}
	l.failed = fmt.Errorf("start VRRP: %w%s", err, hint)
}
