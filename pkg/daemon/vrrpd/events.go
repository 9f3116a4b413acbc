package vrrpd

import (
	"time"

	"github.com/kactl/kactl/pkg/event"
	"github.com/kactl/kactl/pkg/vrrp"
)

// emit passes e on. It may be called by several goroutines.
func (l *loop) emit(e event.Event) {
	if l.events != nil {
		l.events(e)
	}
}

// emitAll emits those of the effects that are events: transitions, ends, and changes
// of the priority. An advert that changes nothing has none of them.
func (l *loop) emitAll(i *instance, effects []vrrp.Effect) {
	if l.events == nil {
		return
	}
	for n := range effects {
		e := &effects[n]
		switch {
		case e.Kind == vrrp.Transition, e.Kind == vrrp.Stopped, e.Kind == vrrp.Note && e.Reason == vrrp.ReasonPriority:
			l.emit(event.Instance{Settings: i.cfg, Effect: *e, Detail: i.detail(e.Reason), At: time.Now()})
		}
	}
}

// detail is what the driver knows of a reason.
func (i *instance) detail(r vrrp.Reason) string {
	var err error
	switch r {
	case vrrp.ReasonCannotSend:
		err = i.lastError
	case vrrp.ReasonNoAddresses:
		err = i.lacking
	}
	if err == nil {
		return ""
	}
	return err.Error()
}

// enter takes note of a transition, for the status.
func (i *instance) enter(e *vrrp.Effect) {
	i.state, i.since, i.last = e.To, time.Now(), *e
	i.transitions++
}
