package vrrpd

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/netstate"
	"github.com/kactl/kactl/pkg/vrrp"
)

// addressReport takes what happened to addresses to the loop, or makes an event of it.
func (l *loop) addressReport(r netstate.Report) {
	if r.Kind != netstate.Changed {
		l.addressEvent(r)
		return
	}
	l.tasks.post(func() {
		if strings.Contains(r.Owner, ownMark) {
			l.reportOwn(r.Owner)
			return
		}
		if strings.HasPrefix(r.Owner, staticOwner) {
			l.reportStatic(r.Owner)
			return
		}
		l.reportAddresses(r.Owner)
		l.handleFollowing()
	})
}

// reportAddresses reports to the router whether an instance lacks its addresses: all
// of them, or some for a reason that is this machine's alone.
func (l *loop) reportAddresses(name string) {
	t := l.net.Trouble(name)
	if i := l.instances[name]; i != nil && t.Err != nil {
		i.lacking = t.Err
	}
	l.follow(vrrp.RouterEvent{Kind: vrrp.AddressesReported, Instance: name, Up: !t.All && !t.Local})
}

// tryAddresses looks, beside the loop, whether what the instance lacked for this
// machine's own trouble is there again.
func (l *loop) tryAddresses(name string) {
	l.net.TryAgain(name, func() {
		l.tasks.post(func() { l.handle(vrrp.RouterEvent{Kind: vrrp.AddressesPossible, Instance: name}) })
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
